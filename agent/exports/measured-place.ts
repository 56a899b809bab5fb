import { SourceFlag } from '../../pipeline/flags.ts';

/** What moves the middle of a light; comets may be broad. */
const MISPLACED =
  SourceFlag.saturated |
  SourceFlag.truncated |
  SourceFlag.badPixel |
  SourceFlag.cosmicRay |
  SourceFlag.notConverged |
  SourceFlag.tooSharp;

/** Where a source was found in a frame, ICRS, degrees, and how well it stands out. */
export interface MeasuredPlace {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly snr: number;
}

/** The columns of a catalogue that tell where sources stand; pixels are FITS's. */
export interface SourceColumns {
  readonly [name: string]: ArrayLike<number | null> | undefined;
}

/**
 * The place of the source that a target is: the nearest one within a FWHM of where the target was predicted to be, where
 * nothing spoils it. What was measured there by force has no place of its own. Undefined where there is no such source.
 */
export function measuredPlace(
  { x, y }: { readonly x: number; readonly y: number },
  fwhmPx: number,
  { x: xs, y: ys, ra, dec, flux, flux_err: fluxErr, flags }: SourceColumns,
): MeasuredPlace | undefined {
  if (!xs || !ys || !ra || !dec || !flux || !fluxErr || !flags) return undefined;
  let nearest: number | undefined;
  let nearestPx = fwhmPx;
  for (let i = 0; i < xs.length; i++) {
    const offPx = Math.hypot((xs[i] ?? Number.NaN) - x, (ys[i] ?? Number.NaN) - y);
    if (offPx <= nearestPx) [nearest, nearestPx] = [i, offPx];
  }
  if (nearest === undefined || ((flags[nearest] ?? 0) & MISPLACED) !== 0) return undefined;
  const place = { raDeg: ra[nearest]!, decDeg: dec[nearest]!, snr: flux[nearest]! / fluxErr[nearest]! };
  return Number.isFinite(place.raDeg) && Number.isFinite(place.decDeg) && place.snr > 0 ? place : undefined;
}
