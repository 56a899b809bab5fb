import { SiderealTime } from 'astronomy-engine';
import { astroTime } from './barycentre.ts';
import type { Mjd } from './mjd.ts';

/** Local apparent sidereal time in hours, [0, 24), at a longitude counted east (degrees). */
export function localSiderealHours(mjdUtc: Mjd, lonDeg: number): number {
  const hours = SiderealTime(astroTime(mjdUtc)) + lonDeg / 15;
  return hours - 24 * Math.floor(hours / 24);
}
