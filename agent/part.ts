import type { Health } from './health/health.ts';

/**
 * A part of the daemon. Its constructor does nothing but keep what it is given: no timer, no file, no connection, so
 * that parts can be made in any order and a boot that fails has only those to unwind that were started.
 */
export interface Part {
  /** Unique within the daemon; people read it in the log and in the status. */
  readonly name: string;
  /** How long `stop` may take before the part is left behind, milliseconds; ten seconds where absent. */
  readonly stopMs?: number;
  /**
   * Begins to work, once at most. Rejects, or throws, when it cannot work as configured: the daemon then does not run.
   * What may come later (a device server, a centre) is not waited for: it shows in `health` until it is there.
   * `onFault` hears of the error that ended the part for good, if one does; work that fails and can be repeated never
   * comes to that.
   */
  start(onFault: (error: unknown) => void): void | Promise<void>;
  /**
   * Ends all work and resolves when nothing of it goes on; what was under way is taken up by the next start. Never
   * called before `start`, and once at most. May be called while `start` has not resolved yet.
   */
  stop(): void | Promise<void>;
  /** Answers at once. Ages are taken from the monotonic clock, so that a computer clock that is set changes nothing. */
  health(): Health;
}

/** Parts that lean on each other: started in this order, stopped together, for one may wait for another's end. */
export type Stage = readonly Part[];
