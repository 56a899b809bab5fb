import type { MoffatShape } from '../model/moffat.ts';
import { moffatConstants, moffatPixel } from '../model/moffat.ts';
import { tableSize } from '../model/psf-field.ts';
import { reachOf } from '../model/render.ts';
import { fieldTerms } from '../numeric/polynomial.ts';
import { splineWeights } from '../numeric/spline.ts';
import type { ShapeField, ShapeStars } from './shape-fit.ts';
import { shapeOf } from './shape-fit.ts';
import { degreeOfTerms, type ResidualTable, type TableTerms } from './tables.ts';

/** What is left of the PSF stars after their Moffat profiles, per unit flux, and how well it is known. */
export interface Leftover {
  readonly stars: ShapeStars;
  /** Residual over flux, NaN where unused. */
  readonly value: Float32Array;
  /** Inverse variance of `value`. */
  readonly weight: Float32Array;
  /** The Moffat profile itself. */
  readonly profile: Float32Array;
  readonly keep: Uint8Array;
}

/** Residuals of the stars for which chi2 is a number: of all their pixels, or of their cores, which `modelError` needs. */
export function leftover(
  stars: ShapeStars,
  field: ShapeField,
  chi2: Float64Array,
  what: 'all' | 'cores' = 'all',
): Leftover {
  const { side, count } = stars;
  const half = side >> 1;
  const value = new Float32Array(count * side * side).fill(Number.NaN);
  const weight = new Float32Array(value.length);
  const profile = new Float32Array(value.length);
  const keep = new Uint8Array(count);
  for (let s = 0; s < count; s++) {
    if (Number.isNaN(chi2[s]!)) continue;
    keep[s] = 1;
    const shape = shapeOf(field, stars.px[s]!, stars.py[s]!);
    const k = moffatConstants(shape);
    const within = what === 'all' ? half : Math.min(half, coreReach(shape));
    const x = stars.stars[4 * s]!;
    const y = stars.stars[4 * s + 1]!;
    const flux = stars.stars[4 * s + 2]!;
    const sky = stars.stars[4 * s + 3]!;
    for (let j = -within; j <= within; j++) {
      for (let i = -within; i <= within; i++) {
        const p = (s * side + half + j) * side + half + i;
        const w = stars.weight[p]!;
        if (w === 0) continue;
        profile[p] = moffatPixel(k, i - x, j - y);
        value[p] = (stars.data[p]! - sky) / flux - profile[p]!;
        weight[p] = w * flux * flux;
      }
    }
  }
  return { stars, value, weight, profile, keep };
}

/** The core of a star ends where its profile falls below this share of its peak. */
const CORE = 0.1;

/** Half width of a square that holds the core of a star near its middle; a pixel more, because pixels smear the profile. */
function coreReach({ lnAlpha, e1, e2, beta }: MoffatShape): number {
  const ofUnitPeak = (Math.PI * Math.exp(2 * lnAlpha)) / (beta - 1);
  return 1 + reachOf(ofUnitPeak, lnAlpha, beta, Math.hypot(e1, e2), CORE);
}

/**
 * Relative rms error of the model, by moments: the mean of w r^2 over the cores is 1 + w (epsilon P)^2. The worst
 * pixels (over 6 sigma plus a tenth of the profile) are left out: they are somebody else's.
 */
export function modelError(left: Leftover, table: ResidualTable | undefined): number {
  const { stars, value, weight, profile, keep } = left;
  const { side, count } = stars;
  let excess = 0;
  let norm = 0;
  const predicted = new Float32Array(side * side);
  for (let s = 0; s < count; s++) {
    if (keep[s] === 0) continue;
    if (table !== undefined) predict(left, table, s, predicted);
    const base = s * side * side;
    let peak = 0;
    for (let p = 0; p < side * side; p++) peak = Math.max(peak, profile[base + p]!);
    for (let p = 0; p < side * side; p++) {
      const w = weight[base + p]!;
      const m = profile[base + p]!;
      if (w === 0 || m < CORE * peak) continue;
      const r = value[base + p]! - (table === undefined ? 0 : predicted[p]!);
      if (Math.abs(r) > 6 / Math.sqrt(w) + 0.3 * m) continue;
      excess += (w * r * r - 1) * w * m * m;
      norm += (w * m * m) ** 2;
    }
  }
  return norm > 0 ? Math.sqrt(Math.max(0, excess / norm)) : 0;
}

const WIDER = 0.6;
const wx = new Float64Array(4);
const wy = new Float64Array(4);

/** Calls `visit(pixel, first coefficient)` with `wx`, `wy` set, for the used pixels of star s that the table covers. */
function eachPixel(
  left: Leftover,
  half: number,
  oversample: number,
  s: number,
  visit: (p: number, at: number) => void,
): void {
  const { stars, weight } = left;
  const side = stars.side;
  const size = tableSize(half, oversample);
  const centre = half * oversample + 2;
  const middle = side >> 1;
  const x = stars.stars[4 * s]!;
  const y = stars.stars[4 * s + 1]!;
  for (let j = 0, p = s * side * side; j < side; j++) {
    const v = j - middle - y;
    if (Math.abs(v) > half) {
      p += side;
      continue;
    }
    const ty = v * oversample + centre;
    const row = Math.floor(ty);
    splineWeights(ty - row, wy);
    for (let i = 0; i < side; i++, p++) {
      const u = i - middle - x;
      if (weight[p] === 0 || Math.abs(u) > half) continue;
      const tx = u * oversample + centre;
      const column = Math.floor(tx);
      splineWeights(tx - column, wx);
      visit(p, (row - 1) * size + column - 1);
    }
  }
}

function predict(left: Leftover, table: ResidualTable, s: number, out: Float32Array): void {
  const { half, oversample, coefficients, terms } = table;
  const size = tableSize(half, oversample);
  const phi = new Float64Array(terms);
  const { stars } = left;
  fieldTerms(degreeOfTerms(terms), stars.px[s]!, stars.py[s]!, stars.width, stars.height, phi);
  out.fill(0);
  const base = s * stars.side * stars.side;
  eachPixel(left, half, oversample, s, (p, at) => {
    let sum = 0;
    for (let t = 0; t < terms; t++) sum += phi[t]! * gather(coefficients, t * size * size + at, size);
    out[p - base] = sum;
  });
}

function gather(c: Float64Array, at: number, size: number): number {
  let sum = 0;
  for (let b = 0; b < 4; b++) {
    const k = at + b * size;
    sum += wy[b]! * (wx[0]! * c[k]! + wx[1]! * c[k + 1]! + wx[2]! * c[k + 2]! + wx[3]! * c[k + 3]!);
  }
  return sum;
}

/**
 * The residual table: B-spline coefficients that reproduce the leftovers of all stars at their own sub-pixel phases,
 * by least squares with a ridge, solved by conjugate gradients. The ridge says what size a coefficient may have a
 * priori, `epsilon` times the profile there, so cells that few pixels saw stay near zero. Wherever a star stands on its
 * pixels, the table must add no light in sum, or fluxes would depend on that place: the coefficients of each sub-pixel
 * phase are held to a sum of zero.
 */
export function fitResidualTable(
  left: Leftover,
  field: ShapeField,
  geometry: { half: number; oversample: number },
  epsilon: number,
  terms: TableTerms,
): ResidualTable {
  const { half, oversample } = geometry;
  const size = tableSize(half, oversample);
  const area = size * size;
  const n = terms * area;
  const { stars, value, weight, keep } = left;
  const centre = half * oversample + 2;
  const k = moffatConstants(shapeOf(field, field.width / 2, field.height / 2));
  const peak = moffatPixel(k, 0, 0);
  const prior = new Float64Array(n);
  for (let s = 0; s < area; s++) {
    const u = ((s % size) - centre) / oversample;
    const v = (Math.floor(s / size) - centre) / oversample;
    const edge = Math.max(0, 1 - Math.max(0, Math.hypot(u, v) / half - 0.75) * 4);
    // An error of shape moves light outwards too: the profile that bounds it is wider than the star.
    const bound = moffatPixel(k, WIDER * u, WIDER * v) + 0.003 * peak;
    const sigma = epsilon * bound * Math.max(edge, 1e-4);
    for (let t = 0; t < terms; t++) prior[t * area + s] = 1 / (sigma * sigma * (t === 0 ? 1 : 0.25));
  }
  const phi = new Float64Array(terms);
  const b = new Float64Array(n);
  const diagonal = prior.slice();
  const visitAll = (act: (p: number, at: number) => void) => {
    for (let s = 0; s < stars.count; s++) {
      if (keep[s] === 0) continue;
      fieldTerms(degreeOfTerms(terms), stars.px[s]!, stars.py[s]!, stars.width, stars.height, phi);
      eachPixel(left, half, oversample, s, act);
    }
  };
  // A pixel far off even a generous model error belongs to a neighbour or a cosmic ray.
  const usable = (p: number) =>
    Math.abs(value[p]!) < 5 / Math.sqrt(weight[p]!) + 4 * epsilon * (left.profile[p]! + 0.03 * peak);
  visitAll((p, at) => {
    if (!usable(p)) return;
    scatter(b, at, size, area, terms, phi, weight[p]! * value[p]!);
    for (let t = 0; t < terms; t++)
      for (let r = 0; r < 4; r++)
        for (let c = 0; c < 4; c++)
          diagonal[t * area + at + r * size + c]! += weight[p]! * (phi[t]! * wy[r]! * wx[c]!) ** 2;
  });
  const apply = (x: Float64Array, out: Float64Array) => {
    for (let i = 0; i < n; i++) out[i] = prior[i]! * x[i]!;
    visitAll((p, at) => {
      if (!usable(p)) return;
      let sum = 0;
      for (let t = 0; t < terms; t++) sum += phi[t]! * gather(x, t * area + at, size);
      scatter(out, at, size, area, terms, phi, weight[p]! * sum);
    });
  };
  const coefficients = conjugateGradient(apply, diagonal, b, 25, zeroPhaseSums(diagonal, size, oversample));
  return { half, oversample, terms, coefficients, samples: samplesOf(coefficients, size, terms) };
}

function scatter(
  out: Float64Array,
  at: number,
  size: number,
  area: number,
  terms: number,
  phi: Float64Array,
  value: number,
): void {
  for (let t = 0; t < terms; t++) {
    for (let r = 0; r < 4; r++) {
      const q = value * phi[t]! * wy[r]!;
      const row = t * area + at + r * size;
      for (let c = 0; c < 4; c++) out[row + c]! += q * wx[c]!;
    }
  }
}

/**
 * Takes a vector of tables, in place, to the nearest (in the metric of `diagonal`) whose sum over the coefficients of
 * each sub-pixel phase is zero. Splines through such coefficients sum to zero over pixels at every offset.
 */
function zeroPhaseSums(diagonal: Float64Array, size: number, oversample: number): (z: Float64Array) => void {
  const area = size * size;
  const groups = (diagonal.length / area) * oversample * oversample;
  const group = Int32Array.from(diagonal, (_, i) => {
    const s = i % area;
    const row = Math.floor(s / size) % oversample;
    return (Math.floor(i / area) * oversample + row) * oversample + ((s % size) % oversample);
  });
  const room = new Float64Array(groups);
  const sums = new Float64Array(groups);
  for (let i = 0; i < group.length; i++) room[group[i]!]! += 1 / diagonal[i]!;
  return (z) => {
    sums.fill(0);
    for (let i = 0; i < z.length; i++) sums[group[i]!]! += z[i]!;
    for (let i = 0; i < z.length; i++) z[i]! -= sums[group[i]!]! / (room[group[i]!]! * diagonal[i]!);
  };
}

/** Projected, preconditioned conjugate gradients (Gould, Hribar & Nocedal 2001, SIAM J. Sci. Comput. 23, 1376). */
function conjugateGradient(
  apply: (x: Float64Array, out: Float64Array) => void,
  diagonal: Float64Array,
  b: Float64Array,
  iterations: number,
  project: (z: Float64Array) => void,
): Float64Array {
  const n = b.length;
  const x = new Float64Array(n);
  const r = b.slice();
  const z = r.map((v, i) => v / diagonal[i]!);
  project(z);
  const p = z.slice();
  const ap = new Float64Array(n);
  let rz = 0;
  for (let i = 0; i < n; i++) rz += r[i]! * z[i]!;
  const goal = 1e-8 * rz;
  for (let it = 0; it < iterations && rz > goal; it++) {
    apply(p, ap);
    let curvature = 0;
    for (let i = 0; i < n; i++) curvature += p[i]! * ap[i]!;
    if (!(curvature > 0)) break;
    const alpha = rz / curvature;
    let next = 0;
    for (let i = 0; i < n; i++) {
      x[i]! += alpha * p[i]!;
      r[i]! -= alpha * ap[i]!;
      z[i] = r[i]! / diagonal[i]!;
    }
    project(z);
    for (let i = 0; i < n; i++) next += r[i]! * z[i]!;
    const beta = next / rz;
    rz = next;
    for (let i = 0; i < n; i++) p[i] = z[i]! + beta * p[i]!;
  }
  return x;
}

/** Values of the splines at the grid points: coefficients convolved with (1, 4, 1) / 6 along both axes. */
function samplesOf(coefficients: Float64Array, size: number, terms: number): Float64Array {
  const area = size * size;
  const out = new Float64Array(new SharedArrayBuffer(8 * terms * area));
  for (let t = 0; t < terms; t++) {
    for (let j = 1; j < size - 1; j++) {
      for (let i = 1; i < size - 1; i++) {
        let sum = 0;
        for (let b = -1; b <= 1; b++)
          for (let a = -1; a <= 1; a++)
            sum += (a === 0 ? 4 : 1) * (b === 0 ? 4 : 1) * coefficients[t * area + (j + b) * size + i + a]!;
        out[t * area + j * size + i] = sum / 36;
      }
    }
  }
  return out;
}
