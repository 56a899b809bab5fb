import type { SkyMap } from '../background/map.ts';
import { skyAt, varianceAt } from '../background/map.ts';
import type { Kernel } from '../crew.ts';
import { fetchRows, pixelOf } from '../plane.ts';
import type { NoiseModel } from './noise.ts';
import type { PsfField } from './psf-field.ts';
import { evaluatePsfSlopes } from './psf-field.ts';
import type { Stars } from './stars.ts';

/**
 * The normal equations of all stars of a plane, for the unknowns (flux, x, y) of each: 3 x 3 blocks on the diagonal,
 * 3 x 3 blocks for each pair of stars whose fitted squares overlap.
 */
export interface Equations {
  /** Where the three weighted derivative stamps of each star begin in `stamps`. */
  readonly offset: Float64Array;
  /** Derivatives times the square root of the weight: for each star value, x, y stamps of (2 half + 1)^2. */
  readonly stamps: Float32Array;
  /** Six numbers a star: ff, fx, fy, xx, xy, yy. */
  readonly diagonal: Float64Array;
  /** Three numbers a star. */
  readonly rhs: Float64Array;
  /** `STATS` numbers a star. */
  readonly stats: Float64Array;
}

/** chi square, pixels used, weighted sharpness sums (see quality.ts), pixels lost to the mask, pixels off the plane. */
export const STATS = 6;

export interface EquationTask {
  readonly width: number;
  readonly height: number;
  readonly electrons: Float32Array;
  readonly residual: Float32Array;
  readonly sky: SkyMap;
  readonly psf: PsfField;
  readonly noise: NoiseModel;
  readonly stars: Stars;
  readonly equations: Equations;
  /** Zero where a star's equations stand as they are. */
  readonly active: Uint8Array;
}

let value = new Float64Array(1024);
let gradX = new Float64Array(1024);
let gradY = new Float64Array(1024);
/** Square roots of the weights of the pixels of a stamp, zero for those without, and the residual times these. */
let roots = new Float64Array(1024);
let scaled = new Float64Array(1024);

/** Stars of a part of `parts` equal shares. */
export const starsOfPart = (count: number, part: number, parts: number) => ({
  from: Math.floor((count * part) / parts),
  to: Math.floor((count * (part + 1)) / parts),
});

export const starParts = (count: number) => Math.max(1, Math.ceil(count / 256));

/** Forms stamps, diagonal blocks and right-hand sides of the active stars of one part. */
export const formEquations: Kernel<EquationTask, void> = (task, part, parts) => {
  const range = starsOfPart(task.stars.count, part, parts);
  for (let s = range.from; s < range.to; s++) if (task.active[s] !== 0) formStar(task, s);
};

// One star is a function of its own: called often it is compiled as a whole, where a loop over all stars is compiled
// once more for every place at which slow code is left for fast. And a masked pixel takes no turn of its own: the code that
// was compiled before the first one was seen would be thrown away.

function formStar(task: EquationTask, s: number): void {
  const { width, height, electrons, residual, sky, psf, stars, equations } = task;
  const half = stars.half[s]!;
  const side = 2 * half + 1;
  const area = side * side;
  if (value.length < area) {
    value = new Float64Array(area);
    gradX = new Float64Array(area);
    gradY = new Float64Array(area);
    roots = new Float64Array(area);
    scaled = new Float64Array(area);
  }
  const x = stars.x[s]!;
  const y = stars.y[s]!;
  const flux = stars.flux[s]!;
  const x0 = pixelOf(x) - half;
  const y0 = pixelOf(y) - half;
  if (x0 >= 0 && y0 >= 0 && x0 + side <= width && y0 + side <= height) {
    fetchRows(residual, y0 * width + x0, width, side, side);
    fetchRows(electrons, y0 * width + x0, width, side, side);
  }
  evaluatePsfSlopes(psf, x, y, x0, y0, side, side, value, gradX, gradY);
  const level = skyAt(sky, sky.level, x, y);
  const variance = Math.max(varianceAt(sky, x, y), 1e-6);
  const onPlane = weigh(task, flux, level, variance, x0, y0, side);
  const used = accumulate(equations, s, flux, area);
  sharpen(equations.stats, s, x0 - x, y0 - y, side);
  equations.stats[STATS * s + 1] = used;
  equations.stats[STATS * s + 4] = onPlane - used;
  equations.stats[STATS * s + 5] = area - onPlane;
}

/** Weights of the pixels of a stamp, for a star of that flux on a sky of that level and variance; how many are on the plane. */
function weigh(
  task: EquationTask,
  flux: number,
  level: number,
  variance: number,
  x0: number,
  y0: number,
  side: number,
): number {
  const { width, height, electrons, residual, psf } = task;
  const { photonSlope, relativeVariance } = task.noise;
  // The star's own model error is spread as its light is, not as its square: the fit of a bright star is then
  // near the plain sum of its pixels, which unflattened pixels and an imperfect PSF disturb least.
  const ownVariance = relativeVariance * flux * psf.sumSquares;
  // Local names: the compiler keeps them in registers, module variables it must load again for each pixel.
  const profile = value;
  const root = roots;
  const q = scaled;
  let onPlane = 0;
  for (let j = 0, p = 0; j < side; j++) {
    const row = y0 + j;
    const inRows = row >= 0 && row < height;
    const start = row * width;
    for (let i = 0; i < side; i++, p++) {
      const column = x0 + i;
      const inside = inRows && column >= 0 && column < width;
      const pixel = inside ? start + column : 0;
      const r = residual[pixel]!;
      const light = Math.max(0, electrons[pixel]! - level - r);
      const own = Math.max(0, flux * profile[p]!);
      const foreign = Math.max(0, light - own);
      const v = variance + photonSlope * light + relativeVariance * foreign * foreign + ownVariance * own;
      const isUsed = inside && !Number.isNaN(r);
      root[p] = isUsed ? 1 / Math.sqrt(v) : 0;
      q[p] = isUsed ? r * root[p]! : 0;
      onPlane += inside ? 1 : 0;
    }
  }
  return onPlane;
}

/** Writes stamps, block and right-hand side of a star, and its chi square; how many pixels have weight. */
function accumulate(
  { stamps, offset, diagonal, rhs, stats }: Equations,
  s: number,
  flux: number,
  area: number,
): number {
  const at = offset[s]!;
  const profile = value;
  const slopeX = gradX;
  const slopeY = gradY;
  const root = roots;
  const weighted = scaled;
  let ff = 0;
  let fx = 0;
  let fy = 0;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let bf = 0;
  let bx = 0;
  let by = 0;
  let chi2 = 0;
  let used = 0;
  for (let p = 0; p < area; p++) {
    const q = weighted[p]!;
    const qf = profile[p]! * root[p]!;
    const qx = flux * slopeX[p]! * root[p]!;
    const qy = flux * slopeY[p]! * root[p]!;
    stamps[at + p] = qf;
    stamps[at + area + p] = qx;
    stamps[at + 2 * area + p] = qy;
    ff += qf * qf;
    fx += qf * qx;
    fy += qf * qy;
    xx += qx * qx;
    xy += qx * qy;
    yy += qy * qy;
    bf += qf * q;
    bx += qx * q;
    by += qy * q;
    chi2 += q * q;
    used += root[p]! > 0 ? 1 : 0;
  }
  diagonal[6 * s] = ff;
  diagonal[6 * s + 1] = fx;
  diagonal[6 * s + 2] = fy;
  diagonal[6 * s + 3] = xx;
  diagonal[6 * s + 4] = xy;
  diagonal[6 * s + 5] = yy;
  rhs[3 * s] = bf;
  rhs[3 * s + 1] = bx;
  rhs[3 * s + 2] = by;
  stats[STATS * s] = chi2;
  return used;
}

/** Writes the sums of which sharpness is made. The first pixel lies at (u0, v0) from the star. */
function sharpen(stats: Float64Array, s: number, u0: number, v0: number, side: number): void {
  const profile = value;
  const slopeX = gradX;
  const slopeY = gradY;
  const root = roots;
  const q = scaled;
  let broad = 0;
  let broadNorm = 0;
  for (let j = 0, p = 0; j < side; j++) {
    const v = v0 + j;
    for (let i = 0; i < side; i++, p++) {
      // Change of the profile when it widens about its centre: -(2 P + u dP/du + v dP/dv).
      const widening = (slopeX[p]! * (u0 + i) + slopeY[p]! * v - 2 * profile[p]!) * root[p]!;
      broad += widening * q[p]!;
      broadNorm += widening * widening;
    }
  }
  stats[STATS * s + 2] = broad;
  stats[STATS * s + 3] = broadNorm;
}

/** Pairs of stars that share fitted pixels, sorted by the first star: pairs of star i are start[i] .. start[i+1]-1. */
export interface Pairs {
  readonly start: Int32Array;
  readonly second: Int32Array;
  /** Nine numbers a pair: rows (flux, x, y) of the first star, columns of the second. */
  readonly blocks: Float64Array;
}

export interface PairTask {
  readonly stars: Stars;
  readonly equations: Equations;
  readonly pairs: Pairs;
}

/** Off-diagonal blocks of the pairs whose first star is in the part: products of the weighted stamps. */
export const formPairs: Kernel<PairTask, void> = (task, part, parts) => {
  const { start } = task.pairs;
  const range = starsOfPart(task.stars.count, part, parts);
  for (let i = range.from; i < range.to; i++) for (let p = start[i]!; p < start[i + 1]!; p++) formPair(task, i, p);
};

function formPair({ stars, equations, pairs }: PairTask, i: number, p: number): void {
  const { stamps, offset } = equations;
  const j = pairs.second[p]!;
  const hi = stars.half[i]!;
  const hj = stars.half[j]!;
  const si = 2 * hi + 1;
  const sj = 2 * hj + 1;
  const xi = pixelOf(stars.x[i]!) - hi;
  const yi = pixelOf(stars.y[i]!) - hi;
  const xj = pixelOf(stars.x[j]!) - hj;
  const yj = pixelOf(stars.y[j]!) - hj;
  const left = Math.max(xi, xj);
  const right = Math.min(xi + si, xj + sj);
  const bottom = Math.max(yi, yj);
  const top = Math.min(yi + si, yj + sj);
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  let b4 = 0;
  let b5 = 0;
  let b6 = 0;
  let b7 = 0;
  let b8 = 0;
  const ai = si * si;
  const aj = sj * sj;
  for (let y = bottom; y < top; y++) {
    let a = offset[i]! + (y - yi) * si + left - xi;
    let b = offset[j]! + (y - yj) * sj + left - xj;
    for (let x = left; x < right; x++, a++, b++) {
      const af = stamps[a]!;
      const ax = stamps[a + ai]!;
      const ay = stamps[a + 2 * ai]!;
      const bf = stamps[b]!;
      const bx = stamps[b + aj]!;
      const by = stamps[b + 2 * aj]!;
      b0 += af * bf;
      b1 += af * bx;
      b2 += af * by;
      b3 += ax * bf;
      b4 += ax * bx;
      b5 += ax * by;
      b6 += ay * bf;
      b7 += ay * bx;
      b8 += ay * by;
    }
  }
  const at = 9 * p;
  pairs.blocks[at] = b0;
  pairs.blocks[at + 1] = b1;
  pairs.blocks[at + 2] = b2;
  pairs.blocks[at + 3] = b3;
  pairs.blocks[at + 4] = b4;
  pairs.blocks[at + 5] = b5;
  pairs.blocks[at + 6] = b6;
  pairs.blocks[at + 7] = b7;
  pairs.blocks[at + 8] = b8;
}
