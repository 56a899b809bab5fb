import { existsSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Command } from 'commander';
import { attendedPath } from '../agent/safety/attended.ts';
import { databaseName } from '../agent/store/open.ts';
import { writeFileDurably } from '../base/durable.ts';
import { TellOperator } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import { UsageError } from './inputs.ts';

export function command(): Command {
  return new Command('attend')
    .description('says that somebody works at the telescope: nothing moves by itself until it is taken back')
    .argument('[word]', 'on, off; without it: how it is')
    .requiredOption('--config <file>', 'the configuration (YAML)')
    .action(attend);
}

async function attend(word: string | undefined, { config: path }: { readonly config: string }): Promise<void> {
  if (word !== undefined && word !== 'on' && word !== 'off') throw new UsageError(`attend is on or off, not "${word}"`);
  const { dataDir } = await loadConfig(path);
  const lock = attendedPath(dataDir);
  // A lock in a folder that no agent looks at would be believed and mean nothing.
  if (!existsSync(dataDir))
    throw new TellOperator(
      'NO_DATA',
      `There is no folder ${dataDir}: the agent has not run with this configuration (no ${databaseName}).`,
    );
  if (word === 'on') await writeFileDurably(lock, `${userInfo().username} ${new Date().toISOString()}\n`);
  if (word === 'off') rmSync(lock, { force: true });
  console.log(
    existsSync(lock)
      ? 'attended: nothing moves by itself; a visit under way ends safely. Take it back with: attend off'
      : 'not attended: the agent moves the telescope by itself when it is safe',
  );
}
