import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fieldTerms, termsOfDegree } from '../numeric/polynomial.ts';

const CELL_PX = 48;
const STRIDE = 2;
const DEGREE = 2;
/** Share of a cell's looked-at pixels that both images must have. */
const LEAST_SHARE = 0.3;
const ROUNDS = 6;

/**
 * Takes from `image` the smooth difference of its sky from that of `reference` (both row-major, of one size, NaN
 * without weight; scaled to the same fluxes, so that what is on the sky cancels): a polynomial of degree up to two
 * through the medians of the difference in cells, robustly. @returns false where they share too few pixels.
 */
export function matchSky(image: Float32Array, reference: Float32Array, width: number, height: number): boolean {
  const nx = Math.max(1, Math.round(width / CELL_PX));
  const ny = Math.max(1, Math.round(height / CELL_PX));
  const cells: { x: number; y: number; value: number }[] = [];
  const room = new Float32Array((Math.ceil(width / nx) + 1) * (Math.ceil(height / ny) + 1));
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const [x0, x1] = [Math.floor((i * width) / nx), Math.floor(((i + 1) * width) / nx)];
      const [y0, y1] = [Math.floor((j * height) / ny), Math.floor(((j + 1) * height) / ny)];
      let n = 0;
      let looked = 0;
      for (let y = y0; y < y1; y += STRIDE) {
        for (let x = x0; x < x1; x += STRIDE) {
          const value = image[y * width + x]! - reference[y * width + x]!;
          looked++;
          if (value - value === 0) room[n++] = value;
        }
      }
      if (n < LEAST_SHARE * looked || n < 20) continue;
      const value = room.subarray(0, n).sort()[n >> 1]!;
      cells.push({ x: (x0 + x1 - 1) / 2, y: (y0 + y1 - 1) / 2, value });
    }
  }
  const degree = [DEGREE, 1, 0].find((d) => cells.length >= 3 * termsOfDegree(d));
  if (degree === undefined) return false;
  const coefficients = fitCells(cells, degree, width, height);
  if (!coefficients) return false;
  const terms = new Float64Array(coefficients.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      fieldTerms(degree, x, y, width, height, terms);
      let sky = 0;
      for (let t = 0; t < terms.length; t++) sky += coefficients[t]! * terms[t]!;
      image[y * width + x]! -= sky;
    }
  }
  return true;
}

/** Least squares re-weighted by Cauchy's weights. */
function fitCells(
  cells: readonly { x: number; y: number; value: number }[],
  degree: number,
  width: number,
  height: number,
): Float64Array | undefined {
  const n = termsOfDegree(degree);
  const terms = new Float64Array(n);
  const weights = new Float64Array(cells.length).fill(1);
  let b = new Float64Array(n);
  for (let round = 0; round < ROUNDS; round++) {
    const a = new Float64Array(n * n);
    b = new Float64Array(n);
    cells.forEach(({ x, y, value }, k) => {
      fieldTerms(degree, x, y, width, height, terms);
      for (let i = 0; i < n; i++) {
        b[i]! += weights[k]! * terms[i]! * value;
        for (let j = 0; j <= i; j++) a[i * n + j]! += weights[k]! * terms[i]! * terms[j]!;
      }
    });
    if (!choleskyFactor(a, n)) return undefined;
    choleskySolve(a, n, b);
    const misses = cells.map(({ x, y, value }) => {
      fieldTerms(degree, x, y, width, height, terms);
      let sky = 0;
      for (let t = 0; t < n; t++) sky += b[t]! * terms[t]!;
      return Math.abs(value - sky);
    });
    const sigma = 1.4826 * [...misses].sort((p, q) => p - q)[misses.length >> 1]!;
    if (!(sigma > 0)) break;
    misses.forEach((miss, k) => {
      weights[k] = 1 / (1 + (miss / (2.5 * sigma)) ** 2);
    });
  }
  return b;
}
