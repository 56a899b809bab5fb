import type { ResampledNoise } from '../stack/correlation.ts';
import { kernelAt, type MatchingKernel } from './matching-kernel.ts';

const SIGMA_PER_FWHM = 1 / 2.3548;

/**
 * What the kernel at the middle of the plane does to white noise of unit variance: with its autocorrelation R and A that of a
 * Gaussian star of `fwhmPx` pixels, pixel = R(0) and effective = sum of R(d) A(d) / A(0), as for resampling.
 */
export function kernelNoise(kernel: MatchingKernel, fwhmPx: number): ResampledNoise {
  const side = 2 * kernel.basis.half + 1;
  const values = new Float64Array(side * side);
  kernelAt(kernel, kernel.width / 2, kernel.height / 2, values);
  const sigma = SIGMA_PER_FWHM * fwhmPx;
  const reach = Math.min(side - 1, Math.ceil(5 * sigma));
  let pixel = 0;
  let effective = 0;
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      let overlap = 0;
      for (let j = Math.max(0, -dy); j < Math.min(side, side - dy); j++) {
        for (let i = Math.max(0, -dx); i < Math.min(side, side - dx); i++) {
          overlap += values[j * side + i]! * values[(j + dy) * side + i + dx]!;
        }
      }
      if (dx === 0 && dy === 0) pixel = overlap;
      effective += overlap * Math.exp(-(dx * dx + dy * dy) / (4 * sigma * sigma));
    }
  }
  return { pixel, effective };
}
