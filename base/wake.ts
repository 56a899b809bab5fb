import type { Clock } from './clock.ts';

/** Something that sleepers wait for. A wake while nobody waits is kept for the next one who does. */
export class Wake {
  #waiters: (() => void)[] = [];
  #kept = false;

  wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#kept = waiters.length === 0;
    for (const waiter of waiters) waiter();
  }

  /** Resolves at the next wake, or after `ms` where given; rejects with the signal's reason when aborted. */
  async wait(clock: Clock, signal: AbortSignal, ms?: number): Promise<void> {
    signal.throwIfAborted();
    if (this.#kept) {
      this.#kept = false;
      return;
    }
    const over = new AbortController();
    const { promise: woken, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    const either = AbortSignal.any([signal, over.signal]);
    const slept = ms === undefined ? forever(either) : clock.sleep(ms, either);
    try {
      await Promise.race([woken, slept]);
    } finally {
      over.abort();
      this.#waiters = this.#waiters.filter((waiter) => waiter !== resolve);
      slept.catch(() => undefined); // it was only cut short
    }
  }
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
