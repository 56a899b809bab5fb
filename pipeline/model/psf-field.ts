import { splineSlopes, splineWeights } from '../numeric/spline.ts';
import type { MoffatConstants, MoffatShape } from './moffat.ts';
import { moffatConstants } from './moffat.ts';

/**
 * The point spread function over a plane, ready to be evaluated: at each node of a coarse grid a table of B-spline
 * coefficients of the pixel-integrated PSF, `oversample` samples a pixel, out to `half` pixels; between nodes the
 * tables are blended bilinearly, beyond a table the analytic wings of the local Moffat shape go on. Unit total flux.
 */
export interface PsfField {
  readonly width: number;
  readonly height: number;
  readonly nodesX: number;
  readonly nodesY: number;
  readonly oversample: number;
  /** Half width of the tables in pixels. */
  readonly half: number;
  /** Samples along a table's side: 2 half oversample + 5, so that four taps fit at every offset within `half`. */
  readonly size: number;
  /** nodesX * nodesY tables, shared among threads. */
  readonly tables: Float32Array;
  /** lnAlpha, e1, e2, beta of each node, shared. */
  readonly shapes: Float64Array;
  /** Side of the square that a pixel gathers light from, in pixels. */
  readonly pixelPx: number;
  /** FWHM in pixels at the middle of the plane, of the pixel-integrated PSF. */
  readonly fwhmPx: number;
  /** Sum over pixels of the squared PSF for a centred star at the middle: the inverse noise-equivalent area. */
  readonly sumSquares: number;
}

export const tableSize = (half: number, oversample: number) => 2 * half * oversample + 5;

const wx = new Float64Array(4);
const wy = new Float64Array(4);
const dx = new Float64Array(4);
const dy = new Float64Array(4);
let blended = new Float32Array(4096);
let line = new Float64Array(256);
let lineSlope = new Float64Array(256);

/** Where between nodes a position lies: the lower node and the fraction towards the next. */
function between(p: number, nodes: number, extent: number): { node: number; fraction: number } {
  if (nodes === 1) return { node: 0, fraction: 0 };
  const g = Math.min(nodes - 1, Math.max(0, (p / Math.max(1, extent - 1)) * (nodes - 1)));
  const node = Math.min(nodes - 2, Math.floor(g));
  return { node, fraction: g - node };
}

/** Shape of the Moffat profile at a position. */
export function shapeAt(psf: PsfField, x: number, y: number): MoffatShape {
  const { nodesX, nodesY, shapes, pixelPx } = psf;
  const bx = between(x, nodesX, psf.width);
  const by = between(y, nodesY, psf.height);
  const at = 4 * (by.node * nodesX + bx.node);
  const right = nodesX > 1 ? 4 : 0;
  const up = nodesY > 1 ? 4 * nodesX : 0;
  return {
    lnAlpha: blendedNumber(shapes, at, right, up, bx.fraction, by.fraction),
    e1: blendedNumber(shapes, at + 1, right, up, bx.fraction, by.fraction),
    e2: blendedNumber(shapes, at + 2, right, up, bx.fraction, by.fraction),
    beta: blendedNumber(shapes, at + 3, right, up, bx.fraction, by.fraction),
    pixelPx,
  };
}

/** A number of the nodes between four of them, `right` and `up` the ways to the next along x and y. */
function blendedNumber(shapes: Float64Array, at: number, right: number, up: number, fx: number, fy: number): number {
  const low = shapes[at]! + fx * (shapes[at + right]! - shapes[at]!);
  const high = shapes[at + up]! + fx * (shapes[at + right + up]! - shapes[at + up]!);
  return low + fy * (high - low);
}

/** The PSF of one place as a field of its own that holds everywhere: small enough to be kept when the plane is gone. */
export function localPsf(psf: PsfField, x: number, y: number): PsfField {
  const { size } = psf;
  findPart(psf, x, y, 0, 0, size, size);
  const { lnAlpha, e1, e2, beta } = shapeAt(psf, x, y);
  return {
    ...psf,
    nodesX: 1,
    nodesY: 1,
    tables: part.slice(partStart, partStart + size * size),
    shapes: Float64Array.of(lnAlpha, e1, e2, beta),
  };
}

/**
 * Evaluates the PSF of a star at (x, y) on the pixels [x0, x0 + nx) x [y0, y0 + ny), row-major into `value`.
 */
export function evaluatePsf(
  psf: PsfField,
  x: number,
  y: number,
  x0: number,
  y0: number,
  nx: number,
  ny: number,
  value: Float64Array,
): void {
  if (!cover(psf, x, y, x0, y0, nx, ny)) aroundTable(psf, x, y, x0, y0, nx, ny, value);
  if (coveredColumns === 0) return;
  for (let j = coveredBottom; j < coveredTop; j++) valueRow(j, nx, psf.oversample, value);
}

/** As `evaluatePsf`, with the derivatives with respect to the star's x and y in `gradX` and `gradY`. */
export function evaluatePsfSlopes(
  psf: PsfField,
  x: number,
  y: number,
  x0: number,
  y0: number,
  nx: number,
  ny: number,
  value: Float64Array,
  gradX: Float64Array,
  gradY: Float64Array,
): void {
  if (!cover(psf, x, y, x0, y0, nx, ny)) aroundTable(psf, x, y, x0, y0, nx, ny, value, gradX, gradY);
  if (coveredColumns === 0) return;
  for (let j = coveredBottom; j < coveredTop; j++) slopesRow(j, nx, psf.oversample, value, gradX, gradY);
}

/**
 * Adds `flux` times the PSF of a star at (x, y) to the pixels [x0, x0 + nx) x [y0, y0 + ny) of an image `width` pixels wide,
 * if the table covers all of them; false, and nothing added, if it does not.
 */
export function addCoveredPsf(
  psf: PsfField,
  x: number,
  y: number,
  flux: number,
  x0: number,
  y0: number,
  nx: number,
  ny: number,
  image: Float32Array,
  width: number,
): boolean {
  if (!cover(psf, x, y, x0, y0, nx, ny)) return false;
  for (let j = 0; j < ny; j++) addRow(j, psf.oversample, flux, image, (y0 + j) * width + x0);
  return true;
}

// The rows and columns of a stamp that the table covers, the part of the table that they need, and where in it that starts.
// Variables, not an object: code that was compiled while a field of it had never changed would be thrown away.
let coveredLeft = 0;
let coveredRight = 0;
let coveredBottom = 0;
let coveredTop = 0;
/** Columns of the table; 0 when nothing is covered. */
let coveredColumns = 0;
let part: Float32Array = blended;
let partStart = 0;
let partPitch = 0;

/** Works out what the table covers of a stamp (`coveredColumns` is 0 for nothing); true when it is all of it. */
function cover(psf: PsfField, x: number, y: number, x0: number, y0: number, nx: number, ny: number): boolean {
  const { half, oversample } = psf;
  // The pixels with |pixel - star| <= half. "| 0" because a zero below zero would not be a whole number to the compiler.
  const left = Math.max(0, (Math.ceil(x - half) | 0) - x0);
  const right = Math.min(nx, (Math.floor(x + half) | 0) - x0 + 1);
  const bottom = Math.max(0, (Math.ceil(y - half) | 0) - y0);
  const top = Math.min(ny, (Math.floor(y + half) | 0) - y0 + 1);
  coveredColumns = 0;
  if (left >= right || bottom >= top) return false;
  const centre = half * oversample + 2;
  const tx = (x0 + left - x) * oversample + centre;
  const ty = (y0 + bottom - y) * oversample + centre;
  const column = Math.floor(tx) | 0;
  const row = Math.floor(ty) | 0;
  splineWeights(tx - column, wx);
  splineWeights(ty - row, wy);
  splineSlopes(tx - column, dx);
  splineSlopes(ty - row, dy);
  const columns = (right - left - 1) * oversample + 4;
  const rows = (top - bottom - 1) * oversample + 4;
  findPart(psf, x, y, column - 1, row - 1, columns, rows);
  coveredLeft = left;
  coveredRight = right;
  coveredBottom = bottom;
  coveredTop = top;
  coveredColumns = columns;
  if (line.length < columns) {
    line = new Float64Array(columns);
    lineSlope = new Float64Array(columns);
  }
  return left === 0 && bottom === 0 && right === nx && top === ny;
}

/** Row `j` of a stamp from the table: four taps along y for each of its columns, then four of these along x. */
function valueRow(j: number, nx: number, oversample: number, value: Float64Array): void {
  const columns = coveredColumns;
  const sums = line;
  sumColumns(j, oversample, sums);
  const x0w = wx[0]!;
  const x1w = wx[1]!;
  const x2w = wx[2]!;
  const x3w = wx[3]!;
  let at = j * nx + coveredLeft;
  for (let i = 0; i <= columns - 4; i += oversample) {
    value[at++] = x0w * sums[i]! + x1w * sums[i + 1]! + x2w * sums[i + 2]! + x3w * sums[i + 3]!;
  }
}

/** `flux` times the same row of a stamp that is covered as a whole, added from `image[from]` on. */
function addRow(j: number, oversample: number, flux: number, image: Float32Array, from: number): void {
  const columns = coveredColumns;
  const sums = line;
  sumColumns(j, oversample, sums);
  const x0w = wx[0]!;
  const x1w = wx[1]!;
  const x2w = wx[2]!;
  const x3w = wx[3]!;
  let at = from;
  for (let i = 0; i <= columns - 4; i += oversample, at++) {
    image[at]! += flux * (x0w * sums[i]! + x1w * sums[i + 1]! + x2w * sums[i + 2]! + x3w * sums[i + 3]!);
  }
}

/** The taps along y of row `j`, for each column of the table. */
function sumColumns(j: number, oversample: number, sums: Float64Array): void {
  const table = part;
  const pitch = partPitch;
  const columns = coveredColumns;
  const y0w = wy[0]!;
  const y1w = wy[1]!;
  const y2w = wy[2]!;
  const y3w = wy[3]!;
  let k = partStart + (j - coveredBottom) * oversample * pitch;
  for (let i = 0; i < columns; i++, k++) {
    sums[i] = y0w * table[k]! + y1w * table[k + pitch]! + y2w * table[k + 2 * pitch]! + y3w * table[k + 3 * pitch]!;
  }
}

function slopesRow(
  j: number,
  nx: number,
  oversample: number,
  value: Float64Array,
  gradX: Float64Array,
  gradY: Float64Array,
): void {
  const table = part;
  const pitch = partPitch;
  const columns = coveredColumns;
  const sums = line;
  const slopes = lineSlope;
  // Moving the star by +1 pixel moves the table coordinate by -oversample.
  const scale = -oversample;
  const y0w = wy[0]!;
  const y1w = wy[1]!;
  const y2w = wy[2]!;
  const y3w = wy[3]!;
  const y0s = scale * dy[0]!;
  const y1s = scale * dy[1]!;
  const y2s = scale * dy[2]!;
  const y3s = scale * dy[3]!;
  let k = partStart + (j - coveredBottom) * oversample * pitch;
  for (let i = 0; i < columns; i++, k++) {
    const a = table[k]!;
    const b = table[k + pitch]!;
    const c = table[k + 2 * pitch]!;
    const d = table[k + 3 * pitch]!;
    sums[i] = y0w * a + y1w * b + y2w * c + y3w * d;
    slopes[i] = y0s * a + y1s * b + y2s * c + y3s * d;
  }
  const x0w = wx[0]!;
  const x1w = wx[1]!;
  const x2w = wx[2]!;
  const x3w = wx[3]!;
  const x0s = scale * dx[0]!;
  const x1s = scale * dx[1]!;
  const x2s = scale * dx[2]!;
  const x3s = scale * dx[3]!;
  let at = j * nx + coveredLeft;
  for (let i = 0; i <= columns - 4; i += oversample, at++) {
    const a = sums[i]!;
    const b = sums[i + 1]!;
    const c = sums[i + 2]!;
    const d = sums[i + 3]!;
    value[at] = x0w * a + x1w * b + x2w * c + x3w * d;
    gradX[at] = x0s * a + x1s * b + x2s * c + x3s * d;
    gradY[at] = x0w * slopes[i]! + x1w * slopes[i + 1]! + x2w * slopes[i + 2]! + x3w * slopes[i + 3]!;
  }
}

/** The pixels of a stamp that the table does not cover: the wings of the local Moffat shape. */
function aroundTable(
  psf: PsfField,
  x: number,
  y: number,
  x0: number,
  y0: number,
  nx: number,
  ny: number,
  value: Float64Array,
  gradX?: Float64Array,
  gradY?: Float64Array,
): void {
  const k = moffatConstants(shapeAt(psf, x, y));
  for (let j = 0; j < ny; j++) {
    const isBeside = coveredColumns > 0 && j >= coveredBottom && j < coveredTop;
    wings(k, x0 - x, y0 + j - y, 0, isBeside ? coveredLeft : nx, j * nx, value, gradX, gradY);
    if (isBeside) wings(k, x0 - x, y0 + j - y, coveredRight, nx, j * nx, value, gradX, gradY);
  }
}

function wings(
  k: MoffatConstants,
  u0: number,
  v: number,
  from: number,
  to: number,
  at: number,
  value: Float64Array,
  gradX?: Float64Array,
  gradY?: Float64Array,
): void {
  for (let i = from; i < to; i++) {
    const u = u0 + i;
    const t = 1 + k.a * u * u + k.b * u * v + k.c * v * v;
    const p = k.norm * Math.exp(-k.beta * Math.log(t));
    value[at + i] = p;
    if (gradX === undefined || gradY === undefined) continue;
    const slope = (k.beta * p) / t;
    gradX[at + i] = slope * (2 * k.a * u + k.b * v);
    gradY[at + i] = slope * (2 * k.c * v + k.b * u);
  }
}

// What `blended` holds: the part of the tables of a field from (mixedColumn, mixedRow) on, as it is at one place of the blend.
let mixedTables: Float32Array = blended;
let mixedPlace = -1;
let mixedColumn = 0;
let mixedRow = 0;
let mixedColumns = 0;
let mixedRows = 0;

/** Places of the blend between two nodes, along either axis: the PSF hardly differs between neighbouring ones. */
const PLACES = 64;
/** Samples more than asked for on each side: a star that has moved by a part of a pixel finds its table there. */
const SPARE = 1;

/**
 * Sets `part` to the local table, where (column, row) is at `partStart`: the node's own, or a blend of four in scratch. A
 * star is evaluated several times in turn at nearly one place: its blend is kept for that.
 */
function findPart(
  psf: PsfField,
  x: number,
  y: number,
  column: number,
  row: number,
  columns: number,
  rows: number,
): void {
  const { nodesX, nodesY, size, tables } = psf;
  if (nodesX === 1 && nodesY === 1) {
    part = tables;
    partStart = row * size + column;
    partPitch = size;
    return;
  }
  const bx = between(x, nodesX, psf.width);
  const by = between(y, nodesY, psf.height);
  const placeX = Math.round(PLACES * (bx.node + bx.fraction));
  const placeY = Math.round(PLACES * (by.node + by.fraction));
  const place = placeY * PLACES * nodesX + placeX;
  const isHeld =
    mixedTables === tables &&
    mixedPlace === place &&
    column >= mixedColumn &&
    row >= mixedRow &&
    column + columns <= mixedColumn + mixedColumns &&
    row + rows <= mixedRow + mixedRows;
  if (!isHeld) {
    mixedTables = tables;
    mixedPlace = place;
    mixedColumn = Math.max(0, column - SPARE);
    mixedRow = Math.max(0, row - SPARE);
    mixedColumns = Math.min(size, column + columns + SPARE) - mixedColumn;
    mixedRows = Math.min(size, row + rows + SPARE) - mixedRow;
    blend(psf, bx.node, placeX / PLACES - bx.node, by.node, placeY / PLACES - by.node);
  }
  part = blended;
  partStart = (row - mixedRow) * mixedColumns + column - mixedColumn;
  partPitch = mixedColumns;
}

/** Fills `blended` with the part that it is to hold, at a fraction of the way from a node to the next along either axis. */
function blend(psf: PsfField, nodeX: number, alongX: number, nodeY: number, alongY: number): void {
  const { nodesX, nodesY, size, tables } = psf;
  const columns = mixedColumns;
  const rows = mixedRows;
  const area = size * size;
  const right = nodesX > 1 ? area : 0;
  const up = nodesY > 1 ? nodesX * area : 0;
  const w11 = alongX * alongY;
  const w10 = alongX - w11;
  const w01 = alongY - w11;
  const w00 = 1 - alongX - alongY + w11;
  if (blended.length < columns * rows) blended = new Float32Array(columns * rows);
  const mix = blended;
  let base = (nodeY * nodesX + nodeX) * area + mixedRow * size + mixedColumn;
  for (let j = 0, at = 0; j < rows; j++, base += size) {
    for (let k = base; k < base + columns; k++, at++) {
      mix[at] = w00 * tables[k]! + w10 * tables[k + right]! + w01 * tables[k + up]! + w11 * tables[k + right + up]!;
    }
  }
}
