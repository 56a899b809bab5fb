import { relative } from 'node:path';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import { readFileState } from '../intake/file-state.ts';
import { type Identification, identify } from '../intake/identify.ts';
import { walk } from '../intake/walk.ts';
import type { Sighting } from '../store/frame.ts';

/** The frames that were written last below a folder, and what the walk met. */
export interface NewestFrames {
  /** Newest first. */
  readonly newest: readonly Sighting[];
  /** Files with the name of a frame that were seen in all. */
  readonly nFrames: number;
  /** Folders below that cannot be read, with the reason of each. */
  readonly unreadable: readonly string[];
  /** False where time was up before all folders were seen. */
  readonly isComplete: boolean;
}

export interface NewestFramesOptions {
  readonly count: number;
  /** Real paths that are not entered: the agent's own. */
  readonly excluded: readonly string[];
  readonly nowMs: number;
  /** Ends the walk; what was seen until then is given. */
  readonly signal: AbortSignal;
}

export async function newestFrames(
  folder: string,
  { count, excluded, nowMs, signal }: NewestFramesOptions,
): Promise<NewestFrames> {
  let newest: Sighting[] = [];
  let nFrames = 0;
  const unreadable: string[] = [];
  const onUnreadable = (path: string, reason: string) => unreadable.push(`${path}: ${reason}`);
  const seen = () => ({ newest, nFrames, unreadable });
  try {
    for await (const sighting of walk(folder, { excluded, nowMs, onUnreadable, signal })) {
      nFrames += 1;
      const last = newest.at(-1);
      if (newest.length >= count && last && sighting.mtimeMs <= last.mtimeMs) continue;
      newest = [...newest, sighting].sort((a, b) => b.mtimeMs - a.mtimeMs).slice(0, count);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return { ...seen(), isComplete: false };
  }
  return { ...seen(), isComplete: true };
}

/** What the intake would make of a file at once, without waiting for it to settle. */
export type ReadFile = Identification | { readonly kind: 'not-whole'; readonly reason: string };

/** Reads one file below a watched folder as the intake does. Never rejects for what it finds. */
export async function readFrameFile(
  path: string,
  folder: string,
  overrides: HeaderOverrides,
  maxFileBytes: number,
): Promise<ReadFile> {
  const state = await readFileState(path, maxFileBytes);
  switch (state.kind) {
    case 'gone':
      return { kind: 'gone' };
    case 'unreadable':
      return { kind: 'unsettled', reason: state.reason };
    case 'unfit':
      return { kind: 'rejected', code: state.code, reason: state.reason };
    case 'incomplete':
      return { kind: 'not-whole', reason: state.reason };
    case 'whole':
      return identify({ path, below: relative(folder, path), version: state.version, overrides });
  }
}
