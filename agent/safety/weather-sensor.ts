import type { Clock } from '../../base/clock.ts';
import type { SafetyConfig } from '../../config/schema.ts';
import type { Weather, WeatherState } from '../../drivers/contract.ts';
import type { Sensor } from './state.ts';

export type WeatherLimits = Pick<
  SafetyConfig,
  'weatherMaxAgeS' | 'maxWindMPerS' | 'maxGustMPerS' | 'maxHumidityPercent'
>;

type Quantity = keyof WeatherState;

/** What people call the quantities. */
const names: Readonly<Record<Quantity, string>> = {
  rain: 'rain',
  windMPerS: 'wind',
  gustMPerS: 'gusts',
  humidityPercent: 'humidity',
  temperatureC: 'temperature',
  dewPointC: 'dew point',
  cloudPercent: 'cloud cover',
  skyTemperatureC: 'sky temperature',
  safe: 'its verdict',
};
const quantities = Object.keys(names) as readonly Quantity[];

/**
 * A weather station as a sensor of safety. A quantity that the station once gave and now leaves out keeps its last value
 * for as long as a reading may be old; after that its absence is unsafe: the anemometer may have been blown away.
 */
export function weatherSensor(name: string, weather: Weather, limits: WeatherLimits, clock: Clock): Sensor {
  const maxAgeMs = limits.weatherMaxAgeS * 1000;
  /** By quantity, what it was and when it was last given (monotonic). */
  const known = new Map<Quantity, { value: unknown; atMs: number }>();
  return {
    name,
    maxAgeMs,
    async read() {
      const { value, atMs } = await weather.read();
      const nowMs = clock.monotonicMs();
      for (const quantity of quantities) {
        if (value[quantity] !== undefined) known.set(quantity, { value: value[quantity], atMs: nowMs });
      }
      const young = [...known].filter(([, one]) => nowMs - one.atMs <= maxAgeMs);
      const complete = { ...value, ...Object.fromEntries(young.map(([quantity, one]) => [quantity, one.value])) };
      const missing = [...known.keys()].filter((quantity) => !young.some(([one]) => one === quantity));
      const reasons = missing.map((quantity) => `${names[quantity]} has been missing for over ${maxAgeMs / 1000} s`);
      return { value: [...againstWeather(complete, limits), ...reasons], atMs };
    },
  };
}

/**
 * What speaks against this weather. A quantity that the station does not measure says nothing, but a station must say
 * something, its own verdict or rain; and what is not a number is unsafe, whichever quantity it is.
 */
export function againstWeather(weather: WeatherState, limits: WeatherLimits): string[] {
  const { rain, windMPerS, gustMPerS, humidityPercent, safe } = weather;
  const reasons = quantities
    .filter((quantity) => typeof weather[quantity] === 'number' && !Number.isFinite(weather[quantity]))
    .map((quantity) => `${names[quantity]} is not a number`);
  if (rain) reasons.push('it rains');
  if (safe === false) reasons.push('the weather station says unsafe');
  if (rain === undefined && safe === undefined)
    reasons.push('the weather station tells neither rain nor a verdict of its own');
  if (windMPerS !== undefined && windMPerS > limits.maxWindMPerS)
    reasons.push(`wind ${windMPerS} m/s, the limit is ${limits.maxWindMPerS} m/s`);
  if (gustMPerS !== undefined && gustMPerS > limits.maxGustMPerS)
    reasons.push(`gusts of ${gustMPerS} m/s, the limit is ${limits.maxGustMPerS} m/s`);
  if (humidityPercent !== undefined && humidityPercent > limits.maxHumidityPercent)
    reasons.push(`humidity ${humidityPercent} %, the limit is ${limits.maxHumidityPercent} %`);
  return reasons;
}
