import type { PhotometryParcel } from '../../../protocol/photometry.ts';
import type { Verdict } from '../contract.ts';
import type { CalibrationResult } from './calibration-result.ts';
import { instrumentalConstantMag } from './instrumental-catalogue.ts';

/** Differences below this are those between two good sets of reference stars. */
const smallestDifferenceMag = 0.1;
const sigmas = 3;

/**
 * BHTOM's result beside ours. Not good: what it could not calibrate, a magnitude that differs by more than three sigma
 * and a tenth, and another band than ours.
 */
export function compareResult(result: CalibrationResult, product: PhotometryParcel, targetName: string): Verdict {
  if (!result.isCalibrated) {
    return { isGood: false, words: `BHTOM could not calibrate it: ${result.message || 'it does not say why'}` };
  }
  const { frame, targets } = product;
  const ours = targets.find(({ name }) => name === targetName);
  const theirBand = result.band?.split('/').at(-1) ?? null;
  const theirs = [
    `BHTOM: ${[result.survey, theirBand].filter((word) => word).join('/') || 'band not told'}`,
    result.isLimit ? `fainter than ${inMag(result.mag)}` : `${inMag(result.mag)} +- ${inMag(result.magErr)}`,
    `zero point ${inMag(result.zeroPoint)} +- ${inMag(result.scatter)} of ${result.nStars ?? '?'} stars`,
  ].join(', ');
  const zeroPoint = frame.zeroPoint == null ? null : frame.zeroPoint - instrumentalConstantMag;
  const own = [
    `here: ${frame.band ?? 'no band'}`,
    ours?.mag == null ? `fainter than ${inMag(ours?.limit ?? null)}` : `${inMag(ours.mag)} +- ${inMag(ours.magErr)}`,
    `zero point ${inMag(zeroPoint)} +- ${inMag(frame.zeroPointErr)}`,
  ].join(', ');
  const words = `${theirs}; ${own}`;
  if (frame.band != null && theirBand !== null && theirBand !== bhtomName(frame.band)) {
    return { isGood: false, words: `${words}; the bands differ` };
  }
  const difference = result.isLimit || result.mag === null || ours?.mag == null ? 0 : result.mag - ours.mag;
  const sigma = Math.hypot(result.magErr ?? 0, result.scatter ?? 0, ours?.magErr ?? 0);
  if (Math.abs(difference) > smallestDifferenceMag && Math.abs(difference) > sigmas * sigma) {
    return { isGood: false, words: `${words}; the magnitudes differ by ${difference.toFixed(3)}` };
  }
  return { isGood: true, words };
}

const inMag = (value: number | null | undefined): string => (value == null ? '?' : value.toFixed(3));

const bhtomName = (band: string): string => ({ BP: 'GBP', RP: 'GRP' })[band] ?? band;
