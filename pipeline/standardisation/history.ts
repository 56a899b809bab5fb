import { madSigma, medianOf } from './statistics.ts';

/** What the zero point of a frame says beside those of earlier nights with the same setup and band. */
export interface Transparency {
  /** Light that arrives, as a share of what usually does. */
  readonly share: number;
  /** Usual scatter of the zero point, magnitudes. */
  readonly scatterMag: number;
  readonly warning: string | undefined;
}

/** Fewer earlier zero points make no habit. */
const MIN_HISTORY = 5;
const MIN_LOSS_MAG = 0.25;
const LOSS_SIGMA = 4;

/**
 * Compares a zero point with earlier ones of the same setup and band (at the same airmass within reason). A loss beyond
 * four times the usual scatter, and a quarter of a magnitude, is a warning: clouds, dew, a dirty mirror or a dying
 * filter. Undefined with fewer than five earlier ones.
 */
export function transparency(zeroPoint: number, earlier: readonly number[]): Transparency | undefined {
  const known = Float64Array.from(earlier).filter(Number.isFinite);
  if (known.length < MIN_HISTORY || !Number.isFinite(zeroPoint)) return undefined;
  const usual = medianOf(known.slice());
  const scatterMag = madSigma(known, usual);
  const loss = usual - zeroPoint;
  const share = 10 ** (-0.4 * loss);
  const isLost = loss > Math.max(MIN_LOSS_MAG, LOSS_SIGMA * scatterMag);
  const warning = isLost
    ? `Only ${Math.round(100 * share)} % of the usual starlight arrives (zero point ${zeroPoint.toFixed(2)} instead of ` +
      `${usual.toFixed(2)}): clouds, dew, something in the way or a failing filter.`
    : undefined;
  return { share, scatterMag, warning };
}
