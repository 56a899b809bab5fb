import { stat } from 'node:fs/promises';
import { sameVersion, versionOf } from '../intake/look.ts';
import type { FileVersion } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import { chooseMasters, type UsedKind, usedKinds } from './choose.ts';
import { isClearlyBetter, type JudgeOptions } from './judge.ts';
import type { LibraryMaster } from './library.ts';
import { calibrationFactsOf } from './setup.ts';

/**
 * Ids of the reduced frames, of files since `sinceMs`, for which one of the new masters is clearly better than what they were
 * reduced with, and whose files are still there.
 */
export async function framesToRedo(
  { frames, reductions }: Pick<Store, 'frames' | 'reductions'>,
  instrument: string,
  masters: readonly LibraryMaster[],
  news: readonly LibraryMaster[],
  sinceMs: number,
  options: Omit<JudgeOptions, 'hasBias'>,
): Promise<number[]> {
  const newIds = new Set(news.map(({ id }) => id));
  const found: number[] = [];
  for (const id of frames.reducedSince(instrument, sinceMs)) {
    const frame = frames.get(id);
    const last = reductions.byFrame(id)[0];
    if (!frame?.facts || !last || !(await isThere(frame.path, frame))) continue;
    const used = mastersOf(last.record);
    const { chosen, judged } = chooseMasters(masters, calibrationFactsOf(frame.facts, frame.mtimeMs), options);
    const isBetter = usedKinds.some((kind) => {
      const choice = chosen[kind];
      if (!choice || choice.master.id === used[kind] || !newIds.has(choice.master.id)) return false;
      return isClearlyBetter(
        choice,
        judged[kind].find(({ master }) => master.id === used[kind]),
      );
    });
    if (isBetter) found.push(id);
  }
  return found;
}

function mastersOf(record: string): { readonly [kind in UsedKind]: string | null } {
  return (JSON.parse(record) as { masters: { readonly [kind in UsedKind]: string | null } }).masters;
}

/** Whether a file is there in this version; a file that cannot be asked about is not. */
export async function isThere(path: string, version: FileVersion): Promise<boolean> {
  return stat(path).then(
    (found) => sameVersion(versionOf(found), version),
    () => false,
  );
}
