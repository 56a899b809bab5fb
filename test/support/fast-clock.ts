import { type Clock, systemClock } from '../../base/clock.ts';

/** A clock whose time runs so many times faster than ours, and that can be put forward. For devices over real sockets. */
export class FastClock implements Clock {
  readonly #times: number;
  readonly #startMs: number;
  #aheadMs = 0;

  constructor(startMs: number, times: number) {
    this.#times = times;
    this.#startMs = startMs - systemClock.monotonicMs() * times;
  }

  nowMs(): number {
    return Math.floor(this.#startMs + this.#aheadMs + systemClock.monotonicMs() * this.#times);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() * this.#times;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#times, signal);
  }

  putForward(ms: number): void {
    this.#aheadMs += ms;
  }
}
