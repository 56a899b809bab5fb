import { horizontalOf } from './horizontal.ts';
import type { Site } from './site.ts';
import type { SkyPosition } from './sphere.ts';

/**
 * Airmass at a true altitude by Pickering (2002, DIO 12, 20): X = 1 / sin(h + 244 / (165 + 47 h^1.1)) with the apparent
 * altitude h in degrees. Infinity where h is not above the horizon.
 */
export function airmassAt(altitudeDeg: number): number {
  const h = apparentAltitudeDeg(altitudeDeg);
  if (!(h > 0)) return Number.POSITIVE_INFINITY;
  return 1 / Math.sin(((h + 244 / (165 + 47 * h ** 1.1)) * Math.PI) / 180);
}

/** Apparent from true altitude at 10 C and 1010 hPa (Saemundsson 1986, Sky & Telescope 72, 70). */
export function apparentAltitudeDeg(altitudeDeg: number): number {
  if (altitudeDeg < -2) return altitudeDeg;
  const refractionArcmin = 1.02 / Math.tan(((altitudeDeg + 10.3 / (altitudeDeg + 5.11)) * Math.PI) / 180);
  return altitudeDeg + Math.max(0, refractionArcmin) / 60;
}

/**
 * Airmass in the middle of an exposure (Unix milliseconds) and how it changes, per hour, from the two ends. Undefined
 * where the position is below the horizon at one of the three.
 */
export function airmassDuring(
  position: SkyPosition,
  site: Site,
  midMs: number,
  exposureS: number,
): { readonly airmass: number; readonly ratePerHour: number } | undefined {
  const spanS = Math.max(exposureS, 60);
  const at = (offsetS: number) => airmassAt(horizontalOf(position, site, midMs + offsetS * 1000).altitudeDeg);
  const [start, airmass, end] = [at(-spanS / 2), at(0), at(spanS / 2)];
  const ratePerHour = ((end - start) * 3600) / spanS;
  return Number.isFinite(airmass) && Number.isFinite(ratePerHour) ? { airmass, ratePerHour } : undefined;
}
