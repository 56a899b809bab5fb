import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../../base/errors.ts';
import type { Config } from '../../config/schema.ts';
import { queryDaemon } from '../status/query-daemon.ts';
import { doubtful, type Finding, well, wrong } from './finding.ts';

/** Whether the agent can keep its database and products where it is told to, and whether one runs there. */
export async function dataDirFindings({ dataDir, intake }: Pick<Config, 'dataDir' | 'intake'>): Promise<Finding[]> {
  try {
    const folder = await nearestFolder(dataDir);
    await access(folder, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(folder);
    return [spaceFinding(dataDir, (bavail * bsize) / 1048576, intake.minFreeMb), await daemonFinding(dataDir)];
  } catch (error) {
    const words = `files cannot be written there: ${describeError(error)}`;
    return [
      wrong('dataDir', dataDir, words, 'Give the folder to the account that runs bhtom-edge, or name another one.'),
    ];
  }
}

/** The folder itself, or the nearest one above in which it will be made. */
async function nearestFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT' && dirname(path) !== path) return nearestFolder(dirname(path));
    throw error;
  }
  throw new Error(`${path} is a file`);
}

function spaceFinding(dataDir: string, freeMb: number, minFreeMb: number): Finding {
  const free = freeMb < 10_240 ? `${freeMb.toFixed(0)} MB` : `${(freeMb / 1024).toFixed(0)} GB`;
  const words = `files can be written there, ${free} are free`;
  if (freeMb >= minFreeMb) return well('dataDir', dataDir, words);
  return wrong(
    'dataDir',
    dataDir,
    `${words}, and intake.minFreeMb asks for ${minFreeMb} MB: the intake pauses`,
    'Free some space, or lower intake.minFreeMb.',
  );
}

async function daemonFinding(dataDir: string): Promise<Finding> {
  const answer = await queryDaemon(dataDir);
  if (answer.running === null)
    return doubtful(
      'daemon',
      '',
      answer.reason,
      'Start it with `bhtom-edge run`; once it runs, `bhtom-edge status` tells more.',
    );
  const { version, pid, parts } = answer.running;
  const troubled = parts.filter(({ state }) => state !== 'well');
  const words = `version ${version} runs as process ${pid}`;
  if (troubled.length === 0) return well('daemon', '', `${words}, all of its parts are well`);
  const told = troubled.map(({ name, state, reason }) => `${name} is ${state}: ${reason}`).join('; ');
  return doubtful('daemon', '', `${words}; ${told}`, '`bhtom-edge status` tells since when.');
}
