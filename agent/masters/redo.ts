import { stat } from 'node:fs/promises';
import { readFrameRecord } from '../../protocol/frame-record.ts';
import { sameVersion, versionOf } from '../intake/file-state.ts';
import type { FileVersion } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import { type AssessmentOptions, isClearlyBetter } from './assess.ts';
import { chooseMasters, usedKinds } from './choose.ts';
import type { LibraryMaster } from './library.ts';
import { calibrationFactsOf } from './setup.ts';

export interface FramesToRedo {
  readonly ids: readonly number[];
  /** Frames left as they are, since nothing tells what they were reduced with. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * The reduced frames, of files since `sinceMs`, for which one of the new masters is clearly better than what they were
 * reduced with, and whose files are still there.
 */
export async function framesToRedo(
  { frames, reductions }: Pick<Store, 'frames' | 'reductions'>,
  instrument: string,
  masters: readonly LibraryMaster[],
  news: readonly LibraryMaster[],
  sinceMs: number,
  options: Omit<AssessmentOptions, 'hasBias'>,
): Promise<FramesToRedo> {
  const newIds = new Set(news.map(({ id }) => id));
  const ids: number[] = [];
  const unreadable: { path: string; reason: string }[] = [];
  for (const id of frames.reducedSince(instrument, sinceMs)) {
    const frame = frames.get(id);
    const last = reductions.byFrame(id)[0];
    if (!frame?.facts || !last || !(await isThere(frame.path, frame))) continue;
    const record = readFrameRecord(last.record);
    if (!record.value) {
      unreadable.push({ path: frame.path, reason: record.unreadable });
      continue;
    }
    const used = record.value.masters;
    const { chosen, assessed } = chooseMasters(masters, calibrationFactsOf(frame.facts, frame.mtimeMs), options);
    const isBetter = usedKinds.some((kind) => {
      const choice = chosen[kind];
      if (!choice || choice.master.id === used[kind] || !newIds.has(choice.master.id)) return false;
      return isClearlyBetter(
        choice,
        assessed[kind].find(({ master }) => master.id === used[kind]),
      );
    });
    if (isBetter) ids.push(id);
  }
  return { ids, unreadable };
}

/** Whether a file is there in this version; a file that cannot be asked about is not. */
export async function isThere(path: string, version: FileVersion): Promise<boolean> {
  return stat(path).then(
    (found) => sameVersion(versionOf(found), version),
    () => false,
  );
}
