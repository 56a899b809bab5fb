import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import { Wake } from '../../base/wake.ts';
import type { Logger } from '../health/log.ts';
import type { FileVersion, Frame } from '../store/frame.ts';
import type { FrameStore } from '../store/frames.ts';
import type { DiskSpace } from './disk-space.ts';
import { type FileState, sameVersion } from './file-state.ts';
import type { Inspector } from './inspector.ts';
import type { Writes } from './writes.ts';

/** How long the intake waits for what. A file that keeps changing is waited for without limit. */
export interface Patience {
  /** Somebody is told of a file that is not whole after this long. */
  readonly tellMs: number;
  /** A file that is not whole and has not changed for this long is rejected. */
  readonly giveUpMs: number;
  /** A file that is whole but looks as if it were still written to must rest for this long. */
  readonly doubtMs: number;
  /** A file that cannot be opened for this long is rejected. */
  readonly unreadableMs: number;
}

export const defaultPatience: Patience = {
  tellMs: 60_000,
  giveUpMs: 600_000,
  doubtMs: 30_000,
  unreadableMs: 60_000,
};

export interface SettlerOptions {
  readonly frames: FrameStore;
  readonly inspector: Inspector;
  readonly disk: DiskSpace;
  readonly writes: Writes;
  readonly clock: Clock;
  readonly log: Logger;
  /** The time between two looks at the same file. */
  readonly settleMs: number;
  readonly patience: Patience;
  readonly onSettled: (frame: Frame) => void;
  readonly onRejected?: (frame: Frame) => void;
  /** Whether a path lies in a folder that answers no call at present: it is not looked at, and nothing is held against it. */
  readonly isHung?: (path: string) => boolean;
}

/** A frame on its way from `seen` to `settled`. Times are monotonic. */
interface Candidate {
  readonly frame: Frame;
  dueMs: number;
  readonly sinceMs: number;
  /** What the last look found, and since when every look has found the same. */
  last: FileState | undefined;
  sameSinceMs: number;
  told: boolean;
}

/** A file the intake waits for. */
export interface WaitingFile {
  readonly instrument: string;
  readonly path: string;
  readonly reason: string;
  readonly waitingMs: number;
}

/** So many files are looked at at a time: enough to hide the latency of a share, few enough not to flood it. */
const readsAtOnce = 8;

/**
 * Decides when a file is whole: its structure is complete in two looks `settleMs` apart, and it did not change between
 * them. A file that never becomes whole is rejected with its reason once it has not changed for long; any later change
 * makes it a new version, which is looked at anew.
 */
export class Settler {
  readonly #options: SettlerOptions;
  /** Not looked at yet; the newest file goes first, so that tonight's frame need not wait for a folder of old ones. */
  readonly #fresh: Candidate[] = [];
  #isFreshSorted = true;
  /** Waiting for their next reading. All wait equally long, so that the first in is the first due. */
  readonly #waiting: Candidate[] = [];
  readonly #byId = new Map<number, Candidate>();
  readonly #wake = new Wake();

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Takes a frame to settle; false when it is being settled already. */
  add(frame: Frame): boolean {
    if (this.#byId.has(frame.id)) return false;
    const nowMs = this.#options.clock.monotonicMs();
    const candidate = { frame, dueMs: nowMs, sinceMs: nowMs, last: undefined, sameSinceMs: nowMs, told: false };
    this.#byId.set(frame.id, candidate);
    this.#fresh.push(candidate);
    this.#isFreshSorted = false;
    this.#wake.wake();
    return true;
  }

  waiting(): WaitingFile[] {
    const nowMs = this.#options.clock.monotonicMs();
    return [...this.#byId.values()].map(({ frame, last, sinceMs }) => ({
      instrument: frame.instrument,
      path: frame.path,
      reason: last && 'reason' in last ? last.reason : 'It is being watched until it is whole.',
      waitingMs: nowMs - sinceMs,
    }));
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: readsAtOnce }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (;;) {
      const candidate = await this.#next(signal);
      const isDone = await this.#consider(candidate, signal);
      if (isDone) {
        this.#byId.delete(candidate.frame.id);
      } else {
        candidate.dueMs = this.#options.clock.monotonicMs() + this.#options.settleMs;
        this.#waiting.push(candidate);
        this.#wake.wake();
      }
    }
  }

  async #next(signal: AbortSignal): Promise<Candidate> {
    const { clock, disk } = this.#options;
    for (;;) {
      await disk.room(signal);
      const nowMs = clock.monotonicMs();
      const first = this.#waiting[0];
      if (first && first.dueMs <= nowMs) return this.#waiting.shift()!;
      if (!this.#isFreshSorted) this.#fresh.sort((a, b) => a.frame.mtimeMs - b.frame.mtimeMs);
      this.#isFreshSorted = true;
      const fresh = this.#fresh.pop();
      if (fresh) return fresh;
      await this.#wake.wait(clock, signal, first && first.dueMs - nowMs);
    }
  }

  /** Looks once; true when nothing more is to be waited for. */
  async #consider(candidate: Candidate, signal: AbortSignal): Promise<boolean> {
    const { clock, inspector, frames, writes, isHung } = this.#options;
    const { frame } = candidate;
    if (isHung?.(frame.path)) return false;
    let state: FileState;
    try {
      state = await inspector.fileState(frame.path);
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error;
      if (isHung?.(frame.path)) return false;
      state = { kind: 'unreadable', reason: error.message };
    }
    signal.throwIfAborted();
    const nowMs = clock.monotonicMs();
    const isSame = candidate.last !== undefined && isSameFinding(candidate.last, state);
    if (!isSame) candidate.sameSinceMs = nowMs;
    candidate.last = state;
    const restedMs = nowMs - candidate.sameSinceMs;
    if (state.kind === 'gone') {
      await writes.write(() => frames.vanished(frame.id));
      return true;
    }
    if (!isSame || restedMs < this.#requiredRestMs(state)) {
      this.#tellOnce(candidate, state, nowMs);
      return false;
    }
    if (state.kind === 'whole') {
      const settled = await writes.write(() => frames.settle(frame.id, state.version));
      if (settled) this.#options.onSettled(settled);
    } else if (state.kind === 'unreadable') {
      await this.#reject(frame, 'unreadable', state.reason, undefined);
    } else {
      await this.#reject(frame, state.code, state.reason, state.version);
    }
    return true;
  }

  #requiredRestMs(state: FileState): number {
    const { settleMs, patience } = this.#options;
    switch (state.kind) {
      case 'whole':
        return state.doubt === undefined ? settleMs : Math.max(settleMs, patience.doubtMs);
      case 'incomplete':
        return patience.giveUpMs;
      case 'unreadable':
        return patience.unreadableMs;
      default:
        return settleMs;
    }
  }

  async #reject(frame: Frame, code: string, reason: string, version: FileVersion | undefined): Promise<void> {
    const { writes, frames, log } = this.#options;
    const rejected = await writes.write(() => frames.reject(frame.id, code, reason, version));
    if (rejected?.state !== 'rejected') return;
    log.warn({ frame: rejected.id, file: frame.path, code }, `rejected: ${reason}`);
    this.#options.onRejected?.(rejected);
  }

  #tellOnce(candidate: Candidate, state: FileState, nowMs: number): void {
    const waitedMs = nowMs - candidate.sinceMs;
    if (candidate.told || waitedMs < this.#options.patience.tellMs) return;
    candidate.told = true;
    const reason =
      'reason' in state ? state.reason : state.kind === 'whole' && state.doubt ? state.doubt : 'It keeps changing.';
    this.#options.log.warn(
      { frame: candidate.frame.id, file: candidate.frame.path, waitedS: Math.round(waitedMs / 1000) },
      `still waiting for the file to be whole: ${reason}`,
    );
  }
}

function isSameFinding(a: FileState, b: FileState): boolean {
  if (a.kind !== b.kind) return false;
  if ('version' in a && 'version' in b) return sameVersion(a.version, b.version);
  return true;
}
