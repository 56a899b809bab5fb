import type { PointImage } from './optics/star-images.ts';

/** A frame before chance came in: what the bound is computed from. Row-major, electrons. */
export interface ExpectedFrame {
  readonly width: number;
  readonly height: number;
  /** Variance of each pixel: mean charge of stars, sky and dark current, read noise and digitisation. */
  readonly variance: Float32Array;
  /** Relative response of each pixel. */
  readonly response: Float32Array;
}

export interface BoundStar {
  /** 0-based pixels. */
  readonly x: number;
  readonly y: number;
  readonly electrons: number;
  readonly image: PointImage;
}

/** Radius of the stamp and of the neighbourhood, in FWHM. */
const stampFwhm = 3.5;
const neighbourFwhm = 2.5;
/** A neighbour below this signal to noise only adds noise: no program could tell that it is there. */
const neighbourSignalToNoise = 5;
const parameters = 3;

/**
 * The Cramer-Rao lower bound on the error of each star's flux (electrons): the square root of the star's diagonal
 * element of the inverse Fisher matrix
 *   F_jk = sum over pixels of (d mu / d theta_j) (d mu / d theta_k) / (variance of the pixel)
 * for a known PSF and sky, with flux, x and y unknown, jointly for the star and its neighbours (Mendez et al. 2014,
 * PASP 126, 798, sect. 2, there for one star). The noise of a pixel is nearly Gaussian at the levels of a sky.
 * Infinity where the neighbourhood is degenerate.
 */
export function fluxBounds(frame: ExpectedFrame, stars: readonly BoundStar[]): Float64Array {
  const stamps = stars.map((star) => gradientStamp(frame, star));
  const alone = stamps.map((stamp) => boundOf([stamp], frame));
  const counts = stars.map((star, k) => star.electrons > neighbourSignalToNoise * alone[k]!);
  const reach = neighbourFwhm * Math.max(0, ...stars.map(({ image }) => image.fwhmPx));
  const cells = cellsOf(stars, reach);
  return Float64Array.from(stars, (star, k) => {
    const limit = (neighbourFwhm * star.image.fwhmPx) ** 2;
    const near = nearCells(cells, star, reach).filter(
      (j) => j !== k && counts[j]! && (stars[j]!.x - star.x) ** 2 + (stars[j]!.y - star.y) ** 2 < limit,
    );
    return near.length === 0 ? alone[k]! : boundOf([stamps[k]!, ...near.map((j) => stamps[j]!)], frame);
  });
}

/** Derivatives of the mean charge by flux, x and y on a square about the star, already divided by the pixel's sigma. */
interface Stamp {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly values: Float32Array;
}

function gradientStamp(frame: ExpectedFrame, { x, y, electrons, image }: BoundStar): Stamp {
  const half = Math.ceil(stampFwhm * image.fwhmPx);
  const x0 = Math.max(0, Math.round(x) - half);
  const y0 = Math.max(0, Math.round(y) - half);
  const x1 = Math.min(frame.width - 1, Math.round(x) + half);
  const y1 = Math.min(frame.height - 1, Math.round(y) + half);
  const values = new Float32Array(parameters * Math.max(0, x1 - x0 + 1) * Math.max(0, y1 - y0 + 1));
  const step = 0.02;
  const slope = electrons / (2 * step);
  let at = 0;
  for (let j = y0; j <= y1; j++) {
    for (let i = x0; i <= x1; i++) {
      const p = j * frame.width + i;
      const scale = frame.response[p]! / Math.sqrt(frame.variance[p]!);
      const dx = i - x;
      const dy = j - y;
      values[at++] = scale * image.share(dx, dy);
      values[at++] = scale * slope * (image.share(dx - step, dy) - image.share(dx + step, dy));
      values[at++] = scale * slope * (image.share(dx, dy - step) - image.share(dx, dy + step));
    }
  }
  return { x0, y0, x1, y1, values };
}

/** The bound of the first star's flux, all parameters of all given stars unknown. */
function boundOf(stamps: readonly Stamp[], frame: ExpectedFrame): number {
  const n = parameters * stamps.length;
  const fisher = new Float64Array(n * n);
  stamps.forEach((a, s) => {
    for (let t = 0; t <= s; t++) addOverlap(fisher, n, a, s, stamps[t]!, t);
  });
  return frame.width > 0 ? Math.sqrt(firstOfInverse(fisher, n)) : Number.POSITIVE_INFINITY;
}

function addOverlap(fisher: Float64Array, n: number, a: Stamp, s: number, b: Stamp, t: number): void {
  const widthA = a.x1 - a.x0 + 1;
  const widthB = b.x1 - b.x0 + 1;
  for (let y = Math.max(a.y0, b.y0); y <= Math.min(a.y1, b.y1); y++) {
    for (let x = Math.max(a.x0, b.x0); x <= Math.min(a.x1, b.x1); x++) {
      const p = parameters * ((y - a.y0) * widthA + x - a.x0);
      const q = parameters * ((y - b.y0) * widthB + x - b.x0);
      for (let j = 0; j < parameters; j++) {
        const row = (parameters * s + j) * n + parameters * t;
        for (let k = 0; k < parameters; k++) fisher[row + k]! += a.values[p + j]! * b.values[q + k]!;
      }
    }
  }
}

/**
 * Element (0, 0) of the inverse of a positive matrix of which the lower triangle is given: 1 over the Schur complement,
 * found by eliminating the unknowns from the last to the first.
 */
function firstOfInverse(m: Float64Array, n: number): number {
  const scale = Float64Array.from({ length: n }, (_, i) => m[i * n + i]!);
  for (let k = n - 1; k > 0; k--) {
    const pivot = m[k * n + k]!;
    if (!(pivot > 1e-9 * scale[k]!)) return Number.POSITIVE_INFINITY;
    for (let i = 0; i < k; i++) {
      const factor = m[k * n + i]! / pivot;
      for (let j = 0; j <= i; j++) m[i * n + j]! -= factor * m[k * n + j]!;
    }
  }
  return m[0]! > 1e-9 * scale[0]! ? 1 / m[0]! : Number.POSITIVE_INFINITY;
}

type Cells = ReadonlyMap<number, readonly number[]>;
const cellKey = (cx: number, cy: number) => (cy + 10) * 100_003 + cx + 10;

function cellsOf(stars: readonly BoundStar[], size: number): Cells {
  const cells = new Map<number, number[]>();
  stars.forEach(({ x, y }, k) => {
    const key = cellKey(Math.floor(x / size), Math.floor(y / size));
    const cell = cells.get(key);
    if (cell) cell.push(k);
    else cells.set(key, [k]);
  });
  return cells;
}

function nearCells(cells: Cells, { x, y }: BoundStar, size: number): number[] {
  const near: number[] = [];
  for (let cy = -1; cy <= 1; cy++) {
    for (let cx = -1; cx <= 1; cx++) {
      near.push(...(cells.get(cellKey(Math.floor(x / size) + cx, Math.floor(y / size) + cy)) ?? []));
    }
  }
  return near;
}
