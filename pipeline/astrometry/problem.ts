import type { SkyPosition } from '../../sky/sphere.ts';
import type { StarCatalogue } from './catalogue.ts';

/** What is known before solving. */
export interface SolveInput {
  /** Detections, one array a column: 0-based pixels, and any linear measure of brightness (NaN: saturated). */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly flux: Float64Array;
  readonly width: number;
  readonly height: number;
  readonly hint: FieldHint;
  /** The scale lies in [arcsecPerPx (1 - toleranceFraction), arcsecPerPx (1 + toleranceFraction)]. */
  readonly scale: { readonly arcsecPerPx: number; readonly toleranceFraction: number };
  readonly catalogue: StarCatalogue;
  /** Julian year of the exposure. */
  readonly epochYear: number;
  /** How many of the ways to search are tried, the likeliest first; all when absent. */
  readonly attempts?: number;
}

/** Where the image's centre is thought to look, and how wrong that may be. */
export interface FieldHint extends SkyPosition {
  readonly radiusDeg: number;
}

/** Why this cannot be worked on, in plain words; undefined when it can. */
export function refusal({
  x,
  y,
  flux,
  width,
  height,
  hint,
  scale,
  catalogue,
  epochYear,
}: SolveInput): string | undefined {
  if (x.length !== y.length || x.length !== flux.length) return 'the columns of the list differ in length';
  const columns = [catalogue.decDeg, catalogue.mag, catalogue.pmRaMasYr, catalogue.pmDecMasYr];
  if (columns.some((column) => column && column.length !== catalogue.raDeg.length)) {
    return 'the columns of the catalogue differ in length';
  }
  if (!(width >= 16 && height >= 16 && width <= 1e6 && height <= 1e6)) return `an image of ${width} x ${height} pixels`;
  const { raDeg, decDeg, radiusDeg } = hint;
  if (!Number.isFinite(raDeg) || !(Math.abs(decDeg) <= 90) || !(radiusDeg >= 0 && radiusDeg <= 30)) {
    return `the hint (${raDeg}, ${decDeg}, radius ${radiusDeg} deg) is not a position with a radius up to 30 deg`;
  }
  const { arcsecPerPx, toleranceFraction } = scale;
  if (!(arcsecPerPx > 0.001 && arcsecPerPx < 3600) || !(toleranceFraction >= 0 && toleranceFraction < 0.95)) {
    return `the scale ${arcsecPerPx} arcsec/px within ${toleranceFraction} is not usable`;
  }
  const diagonalDeg = (Math.hypot(width, height) * arcsecPerPx) / 3600;
  if (diagonalDeg > 60)
    return `a field of ${diagonalDeg.toFixed(0)} deg is wider than this solver is made for (60 deg)`;
  return Number.isFinite(epochYear) ? undefined : 'the epoch of the exposure is not a number';
}
