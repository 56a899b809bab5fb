import type { Reading, Weather, WeatherState } from '../contract.ts';
import { silent } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

export const fairWeather: WeatherState = {
  rain: false,
  windMPerS: 3,
  gustMPerS: 5,
  humidityPercent: 60,
  temperatureC: 8,
  dewPointC: 1,
  cloudPercent: 5,
  skyTemperatureC: -25,
  safe: true,
};

/** A weather station that can turn bad, fall silent, or go on repeating its last words. */
export class SimulatedWeather extends SimulatedDevice implements Weather {
  #state: WeatherState = fairWeather;
  #frozenAtMs: number | undefined;
  #silent = false;

  constructor(world: World) {
    super(world, 'The weather station');
  }

  async read(): Promise<Reading<WeatherState>> {
    if (this.#silent) throw silent(this.name);
    return { value: this.#state, atMs: this.#frozenAtMs ?? this.world.clock.nowMs() };
  }

  /** The weather from now on: fair but for these changes. */
  turn(changes: Partial<WeatherState>): void {
    this.#state = { ...fairWeather, ...changes };
  }

  /** The station answers no more (or again). */
  fallSilent(isSilent = true): void {
    this.#silent = isSilent;
  }

  /** Readings keep coming but none is newer than this moment (or are fresh again). */
  freeze(frozen = true): void {
    this.#frozenAtMs = frozen ? this.world.clock.nowMs() : undefined;
  }

  restart(): void {
    this.#frozenAtMs = undefined;
    this.#silent = false;
  }
}
