import type { Clock } from '../../base/clock.ts';

const firstMs = 60_000;
const longestMs = 15 * 60_000;

/**
 * How long an instrument rests after visits that its devices have spoilt, whichever request it was: a minute, then twice
 * as long each time, a quarter of an hour at most. A visit that ends well ends it.
 */
export class HoldOff {
  readonly #clock: Clock;
  #failures = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Visits in a row that went wrong. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until the next visit may begin; 0 when it may begin now. */
  get leftMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.monotonicMs());
  }

  failed(): void {
    this.#failures++;
    this.#untilMs = this.#clock.monotonicMs() + Math.min(firstMs * 2 ** (this.#failures - 1), longestMs);
  }

  wentWell(): void {
    this.#failures = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
