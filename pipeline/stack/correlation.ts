import type { PlaneMap } from '../astrometry/plane-map.ts';
import { applyMap } from '../astrometry/plane-map.ts';
import { lanczosAt, lanczosTable, TAPS } from './lanczos.ts';

/** What resampling does to white noise of unit variance, on average over the target. */
export interface ResampledNoise {
  /** Variance of a pixel of the target. */
  readonly pixel: number;
  /** The variance that independent pixels would need to scatter a fitted flux as the target's do. */
  readonly effective: number;
}

const SAMPLES = 12;
const SIGMA_PER_FWHM = 1 / 2.3548;

/**
 * The noise of pixels that Lanczos-3 made of independent ones: from the autocorrelation R of the kernel's weights at the
 * phases that occur, pixel = R(0), effective = sum of R(d) A(d) / A(0), A the autocorrelation of a Gaussian star of
 * `fwhmPx` pixels. (The variance of an unweighted fit of a profile P to noise of covariance C is P'CP / (P'P)^2.)
 */
export function resampledNoise(map: PlaneMap, width: number, height: number, fwhmPx: number): ResampledNoise {
  const star = Float64Array.from({ length: TAPS }, (_, d) => Math.exp(-((d / (2 * SIGMA_PER_FWHM * fwhmPx)) ** 2)));
  const place = new Float64Array(2);
  let pixel = 0;
  let effective = 0;
  for (let j = 0; j < SAMPLES; j++) {
    for (let i = 0; i < SAMPLES; i++) {
      const x = Math.round(((i + 0.5) * width) / SAMPLES) - (width - 1) / 2;
      const y = Math.round(((j + 0.5) * height) / SAMPLES) - (height - 1) / 2;
      applyMap(map, x, y, place);
      const alongX = axis(place[0]! - Math.floor(place[0]!), star);
      const alongY = axis(place[1]! - Math.floor(place[1]!), star);
      pixel += alongX.pixel * alongY.pixel;
      effective += alongX.effective * alongY.effective;
    }
  }
  return { pixel: pixel / SAMPLES ** 2, effective: effective / SAMPLES ** 2 };
}

function axis(phase: number, star: Float64Array): ResampledNoise {
  const at = lanczosAt(phase);
  let pixel = 0;
  let effective = 0;
  for (let d = 0; d < TAPS; d++) {
    let overlap = 0;
    for (let a = 0; a + d < TAPS; a++) overlap += lanczosTable[at + a]! * lanczosTable[at + a + d]!;
    if (d === 0) pixel = overlap;
    effective += (d === 0 ? 1 : 2) * overlap * star[d]!;
  }
  return { pixel, effective };
}
