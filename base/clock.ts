import { setTimeout as sleepFor } from 'node:timers/promises';
import { ProgrammingFault } from './errors.ts';

/** Time as the program sees it. It is passed in everywhere, so that a test can let a night pass in a second. */
export interface Clock {
  /** Unix time in whole milliseconds; may jump when the computer's clock is set. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never jumps. Deadlines and intervals use this one. */
  monotonicMs(): number;
  /**
   * Resolves after `ms`, however long that is; what is due already still takes a moment, so that no loop turns hot. Rejects with the
   * signal's reason when it is aborted first, and with ProgrammingFault for a time that is not a number.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A loop that waits for what is due already turns a hundred times a second at most. */
const shortestMs = 10;
/** A timer that is set for longer than this goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    requireNumber(ms);
    const endMs = performance.now() + Math.max(ms, shortestMs);
    try {
      for (let leftMs = Math.max(ms, shortestMs); leftMs > 0; leftMs = endMs - performance.now()) {
        await sleepFor(Math.min(Math.ceil(leftMs), longestTimerMs), undefined, signal ? { signal } : {});
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

function requireNumber(ms: number): void {
  if (Number.isNaN(ms))
    throw new ProgrammingFault('SLEEP_NAN', 'The program was to wait for a time that is no number.');
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #sleepers: { wakeMs: number; wake: () => void }[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    requireNumber(ms);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const sleeper = { wakeMs: this.#monotonicMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** Lets time pass: sleepers wake in order, and what they start runs before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    for (;;) {
      const next = this.#sleepers.filter((s) => s.wakeMs <= endMs).sort((a, b) => a.wakeMs - b.wakeMs)[0];
      const toMs = next ? Math.max(next.wakeMs, this.#monotonicMs) : endMs;
      this.#nowMs += toMs - this.#monotonicMs;
      this.#monotonicMs = toMs;
      if (!next) return;
      this.#sleepers = this.#sleepers.filter((s) => s !== next);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Sets the wall clock, as an operator or NTP would; monotonic time does not notice. */
  setWallClock(nowMs: number): void {
    this.#nowMs = nowMs;
  }
}
