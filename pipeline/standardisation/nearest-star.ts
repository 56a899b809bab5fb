import { type SkyPosition, separationDeg } from '../astrometry/sphere.ts';
import type { ReferenceStars } from './reference.ts';

/** The reference star nearest to a position. */
export interface NearestStar {
  readonly separationArcsec: number;
  /** In `band`; NaN where the reference has none there. */
  readonly mag: number;
  readonly band: string;
}

/**
 * The star of the reference nearest to a position (ICRS, degrees) at an epoch (Julian year), with its magnitude in a
 * band; undefined when none lies within `radiusArcsec`.
 */
export function nearestStar(
  { raDeg, decDeg, pmRaMasYr, pmDecMasYr, epochYear, bands }: ReferenceStars,
  position: SkyPosition,
  atYear: number,
  band: string,
  radiusArcsec: number,
): NearestStar | undefined {
  const degPerMas = (atYear - epochYear) / 3.6e6;
  // No star moves out of this strip in the years between.
  const stripDeg = radiusArcsec / 3600 + 0.1;
  let nearest: { row: number; separationArcsec: number } | undefined;
  for (let row = 0; row < raDeg.length; row++) {
    if (!(Math.abs(decDeg[row]! - position.decDeg) <= stripDeg)) continue;
    const cosDec = Math.max(Math.cos((decDeg[row]! * Math.PI) / 180), 1e-9);
    const star = {
      raDeg: raDeg[row]! + ((pmRaMasYr?.[row] || 0) * degPerMas) / cosDec,
      decDeg: decDeg[row]! + (pmDecMasYr?.[row] || 0) * degPerMas,
    };
    const separationArcsec = separationDeg(position, star) * 3600;
    if (separationArcsec > (nearest?.separationArcsec ?? radiusArcsec)) continue;
    nearest = { row, separationArcsec };
  }
  if (!nearest) return undefined;
  const mag = bands.get(band)?.mag[nearest.row] ?? Number.NaN;
  return { separationArcsec: nearest.separationArcsec, mag, band };
}
