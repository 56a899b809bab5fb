import { HorizonFromVector, RotateVector, Rotation_EQJ_HOR, Vector } from 'astronomy-engine';
import { astroTimeOf } from './moment.ts';
import { observerAt, type Site } from './site.ts';
import { localFrame, type SkyPosition } from './sphere.ts';

export interface Horizontal {
  /** True altitude above the horizon, without refraction. */
  readonly altitudeDeg: number;
  /** North through east. */
  readonly azimuthDeg: number;
}

/**
 * Where an ICRS position stands over a site at a moment (Unix milliseconds): precession and nutation by astronomy-engine.
 * Aberration is left out (20 arcsec at most), UT1 is taken as UTC (15 arcsec at most).
 */
export function horizontalOf(position: SkyPosition, site: Site, atMs: number): Horizontal {
  return horizontalOfVector(localFrame(position).up, site, atMs);
}

/** The same for a vector of any length, from the site, in the equatorial axes of J2000. */
export function horizontalOfVector([x, y, z]: readonly [number, number, number], site: Site, atMs: number): Horizontal {
  const time = astroTimeOf(atMs);
  const rotation = Rotation_EQJ_HOR(time, observerAt(site));
  const { lat, lon } = HorizonFromVector(RotateVector(rotation, new Vector(x, y, z, time)), '');
  return { altitudeDeg: lat, azimuthDeg: lon };
}

/** How high a position stands at most over a site, precession since J2000 aside. */
export function culminationDeg(
  { decDeg }: Pick<SkyPosition, 'decDeg'>,
  { latitudeDeg }: Pick<Site, 'latitudeDeg'>,
): number {
  return 90 - Math.abs(latitudeDeg - decDeg);
}
