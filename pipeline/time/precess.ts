import { RotateVector, Rotation_EQD_EQJ, Vector } from 'astronomy-engine';
import { astroTime } from './barycentre.ts';
import type { Mjd } from './mjd.ts';

/** J2000 coordinates of a direction given for the true equator and equinox of date (precession and nutation, IAU 2006/2000B). */
export function j2000OfDate(raDeg: number, decDeg: number, mjdUtc: Mjd): { raDeg: number; decDeg: number } {
  const ra = (raDeg * Math.PI) / 180;
  const dec = (decDeg * Math.PI) / 180;
  const time = astroTime(mjdUtc);
  const ofDate = new Vector(Math.cos(dec) * Math.cos(ra), Math.cos(dec) * Math.sin(ra), Math.sin(dec), time);
  const { x, y, z } = RotateVector(Rotation_EQD_EQJ(time), ofDate);
  const j2000RaDeg = (Math.atan2(y, x) * 180) / Math.PI;
  return {
    raDeg: j2000RaDeg < 0 ? j2000RaDeg + 360 : j2000RaDeg,
    decDeg: (Math.asin(Math.max(-1, Math.min(1, z))) * 180) / Math.PI,
  };
}
