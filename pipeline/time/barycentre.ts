import { AstroTime, BaryState, Body, HelioVector, ObserverVector } from 'astronomy-engine';
import { observerAt, type Site } from '../../sky/site.ts';
import { builtInLeapTable, type LeapTable, taiMinusUtc } from './leap.ts';
import { addSeconds, type Mjd, mjdNumber } from './mjd.ts';

export const lightSecondsPerAu = 499.004783836;
const mjdOfJ2000 = 51544.5;

/** Terrestrial Time of a UTC moment: TT = TAI + 32.184 s. */
export function ttOfUtc(mjdUtc: Mjd, table: LeapTable = builtInLeapTable): Mjd {
  return addSeconds(mjdUtc, taiMinusUtc(mjdUtc, table).seconds + 32.184);
}

/**
 * Barycentric Dynamical Time of a moment in TT, by the two largest terms of the Earth's orbit (Astronomical Almanac, section B;
 * good to 30 microseconds).
 */
function tdbOfTt(mjdTt: Mjd): Mjd {
  const g = ((357.53 + 0.98560028 * (mjdNumber(mjdTt) - mjdOfJ2000)) * Math.PI) / 180;
  return addSeconds(mjdTt, 0.001657 * Math.sin(g) + 0.000014 * Math.sin(2 * g));
}

/** astronomy-engine's time of a UTC moment (UT1 is taken as UTC, which differs by less than a second). */
export function astroTime(mjdUtc: Mjd): AstroTime {
  return new AstroTime(mjdUtc.day - mjdOfJ2000 + mjdUtc.fraction);
}

/**
 * BJD_TDB, as MJD, of light that reaches the observer at a UTC moment from an ICRS direction (Eastman, Siverd & Gaudi 2010, PASP
 * 122, 935): TDB plus the light's way to the barycentre of the solar system. Without a site the centre of the
 * Earth is taken (up to 21 ms off). Shapiro delay and the distance of the star are left out (below 0.1 ms here).
 */
export function bjdTdb(mjdUtc: Mjd, raDeg: number, decDeg: number, site?: Site, table?: LeapTable): Mjd {
  const time = astroTime(mjdUtc);
  const earth = BaryState(Body.Earth, time);
  const delayS = lightWayS(earth.x, earth.y, earth.z, raDeg, decDeg) + topocentricS(time, raDeg, decDeg, site);
  return addSeconds(tdbOfTt(ttOfUtc(mjdUtc, table)), delayS);
}

/** HJD on the UTC scale, as MJD: what older programs and many catalogues use; up to 4 s from barycentric. */
export function hjdUtc(mjdUtc: Mjd, raDeg: number, decDeg: number, site?: Site): Mjd {
  const time = astroTime(mjdUtc);
  const earth = HelioVector(Body.Earth, time);
  const delayS = lightWayS(earth.x, earth.y, earth.z, raDeg, decDeg) + topocentricS(time, raDeg, decDeg, site);
  return addSeconds(mjdUtc, delayS);
}

function topocentricS(time: AstroTime, raDeg: number, decDeg: number, site: Site | undefined): number {
  if (!site) return 0;
  const place = ObserverVector(time, observerAt(site), false);
  return lightWayS(place.x, place.y, place.z, raDeg, decDeg);
}

/** Seconds by which light from a direction reaches the origin later (positive) than the point (x, y, z), in au. */
function lightWayS(x: number, y: number, z: number, raDeg: number, decDeg: number): number {
  const ra = (raDeg * Math.PI) / 180;
  const dec = (decDeg * Math.PI) / 180;
  const along = x * Math.cos(dec) * Math.cos(ra) + y * Math.cos(dec) * Math.sin(ra) + z * Math.sin(dec);
  return along * lightSecondsPerAu;
}
