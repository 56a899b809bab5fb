import { skyAt, varianceAt } from '../background/map.ts';
import type { Kernel } from '../crew.ts';
import { UNCLEAN } from '../flags.ts';
import { starParts, starsOfPart } from '../model/normal.ts';
import { evaluatePsf } from '../model/psf-field.ts';
import { newStars } from '../model/stars.ts';
import type { Workspace } from '../model/workspace.ts';
import { pixelOf } from '../plane.ts';
import type { SourceTable } from '../sources.ts';
import { type ApertureTask, coverage, HALF_DIAGONAL_PX } from './aperture.ts';
import type { Growth } from './growth.ts';

/**
 * Sums in a circle of one radius about each star, sky subtracted, with no correction for the light outside: what
 * differential photometry compares from frame to frame, since a correction would bring its own error into each frame.
 * Faint neighbours stay in, because they are seen in some frames and not in others: subtracted here and there they make
 * scatter, left in they are nearly constant. A star with more of their light has no sum: it needs its profile.
 */
export interface PlainAperture {
  readonly radiusPx: number;
  /** Electrons, one a row of the source table; NaN for faint or blended stars, or where a pixel near the star is missing. */
  readonly fluxE: Float64Array;
  readonly fluxErrE: Float64Array;
}

/** Radii that frames have in common, pixels, each some quarter larger than the last. */
const LADDER_PX = [2, 2.5, 3, 4, 5, 6.5, 8, 10, 13, 16, 20, 26, 32];
/** Those between so many FWHM are measured: frames of twice the seeing have one in common. */
const LEAST_FWHM = 1;
const MOST_FWHM = 3;
/** A fainter star, flux over its error, is measured better by its profile. */
const LEAST_SNR = 30;
/** Light of the star in a missing pixel that the model may stand in for, as a share of all. */
const MOST_FILLED = 0.002;
/** Light of modelled neighbours in the circle that may stay there, as a share of the sum. */
const MOST_FOREIGN = 0.1;
/** Many more than a light curve compares with. */
const MOST_STARS = 2000;

/** Plain apertures of the clean bright stars of a table, of a series of radii. */
export async function plainApertures(work: Workspace, sources: SourceTable, growth: Growth): Promise<PlainAperture[]> {
  const { plane, residual, sky, noise } = work;
  const psf = work.psf!;
  const radiiPx = LADDER_PX.filter((r) => r >= LEAST_FWHM * psf.fwhmPx && r <= MOST_FWHM * psf.fwhmPx);
  const rows: number[] = [];
  for (let row = 0; row < sources.count && rows.length < MOST_STARS; row++) {
    const isBright = sources.flux[row]! > LEAST_SNR * sources.fluxErr[row]!;
    if (isBright && (sources.flags[row]! & UNCLEAN) === 0) rows.push(row);
  }
  const stars = newStars(rows.length);
  stars.count = rows.length;
  rows.forEach((row, s) => {
    stars.x[s] = sources.x[row]!;
    stars.y[s] = sources.y[row]!;
    stars.flux[s] = sources.flux[row]! / growth.at(sources.x[row]!, sources.y[row]!);
  });
  const sums = new Float64Array(new SharedArrayBuffer(8 * PLAIN_STRIDE * radiiPx.length * Math.max(1, rows.length)));
  const { width, height, electrons } = plane;
  const task = { width, height, electrons, residual, sky, psf, noise, stars, radiiPx, sums };
  await work.crew.run('plainSums', task, starParts(stars.count));
  return radiiPx.map((radiusPx, k) => {
    const fluxE = new Float64Array(sources.count).fill(Number.NaN);
    const fluxErrE = fluxE.slice();
    rows.forEach((row, s) => {
      const at = PLAIN_STRIDE * (radiiPx.length * s + k);
      if (!(sums[at + 2]! < MOST_FOREIGN * sums[at]!)) return;
      fluxE[row] = sums[at]!;
      fluxErrE[row] = Math.sqrt(sums[at + 1]!);
    });
    return { radiusPx, fluxE, fluxErrE };
  });
}

export interface PlainSumsTask extends Omit<ApertureTask, 'radiusPx' | 'sums'> {
  /** Ascending. */
  readonly radiiPx: readonly number[];
  /** Output, `PLAIN_STRIDE` numbers for each star and radius. */
  readonly sums: Float64Array;
}

/** The sum (NaN where a pixel near the star is missing), its variance, and the neighbours' part of it. */
const PLAIN_STRIDE = 3;

let profile = new Float64Array(1024);
/** The same three of the pixels that lie within a circle as a whole, and within no smaller one. */
const rings = new Float64Array(PLAIN_STRIDE * LADDER_PX.length);

/** The sums of the stars of one part. */
export const plainSums: Kernel<PlainSumsTask, void> = (task, part, parts) => {
  const range = starsOfPart(task.stars.count, part, parts);
  for (let s = range.from; s < range.to; s++) sumStar(task, s);
};

function sumStar(task: PlainSumsTask, s: number): void {
  const { width, height, residual, electrons, sky, psf, noise, stars, radiiPx, sums } = task;
  const n = radiiPx.length;
  const largest = radiiPx[n - 1] ?? 0;
  const half = Math.ceil(largest);
  const side = 2 * half + 1;
  if (profile.length < side * side) profile = new Float64Array(side * side);
  const x = stars.x[s]!;
  const y = stars.y[s]!;
  const x0 = pixelOf(x) - half;
  const y0 = pixelOf(y) - half;
  evaluatePsf(psf, x, y, x0, y0, side, side, profile);
  const level = skyAt(sky, sky.level, x, y);
  const v0 = varianceAt(sky, x, y);
  const first = PLAIN_STRIDE * n * s;
  rings.fill(0);
  for (let j = 0, p = 0; j < side; j++) {
    for (let i = 0; i < side; i++, p++) {
      const u = x0 + i - x;
      const v = y0 + j - y;
      const near = Math.sqrt(u * u + v * v) - HALF_DIAGONAL_PX;
      if (near >= largest) continue;
      const inside = x0 + i >= 0 && y0 + j >= 0 && x0 + i < width && y0 + j < height;
      const at = (y0 + j) * width + x0 + i;
      const r = inside ? residual[at]! : Number.NaN;
      const isKnown = !Number.isNaN(r);
      const model = stars.flux[s]! * profile[p]!;
      const light = isKnown ? electrons[at]! - level : model;
      const foreign = isKnown ? Math.max(0, light - r - model) : 0;
      // A pixel that is missing near the star makes every sum that it belongs to unknown.
      const value = isKnown || profile[p]! < MOST_FILLED ? light : Number.NaN;
      const variance = v0 + noise.photonSlope * (model + foreign);
      // Of the circles that hold all of it only the smallest gets it now.
      let k = n - 1;
      while (k >= 0 && near + 2 * HALF_DIAGONAL_PX <= radiiPx[k]!) k--;
      if (k + 1 < n) add(rings, PLAIN_STRIDE * (k + 1), 1, value, variance, foreign);
      for (; k >= 0 && near < radiiPx[k]!; k--) {
        add(sums, first + PLAIN_STRIDE * k, coverage(u, v, radiiPx[k]!), value, variance, foreign);
      }
    }
  }
  // What lies within a circle lies within all larger ones.
  for (let m = 0; m < PLAIN_STRIDE * n; m++) {
    if (m >= PLAIN_STRIDE) rings[m]! += rings[m - PLAIN_STRIDE]!;
    sums[first + m]! += rings[m]!;
  }
}

/** Adds a pixel that is covered so far to the three sums of a circle. */
function add(to: Float64Array, at: number, cover: number, value: number, variance: number, foreign: number): void {
  to[at]! += cover * value;
  to[at + 1]! += cover * cover * variance;
  to[at + 2]! += cover * foreign;
}
