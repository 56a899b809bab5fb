import type { Clock } from '../../base/clock.ts';
import { type Health, well } from './health.ts';

/**
 * Proof that a loop goes on: it says so at each of its turns, and is stalled when it has not for longer than it may.
 * That the event loop turns proves nothing of the work in it.
 */
export class Progress {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  /** Monotonic; undefined before the first turn. */
  #lastMs: number | undefined;

  /** `deadlineMs`: the longest that one turn may take, its rest included. */
  constructor(clock: Clock, deadlineMs: number) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  made(): void {
    this.#lastMs = this.#clock.monotonicMs();
  }

  health(): Health {
    const ageMs = this.#lastMs === undefined ? 0 : this.#clock.monotonicMs() - this.#lastMs;
    if (ageMs <= this.#deadlineMs) return well;
    return { state: 'stalled', reason: `The last step was taken ${Math.round(ageMs / 60_000)} minutes ago.` };
  }
}
