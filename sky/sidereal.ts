import { SiderealTime } from 'astronomy-engine';
import { astroTimeOf } from './moment.ts';

/** Local apparent sidereal time in hours, [0, 24), at a longitude counted east (degrees) and a moment in Unix milliseconds. */
export function localSiderealHours(longitudeDeg: number, atMs: number): number {
  const hours = SiderealTime(astroTimeOf(atMs)) + longitudeDeg / 15;
  return hours - 24 * Math.floor(hours / 24);
}
