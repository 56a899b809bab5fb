import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { newestFrames } from '../doctor/newest-frames.ts';

/** Where camera programs save unless they are told otherwise, below the home folder, and where observatories keep frames. */
const places = [
  ['Documents', 'N.I.N.A'],
  ['Pictures', 'N.I.N.A'],
  ['Desktop', 'SharpCap Captures'],
  ['SharpCap Captures'],
  ['Documents', 'MaxIm DL 6'],
  ['Pictures'],
  ['frames'],
];

/** Folders of a home in which camera programs usually save, and in which there are frames. */
export async function usualFolders(clock: Clock, home: string = homedir()): Promise<string[]> {
  const found: string[] = [];
  for (const place of places) {
    const folder = join(home, ...place);
    if (found.some((other) => other.startsWith(folder))) continue;
    const signal = AbortSignal.timeout(5000);
    const { nFrames } = await newestFrames(folder, { count: 1, excluded: [], nowMs: clock.nowMs(), signal });
    if (nFrames > 0) found.push(folder);
  }
  return found;
}
