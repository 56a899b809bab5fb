import {
  AngleBetween,
  Body,
  GeoVector,
  HorizonFromVector,
  Illumination,
  Observer,
  ObserverVector,
  RotateVector,
  Rotation_EQJ_HOR,
  Vector,
} from 'astronomy-engine';
import { astroTime, type Site } from './barycentre.ts';
import { addSeconds, type Mjd } from './mjd.ts';

/** Where something stands at a site and moment. */
export interface AltAz {
  /** True altitude, without refraction. */
  readonly altDeg: number;
  /** Azimuth from north through east. */
  readonly azDeg: number;
}

/** Altitude and azimuth of an ICRS direction (aberration left out: 20 arcsec at most). */
export function altAz(raDeg: number, decDeg: number, site: Site, mjdUtc: Mjd): AltAz {
  const ra = (raDeg * Math.PI) / 180;
  const dec = (decDeg * Math.PI) / 180;
  return horizontal(Math.cos(dec) * Math.cos(ra), Math.cos(dec) * Math.sin(ra), Math.sin(dec), site, mjdUtc);
}

/** Altitude and azimuth of the centre of the Sun. */
export function sunAltAz(site: Site, mjdUtc: Mjd): AltAz {
  return bodyAltAz(Body.Sun, site, mjdUtc);
}

/** The Moon as seen from a site: where it stands, how much of it is lit, and how far it is from a direction. */
export function moonAt(site: Site, mjdUtc: Mjd): AltAz & { readonly litFraction: number } {
  return {
    ...bodyAltAz(Body.Moon, site, mjdUtc),
    litFraction: Illumination(Body.Moon, astroTime(mjdUtc)).phase_fraction,
  };
}

/** Angle between the Moon, seen from the site, and an ICRS direction, degrees. */
export function moonDistanceDeg(raDeg: number, decDeg: number, site: Site, mjdUtc: Mjd): number {
  const ra = (raDeg * Math.PI) / 180;
  const dec = (decDeg * Math.PI) / 180;
  const time = astroTime(mjdUtc);
  const star = new Vector(Math.cos(dec) * Math.cos(ra), Math.cos(dec) * Math.sin(ra), Math.sin(dec), time);
  return AngleBetween(topocentric(Body.Moon, site, mjdUtc), star);
}

/**
 * Airmass of a true altitude by Pickering (2002, DIO 12, 20), X = 1 / sin(h + 244 / (165 + 47 h^1.1)) with the apparent
 * altitude h in degrees, the refraction by Saemundsson's formula. Undefined below the horizon.
 */
export function airmassOf(trueAltDeg: number): number | undefined {
  const h = apparentAltitudeDeg(trueAltDeg);
  if (!(h > 0)) return undefined;
  return 1 / Math.sin(((h + 244 / (165 + 47 * h ** 1.1)) * Math.PI) / 180);
}

/** Apparent from true altitude at 10 C and 1010 hPa (Saemundsson 1986, Sky & Telescope 72, 70). */
export function apparentAltitudeDeg(trueAltDeg: number): number {
  if (trueAltDeg < -2) return trueAltDeg;
  const refractionArcmin = 1.02 / Math.tan(((trueAltDeg + 10.3 / (trueAltDeg + 5.11)) * Math.PI) / 180);
  return trueAltDeg + Math.max(0, refractionArcmin) / 60;
}

/** Airmass in the middle of an exposure and how it changes, per hour, from the two ends. */
export function airmassDuring(
  raDeg: number,
  decDeg: number,
  site: Site,
  midUtc: Mjd,
  exposureS: number,
): { airmass: number; ratePerHour: number } | undefined {
  const spanS = Math.max(exposureS, 60);
  const at = (offsetS: number) => airmassOf(altAz(raDeg, decDeg, site, addSeconds(midUtc, offsetS)).altDeg);
  const [start, airmass, end] = [at(-spanS / 2), at(0), at(spanS / 2)];
  if (start === undefined || airmass === undefined || end === undefined) return undefined;
  return { airmass, ratePerHour: ((end - start) * 3600) / spanS };
}

function bodyAltAz(body: Body, site: Site, mjdUtc: Mjd): AltAz {
  const { x, y, z } = topocentric(body, site, mjdUtc);
  return horizontal(x, y, z, site, mjdUtc);
}

function topocentric(body: Body, site: Site, mjdUtc: Mjd): Vector {
  const time = astroTime(mjdUtc);
  const geocentric = GeoVector(body, time, true);
  const place = ObserverVector(time, new Observer(site.latDeg, site.lonDeg, site.heightM), false);
  return new Vector(geocentric.x - place.x, geocentric.y - place.y, geocentric.z - place.z, time);
}

function horizontal(x: number, y: number, z: number, site: Site, mjdUtc: Mjd): AltAz {
  const time = astroTime(mjdUtc);
  const rotation = Rotation_EQJ_HOR(time, new Observer(site.latDeg, site.lonDeg, site.heightM));
  const spherical = HorizonFromVector(RotateVector(rotation, new Vector(x, y, z, time)), '');
  return { altDeg: spherical.lat, azDeg: spherical.lon };
}
