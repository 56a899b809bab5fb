import { starParts } from '../model/normal.ts';
import type { Stars } from '../model/stars.ts';
import { StarKind, takeStars } from '../model/stars.ts';
import type { Workspace } from '../model/workspace.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fieldTerms, termsOfDegree } from '../numeric/polynomial.ts';
import { APERTURE_STRIDE } from './aperture.ts';
import type { JointVariances } from './covariance.ts';

/** Radius at which the growth curve is taken as complete, and the smaller one at which its map is made, in FWHM. */
const TOTAL_FWHM = 4;
const MAP_FWHM = 1.8;
const MAP_DEGREE = 2;
const MOST = 150;
const LEAST = 8;
/** A correction must be this many of its own sigmas to be made. */
const SURE = 4;
/** More than this is no growth curve but a fault of the PSF. */
const LARGEST = 0.2;

/** The factor from PSF fluxes to totals. */
export interface Growth {
  /** Its mean over the plane. */
  readonly mean: number;
  readonly at: (x: number, y: number) => number;
}

export const noGrowth: Growth = { mean: 1, at: () => 1 };

interface Ratio {
  readonly x: number;
  readonly y: number;
  readonly value: number;
  readonly variance: number;
}

/**
 * The factor from PSF fluxes to the light within four FWHM, from what bright, lonely stars hold in circles beyond their
 * models (the growth curve of Stetson 1990, PASP 102, 932, relative to the model): a mean, and, where the stars show
 * that the PSF's normalisation drifts over the plane, a polynomial map. 1 where nothing is significant.
 */
export async function growthCorrection(work: Workspace, variances: JointVariances): Promise<Growth> {
  const { stars, plane, psf } = work;
  if (psf === undefined) return noGrowth;
  const margin = TOTAL_FWHM * psf.fwhmPx;
  const lonely = [];
  for (let s = 0; s < stars.count; s++) {
    if (stars.kind[s] !== StarKind.star || variances.fracFlux[s]! < 0.97) continue;
    if (stars.flux[s]! < 100 * Math.sqrt(variances.flux[s]!)) continue;
    const x = stars.x[s]!;
    const y = stars.y[s]!;
    if (x < margin || y < margin || x > plane.width - margin || y > plane.height - margin) continue;
    lonely.push(s);
  }
  lonely.sort((a, b) => stars.flux[b]! - stars.flux[a]! || a - b);
  const chosen = takeStars(stars, lonely.slice(0, MOST), 0);
  const total = clip(await ratiosAt(work, chosen, TOTAL_FWHM * psf.fwhmPx));
  if (total.length < LEAST) return noGrowth;
  let sum = 0;
  let weight = 0;
  for (const { value, variance } of total) {
    sum += value / variance;
    weight += 1 / variance;
  }
  const offset = sum / weight;
  const sure = Math.abs(offset) > (SURE * 1.2) / Math.sqrt(weight) && Math.abs(offset) < LARGEST;
  const mean = sure ? 1 + offset : 1;
  const map = fitMap(clip(await ratiosAt(work, chosen, MAP_FWHM * psf.fwhmPx)), plane.width, plane.height);
  return { mean, at: (x, y) => mean * map(x, y) };
}

async function ratiosAt(work: Workspace, chosen: Stars, radiusPx: number): Promise<Ratio[]> {
  const { plane, residual, sky, noise } = work;
  const { width, height, electrons } = plane;
  const sums = new Float64Array(new SharedArrayBuffer(8 * APERTURE_STRIDE * Math.max(1, chosen.count)));
  await work.crew.run(
    'apertureSums',
    { width, height, electrons, residual, sky, psf: work.psf!, noise, stars: chosen, radiusPx, sums },
    starParts(chosen.count),
  );
  const ratios = [];
  for (let s = 0; s < chosen.count; s++) {
    const at = APERTURE_STRIDE * s;
    if (sums[at + 3]! > 0) continue;
    const flux = chosen.flux[s]!;
    ratios.push({ x: chosen.x[s]!, y: chosen.y[s]!, value: sums[at]! / flux, variance: sums[at + 2]! / flux ** 2 });
  }
  return ratios;
}

/** Without outliers, and with the scatter that is there in the variances. */
function clip(ratios: Ratio[]): Ratio[] {
  const sorted = ratios.map((r) => r.value).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const spread = 1.4826 * sorted.map((v) => Math.abs(v - median)).sort((a, b) => a - b)[sorted.length >> 1]!;
  return ratios
    .filter(({ value }) => Math.abs(value - median) <= 4 * spread)
    .map((r) => ({ ...r, variance: r.variance + spread ** 2 }));
}

/** A polynomial through the ratios relative to their mean, of the highest degree that they clearly ask for. */
function fitMap(ratios: readonly Ratio[], width: number, height: number): (x: number, y: number) => number {
  let best = { degree: 0, chi2: Number.POSITIVE_INFINITY, coefficients: new Float64Array(1) };
  for (let degree = 0; degree <= MAP_DEGREE; degree++) {
    const n = termsOfDegree(degree);
    if (ratios.length < 8 * n) break;
    const terms = new Float64Array(n);
    const a = new Float64Array(n * n);
    const b = new Float64Array(n);
    for (const { x, y, value, variance } of ratios) {
      fieldTerms(degree, x, y, width, height, terms);
      for (let i = 0; i < n; i++) {
        b[i]! += (terms[i]! * value) / variance;
        for (let j = 0; j <= i; j++) a[i * n + j]! += (terms[i]! * terms[j]!) / variance;
      }
    }
    if (!choleskyFactor(a, n)) break;
    choleskySolve(a, n, b);
    let chi2 = 0;
    for (const { x, y, value, variance } of ratios) {
      fieldTerms(degree, x, y, width, height, terms);
      chi2 += (value - terms.reduce((sum, t, i) => sum + t * b[i]!, 0)) ** 2 / variance;
    }
    if (chi2 < best.chi2 - CLEAR * n) best = { degree, chi2, coefficients: b };
  }
  const { degree, coefficients } = best;
  const terms = new Float64Array(termsOfDegree(degree));
  const limit = LARGEST / 2;
  return (x, y) => {
    fieldTerms(degree, x, y, width, height, terms);
    let sum = 0;
    for (let i = 1; i < coefficients.length; i++) sum += terms[i]! * coefficients[i]!;
    return 1 + Math.min(limit, Math.max(-limit, sum));
  };
}

/** Chi square that each term of the map must be worth. */
const CLEAR = 4;
