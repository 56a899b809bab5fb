import { type Clock, systemClock } from '../../../../base/clock.ts';

/** Time that goes faster than ours and is the same in every process that knows its start; `shiftMs`: a clock set wrongly. */
export class SoakClock implements Clock {
  readonly #startMs: number;
  readonly #times: number;
  readonly #shiftMs: number;

  constructor(startMs: number, times: number, shiftMs = 0) {
    this.#startMs = startMs;
    this.#times = times;
    this.#shiftMs = shiftMs;
  }

  nowMs(): number {
    return Math.floor(this.#startMs + (Date.now() - this.#startMs) * this.#times + this.#shiftMs);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() * this.#times;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#times, signal);
  }
}
