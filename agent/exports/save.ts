import { link, open, rename, rm, stat } from 'node:fs/promises';
import { writeFileDurably } from '../../base/durable.ts';
import { TellOperator } from '../../base/errors.ts';

/** File systems without hard links say so in many ways (FAT, exFAT, network shares). */
const noLinks: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK']);

/**
 * Saves a file whole or not at all, and never over another one, whoever else writes there.
 * @throws TellOperator `EXPORT_EXISTS` when the name is taken
 */
export async function saveNew(path: string, content: string | Uint8Array, makeLink = link): Promise<void> {
  const whole = `${path}.part-${process.pid}`;
  await writeFileDurably(whole, content);
  try {
    await makeLink(whole, path); // fails where the name is taken, however late it was
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(path, error);
    if (!noLinks.has(codeOf(error))) throw error;
    await takeName(path);
    await rename(whole, path);
  } finally {
    await rm(whole, { force: true });
  }
}

/** Without hard links an empty file takes the name first. One that is there already was left by a save that broke off. */
async function takeName(path: string): Promise<void> {
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if ((await stat(path)).size > 0) throw taken(path, error);
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

const taken = (path: string, cause: unknown) =>
  new TellOperator(
    'EXPORT_EXISTS',
    `${path} is there already and is left as it is. Give another name, or move it away.`,
    {
      cause,
    },
  );
