import type { Clock } from '../base/clock.ts';

/** How much of something one caller may use: `perSecond` for as long as it likes, `burst` at once. */
export class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #left: number;
  #atMs: number;

  constructor(limits: { readonly perSecond: number; readonly burst: number }, clock: Clock) {
    this.#perSecond = limits.perSecond;
    this.#burst = limits.burst;
    this.#clock = clock;
    this.#left = limits.burst;
    this.#atMs = clock.monotonicMs();
  }

  /** How long to wait before more may be used, milliseconds; 0 when it may be used now. */
  waitMs(): number {
    const nowMs = this.#clock.monotonicMs();
    this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = nowMs;
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) / this.#perSecond) * 1000);
  }

  /** Uses some; what goes beyond the rest is owed, and waited for. */
  use(amount: number): void {
    this.#left -= amount;
  }
}
