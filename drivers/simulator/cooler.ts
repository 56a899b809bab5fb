import type { Clock } from '../../base/clock.ts';
import type { CoolerState } from '../contract.ts';

export const ambientC = 8;
export const coolestC = -35;
const usualCPerMin = 10;

/** A cooler that goes to its set point at a steady rate, and back to the air's temperature when it is off. */
export class Cooler {
  readonly #clock: Clock;
  #on: boolean;
  #setPointC: number;
  #fromC: number;
  #sinceMs: number;
  #rateCPerMin = usualCPerMin;

  constructor(clock: Clock, setPointC: number) {
    this.#clock = clock;
    this.#on = true;
    this.#setPointC = setPointC;
    this.#fromC = setPointC; // it was cooled before the program came
    this.#sinceMs = clock.monotonicMs();
  }

  temperatureC(): number {
    const goalC = this.#on ? this.#setPointC : ambientC;
    const mostC = (this.#rateCPerMin * (this.#clock.monotonicMs() - this.#sinceMs)) / 60_000;
    const wayC = goalC - this.#fromC;
    return this.#fromC + Math.sign(wayC) * Math.min(Math.abs(wayC), mostC);
  }

  state(): CoolerState {
    const depth = (ambientC - this.temperatureC()) / (ambientC - coolestC);
    return {
      on: this.#on,
      setPointC: this.#on ? this.#setPointC : undefined,
      powerPercent: this.#on ? 100 * depth : 0,
    };
  }

  cool(setPointC: number, rateCPerMin = usualCPerMin): void {
    this.#begin(true, rateCPerMin);
    this.#setPointC = setPointC;
  }

  warm(): void {
    this.#begin(false, usualCPerMin);
  }

  #begin(on: boolean, rateCPerMin: number): void {
    this.#fromC = this.temperatureC();
    this.#sinceMs = this.#clock.monotonicMs();
    this.#on = on;
    this.#rateCPerMin = rateCPerMin;
  }
}
