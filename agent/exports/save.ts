import { link, rm } from 'node:fs/promises';
import { writeFileDurably } from '../../base/durable.ts';
import { TellOperator } from '../../base/errors.ts';

/**
 * Saves a file whole or not at all, and never over another one.
 * @throws TellOperator `EXPORT_EXISTS` when the name is taken
 */
export async function saveNew(path: string, content: string | Uint8Array): Promise<void> {
  const whole = `${path}.part-${process.pid}`;
  await writeFileDurably(whole, content);
  try {
    await link(whole, path); // fails where the name is taken, however late it was
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    throw new TellOperator(
      'EXPORT_EXISTS',
      `${path} is there already and is left as it is. Give another name, or move it away.`,
    );
  } finally {
    await rm(whole, { force: true });
  }
}
