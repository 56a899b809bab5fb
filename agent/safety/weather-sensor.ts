import type { SafetyConfig } from '../../config/schema.ts';
import type { Weather, WeatherState } from '../../drivers/contract.ts';
import type { Sensor } from './state.ts';

export type WeatherLimits = Pick<SafetyConfig, 'weatherMaxAgeS' | 'maxWindMPerS' | 'maxHumidityPercent'>;

/** A weather station as a sensor of safety. */
export function weatherSensor(name: string, weather: Weather, limits: WeatherLimits): Sensor {
  return {
    name,
    maxAgeMs: limits.weatherMaxAgeS * 1000,
    async read() {
      const { value, atMs } = await weather.read();
      return { value: againstWeather(value, limits), atMs };
    },
  };
}

/**
 * What speaks against this weather. A quantity that the station does not measure says nothing, but a station must say
 * something: its own verdict, or rain.
 */
export function againstWeather(weather: WeatherState, limits: WeatherLimits): string[] {
  const { rain, windMPerS, humidityPercent, safe } = weather;
  const reasons: string[] = [];
  if (rain) reasons.push('it rains');
  if (safe === false) reasons.push('the weather station says unsafe');
  if (rain === undefined && safe === undefined)
    reasons.push('the weather station tells neither rain nor a verdict of its own');
  if (windMPerS !== undefined && !(windMPerS <= limits.maxWindMPerS))
    reasons.push(`wind ${windMPerS} m/s, the limit is ${limits.maxWindMPerS} m/s`);
  if (humidityPercent !== undefined && !(humidityPercent <= limits.maxHumidityPercent))
    reasons.push(`humidity ${humidityPercent} %, the limit is ${limits.maxHumidityPercent} %`);
  return reasons;
}
