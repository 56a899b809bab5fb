import type { SkyMap } from '../background/map.ts';
import { binnedSky, skyAt, skyRow, varianceAt, varianceRow } from '../background/map.ts';
import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import type { NoiseModel } from '../model/noise.ts';
import type { PsfField } from '../model/psf-field.ts';
import { evaluatePsf } from '../model/psf-field.ts';
import { pixelOf } from '../plane.ts';
import type { SeparableFilter } from './filter.ts';

export interface PeakTask {
  readonly width: number;
  readonly height: number;
  /** Sky and modelled stars subtracted, NaN where a pixel has no weight. */
  readonly residual: Float32Array;
  /** With `modelled`, tells the light of modelled stars: electrons - sky - residual. */
  readonly electrons: Float32Array;
  readonly sky: SkyMap;
  readonly noise: NoiseModel;
  readonly modelled: boolean;
  readonly filter: SeparableFilter;
  /** Whether a peak must stand out from its own surroundings, because the sky is not yet to be trusted. */
  readonly localSky: boolean;
  /** For the exact significance at a peak; undefined: the filtered value is the answer. */
  readonly psf: PsfField | undefined;
  /** Peaks below this significance are not reported. */
  readonly threshold: number;
}

/** Numbers a peak: x, y, significance, flux estimate in electrons. */
export const PEAK_STRIDE = 4;

let weighted = new Float32Array(0);
let deviation = new Float32Array(0);
let filtered = new Float32Array(0);
let horizontal = new Float32Array(0);
let level = new Float32Array(0);
let variance = new Float32Array(0);
let stamp = new Float64Array(1024);

/** The filter must reach this share of the threshold at a peak for the exact significance to be worked out there. */
const WORTH_A_LOOK = 0.85;
/** What a star on the corner of bins has of it, at worst: bins half an FWHM wide, filtered image sqrt(2) FWHM wide. */
const BETWEEN_BINS = 0.84;

/**
 * Peaks of the matched filter in the rows of one part. For white noise of variance V and a star of profile P,
 *   S = sum(P r / V) / sqrt(sum(P^2 / V))
 * is the significance of its flux in sigma, and sum(P r / V) / sum(P^2 / V) the flux (e.g. Zackay & Ofek 2017, ApJ
 * 836, 187). The filter finds the peaks; at each the exact sums over the true PSF and the local variances follow.
 */
export const findPeaks: Kernel<PeakTask, Float64Array> = (task, part, parts) => {
  const { filter } = task;
  const { half, bin } = filter;
  const width = Math.ceil(task.width / bin);
  const height = Math.ceil(task.height / bin);
  const rows = rowsOfPart(height, part, parts);
  // The band with a margin all round; what lies beyond the image has no signal.
  const margin = half + 2;
  const pitch = width + 2 * margin;
  const tall = rows.to - rows.from + 2 * margin;
  if (weighted.length < tall * pitch) {
    weighted = new Float32Array(tall * pitch);
    deviation = new Float32Array(tall * pitch);
    filtered = new Float32Array(tall * pitch);
    horizontal = new Float32Array(tall * pitch);
  }
  if (level.length < task.width) {
    level = new Float32Array(task.width);
    variance = new Float32Array(task.width);
  }
  weighted.fill(0, 0, tall * pitch);
  const sky = binnedSky(task.sky, bin);
  for (let y = Math.max(0, rows.from - margin); y < Math.min(height, rows.to + margin); y++) {
    const to = (y - rows.from + margin) * pitch + margin;
    if (bin === 1) weighRow(task, y, to);
    else weighBins(task, sky, y, to);
  }
  convolve(filter, pitch, tall, margin - 1);
  const found: number[] = [];
  const maxima = new Int32Array(width);
  const band = { from: rows.from - margin, pitch, margin, width, maxima };
  for (let y = rows.from - 1; y <= rows.to; y++) {
    // Beyond the image the noise is taken as at its edge.
    const noiseY = Math.min(height - 1, Math.max(0, y));
    const at = margin * (pitch + 1) - rows.from * pitch;
    scaleRow(y * pitch + at, noiseY * pitch + at, width);
  }
  for (let y = rows.from; y < rows.to; y++) peaksOfRow(task, band, y, found);
  return Float64Array.from(found);
};

/** Places where the filter has found peaks before. */
export interface PlaceTask {
  readonly peaks: PeakTask;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** The peaks at places that are known already, without a search, for the places of one part. */
export const weighPeaks: Kernel<PlaceTask, Float64Array> = ({ peaks, x, y }, part, parts) => {
  const { psf } = peaks;
  const found: number[] = [];
  if (psf === undefined) return new Float64Array(0);
  const to = Math.floor((x.length * (part + 1)) / parts);
  for (let i = Math.floor((x.length * part) / parts); i < to; i++) exactPeak(peaks, psf, x[i]!, y[i]!, found);
  return Float64Array.from(found);
};

/** The filtered rows of a part, in bins. */
interface Band {
  /** The first of them, which may lie off the image. */
  readonly from: number;
  readonly pitch: number;
  readonly margin: number;
  readonly width: number;
  /** Room for the columns of a row. */
  readonly maxima: Int32Array;
}

function peaksOfRow(task: PeakTask, band: Band, y: number, found: number[]): void {
  const { from, pitch, margin, width, maxima } = band;
  const { bin, sumSquares } = task.filter;
  const smooth = filtered;
  // Signal over variance summed in a bin has bin^2 times the noise of that of a pixel.
  const norm = bin * bin * sumSquares;
  const limit = WORTH_A_LOOK * (bin > 1 ? BETWEEN_BINS : 1) * task.threshold;
  const centre = (bin - 1) / 2;
  const row = (y - from) * pitch + margin;
  const n = maximaInRow(smooth, row, width, pitch, limit * Math.sqrt(norm), maxima);
  for (let k = 0; k < n; k++) {
    const x = maxima[k]!;
    const at = row + x;
    const s = smooth[at]!;
    const px = bin * (x + vertex(smooth[at - 1]!, s, smooth[at + 1]!)) + centre;
    const py = bin * (y + vertex(smooth[at - pitch]!, s, smooth[at + pitch]!)) + centre;
    if (task.psf === undefined) found.push(px, py, s / Math.sqrt(norm), (s * deviation[at]!) / norm);
    else exactPeak(task, task.psf, px, py, found);
  }
}

/**
 * Makes significance, but for a constant factor, of the filtered row at `row`, a pixel more at either end, by the
 * deviations at `noise`. In signal over variance itself a star beside a brighter one would have no maximum.
 */
function scaleRow(row: number, noise: number, width: number): void {
  const smooth = filtered;
  const factor = deviation;
  smooth[row - 1]! *= factor[noise]!;
  smooth[row + width]! *= factor[noise + width - 1]!;
  for (let x = 0; x < width; x++) smooth[row + x]! *= factor[noise + x]!;
}

/** Writes the columns of a row that are at least `bound` and no less than their eight neighbours; returns how many. */
function maximaInRow(
  smooth: Float32Array,
  row: number,
  width: number,
  pitch: number,
  bound: number,
  maxima: Int32Array,
): number {
  let n = 0;
  for (let at = row; at < row + width; at++) {
    const s = smooth[at]!;
    if (
      s < bound ||
      s < smooth[at + 1]! ||
      s < smooth[at + pitch]! ||
      s < smooth[at + pitch + 1]! ||
      s < smooth[at + pitch - 1]! ||
      s <= smooth[at - 1]! ||
      s <= smooth[at - pitch]! ||
      s <= smooth[at - pitch - 1]! ||
      s <= smooth[at - pitch + 1]!
    )
      continue;
    maxima[n++] = at - row;
  }
  return n;
}

/**
 * Signal over variance of pixel row `y`, from `weighted[to]` on, and the standard deviation; the variance is that of the sky
 * and the modelled light.
 */
function weighRow(task: PeakTask, y: number, to: number): void {
  const { width, residual, electrons, sky, noise, modelled } = task;
  const quotient = weighted;
  const root = deviation;
  const skyLevel = level;
  const skyVariance = variance;
  if (modelled) skyRow(sky, sky.level, y, skyLevel);
  varianceRow(sky, y, skyVariance);
  const at = y * width;
  for (let x = 0; x < width; x++) {
    const r = residual[at + x]!;
    let v = skyVariance[x]!;
    if (modelled) {
      const light = electrons[at + x]! - skyLevel[x]! - r;
      if (light > 1) v += light * (noise.photonSlope + noise.relativeVariance * light);
    }
    const q = r / v;
    quotient[to + x] = Number.isNaN(q) ? 0 : q;
    root[to + x] = Math.sqrt(v);
  }
}

/** As `weighRow` for a row of bins: signal and modelled light are summed in each, over its mean variance. */
function weighBins(task: PeakTask, sky: SkyMap, y: number, to: number): void {
  const { width, height, modelled } = task;
  const { bin } = task.filter;
  const y0 = y * bin;
  if (modelled) skyRow(sky, sky.level, y, level);
  varianceRow(sky, y, variance);
  const nBins = Math.ceil(width / bin);
  const nWhole = y0 + bin <= height ? Math.floor(width / bin) : 0;
  weighted.fill(Number.NaN, to + nWhole, to + nBins);
  weighWholeBins(task, y0, nWhole, to);
  // Bins with a pixel that has no weight, or cut by the edge of the plane, are few.
  for (let k = 0; k < nBins; k++) {
    if (Number.isNaN(weighted[to + k]!)) weighBin(task, k, y0, to + k);
  }
}

/** The first `n` bins of a row, pixels by twos along both axes; NaN where a pixel has no weight. */
function weighWholeBins(task: PeakTask, y0: number, n: number, to: number): void {
  const { width, residual, electrons, noise, modelled } = task;
  const { bin } = task.filter;
  const { photonSlope, relativeVariance } = noise;
  const quotient = weighted;
  const root = deviation;
  const skyLevel = level;
  const skyVariance = variance;
  const seen = modelled ? 1 : 0;
  const share = 1 / (bin * bin);
  for (let k = 0; k < n; k++) {
    const first = y0 * width + k * bin;
    let p = first;
    let q = p + width;
    let signal = residual[p]! + residual[p + 1]! + (residual[q]! + residual[q + 1]!);
    let total = electrons[p]! + electrons[p + 1]! + (electrons[q]! + electrons[q + 1]!);
    // The other fours of a bin of more than two by two.
    for (let four = 1; 4 * four < bin * bin; four++) {
      p = first + 2 * Math.floor((2 * four) / bin) * width + ((2 * four) % bin);
      q = p + width;
      signal += residual[p]! + residual[p + 1]! + (residual[q]! + residual[q + 1]!);
      total += electrons[p]! + electrons[p + 1]! + (electrons[q]! + electrons[q + 1]!);
    }
    const light = seen * ((total - signal) * share - skyLevel[k]!);
    const counted = light > 1 ? light : 0;
    const v = skyVariance[k]! + counted * (photonSlope + relativeVariance * counted);
    quotient[to + k] = signal / v;
    root[to + k] = Math.sqrt(v);
  }
}

/** Bin `k` of the row that begins with pixel row `y0`, by the pixels that it has; 0 without any. */
function weighBin(task: PeakTask, k: number, y0: number, to: number): void {
  const { width, height, residual, electrons, noise } = task;
  const { bin } = task.filter;
  const x0 = k * bin;
  let signal = 0;
  let total = 0;
  let n = 0;
  for (let y = y0; y < Math.min(height, y0 + bin); y++) {
    for (let x = x0; x < Math.min(width, x0 + bin); x++) {
      const r = residual[y * width + x]!;
      if (Number.isNaN(r)) continue;
      signal += r;
      total += electrons[y * width + x]!;
      n++;
    }
  }
  const light = task.modelled && n > 0 ? (total - signal) / n - level[k]! : 0;
  const counted = light > 1 ? light : 0;
  const v = variance[k]! + counted * (noise.photonSlope + noise.relativeVariance * counted);
  weighted[to] = signal / v;
  deviation[to] = Math.sqrt(v);
}

/** Offset of the vertex of the parabola through three equidistant values, the middle one the largest. */
function vertex(a: number, b: number, c: number): number {
  const curvature = a - 2 * b + c;
  return curvature < 0 ? Math.max(-0.5, Math.min(0.5, (0.5 * (a - c)) / curvature)) : 0;
}

/** So many taps are worked out at a time: as many as the machine has registers for. */
const TAPS = 7;

/**
 * Filters `weighted` (`tall` rows of `pitch` pixels) into `filtered`, but for the outermost `skip - half` rows and
 * columns. Kernels are padded with zeros to a multiple of `TAPS`.
 */
function convolve(filter: SeparableFilter, pitch: number, tall: number, skip: number): void {
  const { half, rows, columns } = filter;
  const taps = TAPS * Math.ceil((2 * half + 1) / TAPS);
  const kernel = new Float64Array(taps);
  filtered.fill(0, 0, tall * pitch);
  for (let k = 0; k < rows.length; k++) {
    kernel.fill(0).set(rows[k]!);
    horizontal.fill(0, 0, tall * pitch);
    for (let y = 0; y < tall; y++) {
      // The last padding taps of the last pixels read into the next row, with weight zero.
      const count = y === tall - 1 ? pitch - taps : pitch - 2 * half;
      for (let t = 0; t < taps; t += TAPS)
        addRow(weighted, y * pitch + t, count, kernel, t, horizontal, y * pitch + half);
    }
    kernel.fill(0).set(columns[k]!);
    for (let y = skip; y < tall - skip; y++) {
      for (let t = 0; t < taps; t += TAPS) addColumn((y - half + t) * pitch, pitch, tall, kernel, t, y * pitch);
    }
  }
}

/** out[x] += seven taps of a row that starts at `at`. */
function addRow(
  image: Float32Array,
  at: number,
  count: number,
  kernel: Float64Array,
  tap: number,
  out: Float32Array,
  to: number,
): void {
  const k0 = kernel[tap]!;
  const k1 = kernel[tap + 1]!;
  const k2 = kernel[tap + 2]!;
  const k3 = kernel[tap + 3]!;
  const k4 = kernel[tap + 4]!;
  const k5 = kernel[tap + 5]!;
  const k6 = kernel[tap + 6]!;
  // Each pixel is loaded once and handed on from tap to tap.
  let p0 = image[at]!;
  let p1 = image[at + 1]!;
  let p2 = image[at + 2]!;
  let p3 = image[at + 3]!;
  let p4 = image[at + 4]!;
  let p5 = image[at + 5]!;
  for (let x = 0; x < count; x++) {
    const p6 = image[at + x + 6]!;
    out[to + x]! += k0 * p0 + k1 * p1 + (k2 * p2 + k3 * p3) + (k4 * p4 + k5 * p5) + k6 * p6;
    p0 = p1;
    p1 = p2;
    p2 = p3;
    p3 = p4;
    p4 = p5;
    p5 = p6;
  }
}

/** filtered[out + x] += seven taps of columns, the first on the row that starts at `at` (rows past the end count 0). */
function addColumn(at: number, width: number, tall: number, kernel: Float64Array, tap: number, out: number): void {
  const from = horizontal;
  const into = filtered;
  const end = tall * width;
  const k0 = kernel[tap]!;
  const k1 = kernel[tap + 1]!;
  const k2 = kernel[tap + 2]!;
  const k3 = kernel[tap + 3]!;
  const k4 = kernel[tap + 4]!;
  const k5 = kernel[tap + 5]!;
  const k6 = kernel[tap + 6]!;
  // Only padding taps (zero) can fall past the end: they read the first row instead.
  const i1 = at + width < end ? at + width : at;
  const i2 = at + 2 * width < end ? at + 2 * width : at;
  const i3 = at + 3 * width < end ? at + 3 * width : at;
  const i4 = at + 4 * width < end ? at + 4 * width : at;
  const i5 = at + 5 * width < end ? at + 5 * width : at;
  const i6 = at + 6 * width < end ? at + 6 * width : at;
  for (let x = 0; x < width; x++) {
    into[out + x]! +=
      k0 * from[at + x]! +
      k1 * from[i1 + x]! +
      (k2 * from[i2 + x]! + k3 * from[i3 + x]!) +
      (k4 * from[i4 + x]! + k5 * from[i5 + x]!) +
      k6 * from[i6 + x]!;
  }
}

/** Share of the squared profile that must lie on pixels with weight. */
const LEAST_SEEN = 0.5;

function exactPeak(task: PeakTask, psf: PsfField, x: number, y: number, found: number[]): void {
  // A local sky needs a rim of pixels beyond the star.
  const half = task.filter.bin * task.filter.half + (task.localSky ? 2 : 0);
  const side = 2 * half + 1;
  if (stamp.length < side * side) stamp = new Float64Array(side * side);
  const profile = stamp;
  const x0 = pixelOf(x) - half;
  const y0 = pixelOf(y) - half;
  evaluatePsf(psf, x, y, x0, y0, side, side, profile);
  const { width, height, residual, electrons } = task;
  const { photonSlope, relativeVariance } = task.noise;
  const modelled = task.modelled ? 1 : 0;
  const sky = skyAt(task.sky, task.sky.level, x, y);
  const v0 = varianceAt(task.sky, x, y);
  let signal = 0;
  let norm = 0;
  let seen = 0;
  let whole = 0;
  let light1 = 0;
  let profile1 = 0;
  let weight1 = 0;
  for (let j = 0, p = 0; j < side; j++) {
    const row = y0 + j;
    const inRows = row >= 0 && row < height;
    for (let i = 0; i < side; i++, p++) {
      const q = profile[p]!;
      const column = x0 + i;
      const inside = inRows && column >= 0 && column < width;
      const at = inside ? row * width + column : 0;
      const isUsed = inside && !Number.isNaN(residual[at]!);
      const r = isUsed ? residual[at]! : 0;
      const light = Math.max(0, modelled * (electrons[at]! - sky - r));
      const w = isUsed ? 1 / (v0 + light * (photonSlope + relativeVariance * light)) : 0;
      whole += q * q;
      seen += isUsed ? q * q : 0;
      signal += q * r * w;
      norm += q * q * w;
      light1 += r * w;
      profile1 += q * w;
      weight1 += w;
    }
  }
  // Half of a star's weight behind a mask is too much to call what is left a star.
  if (norm <= 0 || seen < LEAST_SEEN * whole) return;
  const flux = signal / norm;
  if (task.localSky) {
    // The same fit with a constant under the star.
    signal -= (profile1 * light1) / weight1;
    norm -= (profile1 * profile1) / weight1;
    if (!(norm > 0)) return;
  }
  const significance = signal / Math.sqrt(norm);
  if (significance >= task.threshold) found.push(x, y, significance, task.localSky ? signal / norm : flux);
}
