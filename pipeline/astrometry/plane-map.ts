import type { Points } from './point-grid.ts';
import { monomials, sipLength } from './sip.ts';

/**
 * A smooth map from pixels (from the image's centre) to the plane of the sky: a polynomial of both coordinates for each
 * axis, in pixels over `normPx`, coefficients in the order of `sipIndex`.
 */
export interface PlaneMap {
  readonly order: number;
  readonly normPx: number;
  readonly toX: Float64Array;
  readonly toY: Float64Array;
}

/** Pairs of places: detection `detected[k]` is the catalogue's star `known[k]`. */
export interface Pairs {
  readonly detected: Int32Array;
  readonly known: Int32Array;
  count: number;
}

export interface MapFit {
  readonly map: PlaneMap;
  /** Robust 1-sigma residual of one axis, units of the plane. */
  readonly sigma: number;
  /** Root mean square over the stars of the residual that each would have, had it not been fitted (one axis). */
  readonly leaveOneOut: number;
}

/** Room for a fit of up to this many terms an axis. */
const MAX_TERMS = sipLength(5);
const row = new Float64Array(MAX_TERMS);

export function applyMap(map: PlaneMap, u: number, v: number, out: Float64Array): void {
  const terms = map.toX.length;
  monomials(map.order, u / map.normPx, v / map.normPx, row);
  let x = 0;
  let y = 0;
  for (let t = 0; t < terms; t++) {
    x += map.toX[t]! * row[t]!;
    y += map.toY[t]! * row[t]!;
  }
  out[0] = x;
  out[1] = y;
}

/**
 * The map of the given order that best brings the detections of `pairs` onto their stars: least squares re-weighted by
 * Cauchy's weights 1 / (1 + (r / 2.5 sigma)^2), sigma from the median residual (for two normal axes the median distance
 * is 1.1774 sigma). Leave-one-out residuals follow from the hat matrix (Allen 1974, Technometrics 16, 125). Undefined
 * when the pairs do not determine it. `corner` is the image's farthest corner from its centre, in pixels.
 */
export function fitMap(
  detections: Points,
  stars: Points,
  pairs: Pairs,
  order: number,
  corner: { readonly u: number; readonly v: number },
): MapFit | undefined {
  const terms = sipLength(order);
  const n = pairs.count;
  if (n < terms) return undefined;
  const normPx = Math.hypot(corner.u, corner.v);
  const design = new Float64Array(n * terms);
  for (let k = 0; k < n; k++) {
    const i = pairs.detected[k]!;
    monomials(order, detections.x[i]! / normPx, detections.y[i]! / normPx, design, k * terms);
  }
  const weights = new Float64Array(n).fill(1);
  const distances = new Float64Array(n);
  const toX = new Float64Array(terms);
  const toY = new Float64Array(terms);
  const factor = new Float64Array(terms * terms);
  let sigma = 0;
  for (let iteration = 0; iteration < 5; iteration++) {
    factor.fill(0);
    toX.fill(0);
    toY.fill(0);
    for (let k = 0; k < n; k++) {
      const w = weights[k]!;
      const X = stars.x[pairs.known[k]!]! * w;
      const Y = stars.y[pairs.known[k]!]! * w;
      for (let s = 0; s < terms; s++) {
        const phi = design[k * terms + s]!;
        toX[s]! += phi * X;
        toY[s]! += phi * Y;
        for (let t = 0; t <= s; t++) factor[s * terms + t]! += w * phi * design[k * terms + t]!;
      }
    }
    if (!choleskyInPlace(factor, terms)) return undefined;
    solveCholesky(factor, terms, toX);
    solveCholesky(factor, terms, toY);
    for (let k = 0; k < n; k++) distances[k] = residual(design, k, terms, toX, toY, stars, pairs.known[k]!);
    sigma = Math.sqrt(n / Math.max(1, n - terms)) * (distances.slice().sort()[n >> 1]! / 1.1774);
    const soft = 2.5 * sigma;
    if (!(soft > 0)) break;
    for (let k = 0; k < n; k++) weights[k] = 1 / (1 + (distances[k]! / soft) ** 2);
  }
  let press = 0;
  let weightSum = 0;
  for (let k = 0; k < n; k++) {
    const w = weights[k]!;
    const leverage = w * quadraticForm(factor, terms, design.subarray(k * terms, (k + 1) * terms));
    press += (w * distances[k]! ** 2) / Math.max(0.05, 1 - leverage) ** 2;
    weightSum += w;
  }
  return {
    map: { order, normPx, toX, toY },
    sigma,
    leaveOneOut: Math.sqrt(press / weightSum / 2),
  };
}

function residual(
  design: Float64Array,
  k: number,
  terms: number,
  toX: Float64Array,
  toY: Float64Array,
  stars: Points,
  star: number,
): number {
  let x = -stars.x[star]!;
  let y = -stars.y[star]!;
  for (let t = 0; t < terms; t++) {
    x += toX[t]! * design[k * terms + t]!;
    y += toY[t]! * design[k * terms + t]!;
  }
  return Math.hypot(x, y);
}

/** The lower Cholesky factor of a symmetric matrix given by its lower triangle; false when it is not positive. */
export function choleskyInPlace(matrix: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    let pivot = matrix[j * n + j]!;
    const scale = pivot;
    for (let k = 0; k < j; k++) pivot -= matrix[j * n + k]! ** 2;
    if (!(pivot > 1e-12 * scale)) return false;
    const root = Math.sqrt(pivot);
    matrix[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k]! * matrix[j * n + k]!;
      matrix[i * n + j] = sum / root;
    }
  }
  return true;
}

/** Solves L L^T x = b in place of b. */
export function solveCholesky(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= factor[k * n + i]! * b[k]!;
    b[i] = sum / factor[i * n + i]!;
  }
}

/** x^T (L L^T)^-1 x. */
function quadraticForm(factor: Float64Array, n: number, x: Float64Array): number {
  let form = 0;
  const z = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * n + k]! * z[k]!;
    z[i] = sum / factor[i * n + i]!;
    form += z[i]! ** 2;
  }
  return form;
}
