import { medianInPlace } from '../numeric/robust.ts';

/**
 * The sky of a plane as a coarse grid: level and noise at the centres of equal cells, interpolated between them by
 * bicubic convolution (Keys 1981, IEEE Trans. ASSP 29, 1153) and extended linearly past the outer centres.
 */
export interface SkyMap {
  readonly width: number;
  readonly height: number;
  /** Cells along x and y. */
  readonly nx: number;
  readonly ny: number;
  /** Level in electrons per pixel at the cell centres, row-major, shared among threads. */
  readonly level: Float32Array;
  /** Variance of a pixel without stars, electrons squared. */
  readonly variance: Float32Array;
}

/** A map of cells about `cellPx` pixels wide, level 0 and variance 1. */
export function emptySky(width: number, height: number, cellPx: number): SkyMap {
  const nx = Math.max(1, Math.round(width / cellPx));
  const ny = Math.max(1, Math.round(height / cellPx));
  const level = new Float32Array(new SharedArrayBuffer(4 * nx * ny));
  const variance = new Float32Array(new SharedArrayBuffer(4 * nx * ny)).fill(1);
  return { width, height, nx, ny, level, variance };
}

// Maps are written out name by name: a copy with one value replaced would make code that was compiled for maps that
// never change be thrown away.

/** The same sky of a plane whose pixels are bins of `bin` x `bin`: rows then give values at the middles of bins. */
export function binnedSky(map: SkyMap, bin: number): SkyMap {
  const { width, height, nx, ny, level, variance } = map;
  return bin === 1 ? map : { width: width / bin, height: height / bin, nx, ny, level, variance };
}

/** A copy with cells of its own. */
export function copySky({ width, height, nx, ny, level, variance }: SkyMap): SkyMap {
  return { width, height, nx, ny, level: copyShared(level), variance: copyShared(variance) };
}

function copyShared(field: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(field.byteLength));
  copy.set(field);
  return copy;
}

/** Grid coordinate of pixel `p` when `cells` equal cells span `pixels`: 0 at the centre of the first cell. */
const gridAt = (p: number, cells: number, pixels: number) => ((p + 0.5) * cells) / pixels - 0.5;

let nodes = new Float64Array(64);
const taps = new Float64Array(4);

/**
 * Weights of Keys' cubic at grid coordinate `g` on the four values of `n` from the returned index on (all, for fewer
 * than four); what falls beyond both ends lies on the straight line through the outer two.
 */
function cubicTaps(g: number, n: number): number {
  const j = Math.floor(g);
  const t = g - j;
  const start = Math.max(0, Math.min(n - 4, j - 1));
  taps.fill(0);
  for (let k = 0; k < 4; k++) {
    const w =
      k === 0
        ? 0.5 * t * (-1 + t * (2 - t))
        : k === 1
          ? 1 + 0.5 * t * t * (3 * t - 5)
          : k === 2
            ? 0.5 * t * (1 + t * (4 - 3 * t))
            : 0.5 * t * t * (t - 1);
    const i = j - 1 + k;
    const edge = Math.max(0, Math.min(n - 1, i));
    const beyond = n === 1 ? 0 : Math.abs(i - edge);
    taps[edge - start]! += w * (1 + beyond);
    if (beyond > 0) taps[(i < 0 ? 1 : n - 2) - start]! -= w * beyond;
  }
  return start;
}

/** Writes the field (level or variance) of row `y` for columns 0..width-1 into `out`. */
export function skyRow(map: SkyMap, field: Float32Array, y: number, out: Float32Array): void {
  const { nx, ny, width, height } = map;
  if (nodes.length < nx + 4) nodes = new Float64Array(nx + 4);
  const node = nodes;
  const start = cubicTaps(gridAt(y, ny, height), ny) * nx;
  const w0 = taps[0]!;
  const w1 = taps[1]!;
  const w2 = taps[2]!;
  const w3 = taps[3]!;
  const last = field.length - nx;
  const row1 = Math.min(last, start + nx);
  const row2 = Math.min(last, start + 2 * nx);
  const row3 = Math.min(last, start + 3 * nx);
  for (let i = 0; i < nx; i++) {
    node[i + 2] = w0 * field[start + i]! + w1 * field[row1 + i]! + w2 * field[row2 + i]! + w3 * field[row3 + i]!;
  }
  if (nx === 1) {
    out.fill(node[2]!, 0, Math.ceil(width));
    return;
  }
  // Two nodes beyond either end, on the straight line through the outer two.
  node[1] = 2 * node[2]! - node[3]!;
  node[0] = 2 * node[1]! - node[2]!;
  node[nx + 2] = 2 * node[nx + 1]! - node[nx]!;
  node[nx + 3] = 2 * node[nx + 2]! - node[nx + 1]!;
  const step = nx / width;
  for (let cell = -1; cell < nx; cell++) {
    const from = Math.max(0, Math.ceil(((cell + 0.5) * width) / nx - 0.5));
    const to = Math.min(width, Math.ceil(((cell + 1.5) * width) / nx - 0.5));
    cubicStretch(cell + 1, gridAt(from, nx, width) - cell, step, from, to, out);
  }
}

/** The cubic between nodes `first` + 1 and `first` + 2 on the pixels [from, to), at u from the first of them and on by `step`. */
function cubicStretch(first: number, start: number, step: number, from: number, to: number, out: Float32Array): void {
  const a = nodes[first]!;
  const b = nodes[first + 1]!;
  const c = nodes[first + 2]!;
  const d = nodes[first + 3]!;
  const k1 = 0.5 * (c - a);
  const k2 = 0.5 * (2 * a - 5 * b + 4 * c - d);
  const k3 = 0.5 * (3 * (b - c) + d - a);
  // The cubic at every eighth pixel, straight lines between: a cell is many times wider.
  let u = start;
  let v = b + u * (k1 + u * (k2 + u * k3));
  let x = from;
  for (; x + STRAIGHT <= to; x += STRAIGHT) {
    u += STRAIGHT * step;
    const next = b + u * (k1 + u * (k2 + u * k3));
    const slope = (next - v) / STRAIGHT;
    // Eight sums that do not wait for one another.
    out[x] = v;
    out[x + 1] = v + slope;
    out[x + 2] = v + 2 * slope;
    out[x + 3] = v + 3 * slope;
    out[x + 4] = v + 4 * slope;
    out[x + 5] = v + 5 * slope;
    out[x + 6] = v + 6 * slope;
    out[x + 7] = v + 7 * slope;
    v = next;
  }
  const last = u + STRAIGHT * step;
  const slope = (b + last * (k1 + last * (k2 + last * k3)) - v) / STRAIGHT;
  for (let i = x; i < to; i++) out[i] = v + (i - x) * slope;
}

const STRAIGHT = 8;

/**
 * Variance of row `y` for columns 0..width-1: bilinear and constant beyond the outer centres, because a cubic or a
 * straight line past its nodes could tell of a negative variance beside a steep step of the noise.
 */
export function varianceRow(map: SkyMap, y: number, out: Float32Array): void {
  const { nx, ny, width, height, variance } = map;
  if (nodes.length < nx) nodes = new Float64Array(nx);
  const gy = Math.min(ny - 1, Math.max(0, gridAt(y, ny, height)));
  const j = Math.min(Math.max(0, ny - 2), Math.floor(gy));
  const up = ny === 1 ? 0 : nx;
  for (let i = 0; i < nx; i++) {
    const low = variance[j * nx + i]!;
    nodes[i] = low + (gy - j) * (variance[j * nx + up + i]! - low);
  }
  const step = nx / width;
  for (let cell = -1; cell < nx; cell++) {
    const from = Math.max(0, Math.ceil(((cell + 0.5) * width) / nx - 0.5));
    const to = Math.min(width, Math.ceil(((cell + 1.5) * width) / nx - 0.5));
    const left = nodes[Math.max(0, cell)]!;
    const slope = (nodes[Math.min(nx - 1, cell + 1)]! - left) * step;
    straightStretch(left + slope * ((gridAt(from, nx, width) - cell) / step), slope, from, to, out);
  }
}

function straightStretch(v: number, slope: number, from: number, to: number, out: Float32Array): void {
  for (let x = from; x < to; x++) out[x] = v + (x - from) * slope;
}

/** Variance at one point, interpolated as in `varianceRow`. */
export function varianceAt(map: SkyMap, x: number, y: number): number {
  const { width, height, nx, ny } = map;
  const inX = Math.min((1 - 0.5 / nx) * width - 0.5, Math.max((0.5 * width) / nx - 0.5, x));
  const inY = Math.min((1 - 0.5 / ny) * height - 0.5, Math.max((0.5 * height) / ny - 0.5, y));
  return skyAt(map, map.variance, inX, inY);
}

/** The field at one point, bilinearly: good to a small part of the noise. */
export function skyAt(map: SkyMap, field: Float32Array, x: number, y: number): number {
  const { nx, ny } = map;
  const gx = gridAt(x, nx, map.width);
  const gy = gridAt(y, ny, map.height);
  const i = nx === 1 ? 0 : Math.min(nx - 2, Math.max(0, Math.floor(gx)));
  const j = ny === 1 ? 0 : Math.min(ny - 2, Math.max(0, Math.floor(gy)));
  const right = nx === 1 ? 0 : 1;
  const up = ny === 1 ? 0 : nx;
  const u = nx === 1 ? 0 : gx - i;
  const v = ny === 1 ? 0 : gy - j;
  const at = j * nx + i;
  const low = field[at]! + u * (field[at + right]! - field[at]!);
  const high = field[at + up]! + u * (field[at + up + right]! - field[at + up]!);
  return low + v * (high - low);
}

/** The median of a map's field: one number for the frame. */
export function medianOf(field: Float32Array): number {
  return medianInPlace(new Float64Array(field), field.length);
}
