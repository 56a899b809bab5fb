import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time as the program sees it. It is passed in everywhere, so that a test can let a night pass in a second. */
export interface Clock {
  /** Unix time in whole milliseconds; may jump when the computer's clock is set. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never jumps. Deadlines and intervals use this one. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await sleepFor(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

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

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
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
