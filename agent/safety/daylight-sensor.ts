import type { Clock } from '../../base/clock.ts';
import type { Place } from '../../drivers/horizontal.ts';
import { sunAltitudeDeg } from '../observing/visibility.ts';
import type { Sensor } from './state.ts';

/** Daylight as a sensor of safety: no telescope stands open under the Sun, whatever was asked of it. */
export function daylightSensor(place: Place, clock: Clock): Sensor {
  return {
    name: 'daylight',
    maxAgeMs: 120_000,
    async read() {
      const atMs = clock.nowMs();
      return { value: sunAltitudeDeg(place, atMs) > 0 ? ['the Sun is up'] : [], atMs };
    },
  };
}
