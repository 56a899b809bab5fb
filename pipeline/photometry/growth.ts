import { APERTURE_STRIDE } from './aperture.ts';
import type { JointVariances } from './covariance.ts';
import { starParts } from './normal.ts';
import { StarKind, takeStars } from './stars.ts';
import type { Workspace } from './workspace.ts';

/** Radius at which the growth curve is taken as complete, in FWHM. */
const TOTAL_FWHM = 4;
const MOST = 150;
const LEAST = 8;
/** A correction must be this many of its own sigmas to be made. */
const SURE = 4;
/** More than this is no growth curve but a fault of the PSF. */
const LARGEST = 0.2;

/**
 * The factor from PSF fluxes to the light within four FWHM: one number for the plane, from what bright, lonely stars
 * hold in that circle beyond their models (the growth curve of Stetson 1990, PASP 102, 932, relative to the model).
 * 1 where the stars show no significant difference or are too few.
 */
export async function growthCorrection(work: Workspace, variances: JointVariances): Promise<number> {
  const { stars, plane, psf } = work;
  if (psf === undefined) return 1;
  const radiusPx = TOTAL_FWHM * psf.fwhmPx;
  const lonely = [];
  for (let s = 0; s < stars.count; s++) {
    if (stars.kind[s] !== StarKind.star || variances.fracFlux[s]! < 0.97) continue;
    if (stars.flux[s]! < 100 * Math.sqrt(variances.flux[s]!)) continue;
    const x = stars.x[s]!;
    const y = stars.y[s]!;
    if (x < radiusPx || y < radiusPx || x > plane.width - radiusPx || y > plane.height - radiusPx) continue;
    lonely.push(s);
  }
  lonely.sort((a, b) => stars.flux[b]! - stars.flux[a]! || a - b);
  const chosen = takeStars(stars, lonely.slice(0, MOST), 0);
  if (chosen.count < LEAST) return 1;
  const sums = new Float64Array(new SharedArrayBuffer(8 * APERTURE_STRIDE * chosen.count));
  const { width, height, electrons } = plane;
  const { residual, sky, noise } = work;
  await work.crew.run(
    'apertureSums',
    { width, height, electrons, residual, sky, psf, noise, stars: chosen, radiusPx, sums },
    starParts(chosen.count),
  );
  const ratios = [];
  for (let s = 0; s < chosen.count; s++) {
    const at = APERTURE_STRIDE * s;
    if (sums[at + 3]! > 0) continue;
    ratios.push({ value: sums[at]! / chosen.flux[s]!, variance: sums[at + 2]! / chosen.flux[s]! ** 2 });
  }
  if (ratios.length < LEAST) return 1;
  const sorted = ratios.map((r) => r.value).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const spread = 1.4826 * sorted.map((v) => Math.abs(v - median)).sort((a, b) => a - b)[sorted.length >> 1]!;
  let sum = 0;
  let weight = 0;
  for (const { value, variance } of ratios) {
    if (Math.abs(value - median) > 3 * spread) continue;
    const w = 1 / (variance + spread * spread);
    sum += w * value;
    weight += w;
  }
  const mean = sum / weight;
  const sigma = 1.2 / Math.sqrt(weight);
  return Math.abs(mean) > SURE * sigma && Math.abs(mean) < LARGEST ? 1 + mean : 1;
}
