import type { Clock } from '../../base/clock.ts';
import type { Site } from '../../sky/site.ts';
import { sunAt } from '../../sky/sun-and-moon.ts';
import type { Sensor } from './state.ts';

/** Daylight as a sensor of safety: no telescope stands open under the Sun, whatever was asked of it. */
export function daylightSensor(site: Site, clock: Clock): Sensor {
  return {
    name: 'daylight',
    maxAgeMs: 120_000,
    async read() {
      const atMs = clock.nowMs();
      return { value: sunAt(site, atMs).altitudeDeg > 0 ? ['the Sun is up'] : [], atMs };
    },
  };
}
