import type { Clock } from '../../base/clock.ts';
import { TellOperator } from '../../base/errors.ts';
import { newestFrames, type ReadFile, readFrameFile } from '../doctor/newest-frames.ts';
import { camerasOf, type FolderFrames } from './evidence.ts';

/** So many frames are read, the newest, and a large folder is walked through for so long. */
const framesRead = 10;
const walkMs = 30_000;
const maxFileBytes = 2 ** 30;

/**
 * The newest ten frames of a folder that can be read.
 * @throws TellOperator where there are none, or where they are of two cameras
 */
export async function readFolder(folder: string, clock: Clock): Promise<FolderFrames> {
  const signal = AbortSignal.timeout(walkMs);
  const { newest } = await newestFrames(folder, { count: framesRead, excluded: [], nowMs: clock.nowMs(), signal });
  const read: ReadFile[] = [];
  for (const { path } of newest) read.push(await readFrameFile(path, folder, {}, maxFileBytes));
  const found = { folder, frames: read.flatMap((one) => (one.kind === 'identified' ? [one.identity.facts] : [])) };
  if (found.frames.length === 0) {
    const why = read.flatMap((one) => ('reason' in one ? one.reason : []))[0] ?? 'there is no FITS or XISF file';
    throw new TellOperator(
      'NO_FRAMES',
      `The folder ${folder} holds no frame that can be read: ${why} Name the folder that the camera program saves raw frames to.`,
    );
  }
  const cameras = camerasOf(found);
  if (cameras.length > 1) {
    throw new TellOperator(
      'TWO_CAMERAS',
      `The newest frames of ${folder} are of several cameras (${cameras.join(', ')}), which must not be mixed: let each camera save to a folder of its own, and name these.`,
    );
  }
  return found;
}
