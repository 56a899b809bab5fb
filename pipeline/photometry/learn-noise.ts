import { skyAt, varianceAt } from '../background/map.ts';
import type { NoiseModel } from '../model/noise.ts';
import { evaluatePsfSlopes } from '../model/psf-field.ts';
import { StarKind } from '../model/stars.ts';
import { fitHalf, type Workspace } from '../model/workspace.ts';
import { pixelOf } from '../plane.ts';

/** Stars looked at, pixels a bin needs, and bins for each factor of ten in light. */
const MOST_STARS = 600;
const LEAST_PIXELS = 60;
const BINS_PER_DECADE = 5;
const DECADES = 7;
/** A PSF that is wrong by more would not have been taken; more than that is stars which nobody has parted yet. */
const LARGEST_ERROR = 0.15;
/** No detector counts more electrons, or fewer, for one unit. */
const slopeRange = { least: 1e-3, most: 100 };

export interface LearnedNoise extends NoiseModel {
  /** False where what the fits leave over is more than any detector and any PSF: what was fitted were no stars. */
  readonly isCredible: boolean;
}

/**
 * The noise of star light where nobody told the gain: from what the fitted stars leave over. In bins of
 * modelled light m the robust variance of the residuals, each divided by what the fit of its star has left of its
 * noise (1 - leverage), is V0 + s m + (e m)^2; s and e^2 follow by weighted least squares. The photon transfer method
 * (Janesick 2007, "Photon Transfer", chapter 5) with stars for lamps. Undefined with too little light to tell.
 */
export function learnNoise(work: Workspace): LearnedNoise | undefined {
  const { stars, plane, residual, sky, noise } = work;
  const psf = work.psf!;
  const { width, height, electrons } = plane;
  const half = fitHalf(psf.fwhmPx);
  const side = 2 * half + 1;
  const area = side * side;
  const value = new Float64Array(area);
  const gradX = new Float64Array(area);
  const gradY = new Float64Array(area);
  const bins: number[][] = Array.from({ length: BINS_PER_DECADE * DECADES }, () => []);
  const rows = [...stars.flux.subarray(0, stars.count).keys()]
    .filter((i) => stars.kind[i] === StarKind.star)
    .sort((a, b) => stars.flux[b]! - stars.flux[a]! || a - b)
    .slice(0, MOST_STARS);
  for (const i of rows) {
    const x = stars.x[i]!;
    const y = stars.y[i]!;
    const x0 = pixelOf(x) - half;
    const y0 = pixelOf(y) - half;
    if (x0 < 0 || y0 < 0 || x0 + side > width || y0 + side > height) continue;
    evaluatePsfSlopes(psf, x, y, x0, y0, side, side, value, gradX, gradY);
    const level = skyAt(sky, sky.level, x, y);
    const v0 = Math.max(varianceAt(sky, x, y), 1e-12);
    const flux = stars.flux[i]!;
    const weightOf = (light: number) => 1 / (v0 + noise.photonSlope * light + noise.relativeVariance * light * light);
    let pp = 0;
    let xx = 0;
    let yy = 0;
    for (let p = 0; p < area; p++) {
      const w = weightOf(Math.max(0, flux * value[p]!));
      pp += w * value[p]! ** 2;
      xx += w * gradX[p]! ** 2;
      yy += w * gradY[p]! ** 2;
    }
    for (let p = 0; p < area; p++) {
      const own = flux * value[p]!;
      if (own < v0 ** 0.5) continue;
      const at = (y0 + Math.floor(p / side)) * width + x0 + (p % side);
      const r = residual[at]!;
      if (Number.isNaN(r)) continue;
      const light = electrons[at]! - level - r;
      if (light > 1.1 * own) continue; // a neighbour's fit has its say here too
      const w = weightOf(Math.max(0, light));
      const left = 1 - w * (value[p]! ** 2 / pp + gradX[p]! ** 2 / xx + gradY[p]! ** 2 / yy);
      if (left < 0.2) continue;
      const bin = Math.floor(BINS_PER_DECADE * Math.log10(own / v0 ** 0.5));
      // Scaled so that the bin's spread is that of V - V0 over its light, whatever V0 is where the star stands.
      bins[bin]?.push(own, (r * r) / left - v0 * robustShare);
    }
  }
  return fitBins(bins, medianVariance(work));
}

/** The median of the square of a normal deviate of variance 1. */
const robustShare = 0.454936;

function medianVariance({ sky }: Workspace): number {
  const sorted = Float32Array.from(sky.variance).sort();
  return sorted[sorted.length >> 1]!;
}

/** Weighted least squares of (V - V0) on m and m^2 over the bins, both coefficients held at zero or above. */
function fitBins(bins: readonly number[][], v0: number): ReturnType<typeof learnNoise> {
  let [mm, mq, qq, mv, qv] = [0, 0, 0, 0, 0];
  let used = 0;
  for (const bin of bins) {
    const n = bin.length / 2;
    if (n < LEAST_PIXELS) continue;
    const light: number[] = [];
    const excess: number[] = [];
    for (let k = 0; k < bin.length; k += 2) {
      light.push(bin[k]!);
      excess.push(bin[k + 1]!);
    }
    const m = median(light);
    const variance = median(excess) / robustShare;
    // Relative error of a variance from a median of n squares: about sqrt(2.7 * 2 / n).
    const sigma = (Math.abs(variance) + v0) * Math.sqrt(5.4 / n);
    const w = 1 / (sigma * sigma);
    mm += w * m * m;
    mq += w * m ** 3;
    qq += w * m ** 4;
    mv += w * m * variance;
    qv += w * m * m * variance;
    used++;
  }
  if (used < 3) return undefined;
  const determinant = mm * qq - mq * mq;
  const square = Math.min(LARGEST_ERROR ** 2, Math.max(0, (mm * qv - mq * mv) / determinant));
  // The best slope beside that square, which is the joint solution where the square was free.
  const slope = (mv - square * mq) / mm;
  if (!Number.isFinite(slope)) return undefined;
  return {
    photonSlope: Math.min(slopeRange.most, Math.max(slopeRange.least, slope)),
    relativeVariance: square,
    isCredible: slope < slopeRange.most || square < LARGEST_ERROR ** 2,
  };
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}
