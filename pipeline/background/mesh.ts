import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { selectInPlace } from '../numeric/robust.ts';
import type { SkyMap } from './map.ts';

/** What the sky of one plane is measured from. */
export interface MeshTask {
  /** Electrons; NaN, a mask bit or the level of saturation mark a pixel without weight. */
  readonly image: Float32Array;
  readonly mask: Uint8Array;
  readonly saturationE: number;
  /** Of an image with its stars the level is the mode estimate of a histogram that they make skewed. */
  readonly hasStars: boolean;
  readonly map: SkyMap;
  /** Every `stride`-th pixel of every `stride`-th row is looked at. */
  readonly stride: number;
  /** Cell levels and variances are written here (NaN where a cell has too few pixels). */
  readonly level: Float32Array;
  readonly variance: Float32Array;
}

const MOST_BINS = 1024;
const histogram = new Int32Array(MOST_BINS);
let samples = new Float32Array(16384);
const rough = new Float32Array(96);

/** Measures the cell rows of one part. See `cellStatistics` for the estimator. */
export const skyMesh: Kernel<MeshTask, void> = (task, part, parts) => {
  const { map, stride, hasStars } = task;
  const { width, height, nx, ny } = map;
  const rows = rowsOfPart(ny, part, parts);
  for (let j = rows.from; j < rows.to; j++) {
    const y0 = Math.floor((j * height) / ny);
    const y1 = Math.floor(((j + 1) * height) / ny);
    for (let i = 0; i < nx; i++) {
      const x0 = Math.floor((i * width) / nx);
      const x1 = Math.floor(((i + 1) * width) / nx);
      const room = (y1 - y0) * (x1 - x0);
      if (samples.length < room) samples = new Float32Array(room);
      let n = 0;
      let looked = 0;
      for (let y = y0; y < y1; y += stride) {
        // Alternate rows start half a stride later: a staggered grid leaves no column unseen.
        const shift = stride > 1 && ((y - y0) / stride) & 1 ? stride >> 1 : 0;
        n = sampleRow(task, y * width + x0 + shift, y * width + x1, n);
        looked += Math.ceil((x1 - x0 - shift) / stride);
      }
      const cell = j * nx + i;
      if (n < 16 || n < 0.2 * looked) {
        task.level[cell] = Number.NaN;
        task.variance[cell] = Number.NaN;
      } else cellStatistics(n, hasStars, task.level, task.variance, cell);
    }
  }
};

/** Adds the pixels of a row that have weight to the `n` samples; returns how many there are then. */
function sampleRow({ image, mask, saturationE, stride }: MeshTask, from: number, to: number, n: number): number {
  const kept = samples;
  for (let p = from; p < to; p += stride) {
    const v = image[p]!;
    if (v < saturationE && mask[p] === 0) kept[n++] = v;
  }
  return n;
}

/**
 * Level and variance of `samples[0..n)`: a histogram about a rough median, clipped at 3 sigma until it stands still.
 * Without stars the level is the clipped mean; with stars it is the mode estimate 2.5 median - 1.5 mean where the
 * histogram is not too skewed for it, else the median (Da Costa 1992, ASP Conf. 23, 90; Bertin & Arnouts 1996).
 * The variance of the clipped values is corrected for the cut tails of a Gaussian.
 */
function cellStatistics(n: number, stars: boolean, level: Float32Array, variance: Float32Array, cell: number): void {
  const step = Math.max(1, Math.floor(n / rough.length));
  let m = 0;
  for (let k = 0; k < n && m < rough.length; k += step) rough[m++] = samples[k]!;
  const median0 = selectInPlace(rough, m, m >> 1);
  // The lower quartile, now among the first half, is the less touched by stars.
  const quartile = selectInPlace(rough, m >> 1, m >> 2);
  const half = Math.max(8 * (median0 - quartile), 1e-6 * Math.abs(median0), 1e-9);
  const from = median0 - half;
  // Few pixels fill few bins: a tenth or a sixth of a sigma is fine enough for them.
  const bins = n < 200 ? 64 : n < 2000 ? 128 : MOST_BINS;
  const scale = bins / (2 * half);
  histogram.fill(0, 0, bins);
  const kept = samples;
  for (let k = 0; k < n; k++) {
    const bin = (kept[k]! - from) * scale;
    if (bin >= 0 && bin < bins) histogram[bin | 0]!++;
  }
  let lo = 0;
  let hi = bins;
  let mean = 0;
  let sigma = 0;
  let median = 0;
  for (let round = 0; round < 12; round++) {
    let count = 0;
    let sum = 0;
    let square = 0;
    for (let b = lo; b < hi; b++) {
      const c = histogram[b]!;
      count += c;
      sum += c * b;
      square += c * b * b;
    }
    if (count === 0) break;
    mean = sum / count;
    sigma = Math.sqrt(Math.max(square / count - mean * mean, 1 / 12));
    let below = 0;
    let b = lo;
    while (b < hi && below + histogram[b]! < count / 2) below += histogram[b++]!;
    median = b + (count / 2 - below) / Math.max(1, histogram[b]!) - 0.5;
    const nextLo = Math.max(0, Math.ceil(median - 3 * sigma));
    const nextHi = Math.min(bins, Math.floor(median + 3 * sigma) + 1);
    if (nextLo === lo && nextHi === hi) break;
    lo = nextLo;
    hi = nextHi;
  }
  const skewed = Math.abs(mean - median) > 0.3 * sigma;
  const value = stars ? (skewed ? median : 2.5 * median - 1.5 * mean) : mean;
  level[cell] = from + (value + 0.5) / scale;
  variance[cell] = (sigma / (CLIPPED_SIGMA * scale)) ** 2;
}

/** Standard deviation of a unit Gaussian cut at +-3. */
const CLIPPED_SIGMA = 0.98658;
