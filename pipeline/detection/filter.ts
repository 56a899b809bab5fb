import type { PsfField } from '../model/psf-field.ts';
import { evaluatePsf } from '../model/psf-field.ts';

/** A matched filter as a sum of separable ones: kernel(u, v) = sum_k rows[k][u] * columns[k][v]. */
export interface SeparableFilter {
  /** The image is filtered in bins of `bin` x `bin` pixels; all lengths here are in bins. */
  readonly bin: number;
  readonly half: number;
  /** Horizontal factors, `2 half + 1` numbers each. */
  readonly rows: readonly Float64Array[];
  readonly columns: readonly Float64Array[];
  /** Sum of the squared kernel: the filtered noise of unit white noise is its square root. */
  readonly sumSquares: number;
}

/** A Gaussian of the given FWHM, unit sum, for an image in bins: for the first look, before a PSF exists. */
export function gaussianFilter(fwhmPx: number, bin: number): SeparableFilter {
  const sigma = fwhmPx / bin / 2.3548;
  const half = Math.max(1, Math.ceil(2.5 * sigma));
  const g = Float64Array.from({ length: 2 * half + 1 }, (_, i) => Math.exp(-0.5 * ((i - half) / sigma) ** 2));
  const sum = g.reduce((a, b) => a + b, 0);
  for (let i = 0; i < g.length; i++) g[i]! /= sum;
  return separable(bin, half, [g], [g]);
}

/** Share of the squared kernel that the separable approximation must hold. */
const KEPT = 0.985;

/** Bins are at most this wide: the last step of the exact significance still starts near enough to the star. */
const WIDEST_BIN = 4;

/**
 * The PSF of the middle of the plane as a filter: the leading terms of the singular value decomposition of its
 * stamp, by power iteration, enough of them that nearly all of the matched signal passes. A wide PSF is filtered in
 * bins of at most half its FWHM: its filtered image has nothing finer to show, and the work falls with the cube
 * of the bin.
 */
export function psfFilter(psf: PsfField): SeparableFilter {
  const bin = Math.min(WIDEST_BIN, 2 ** Math.max(0, Math.floor(Math.log2(psf.fwhmPx / 2))));
  const half = Math.max(2, Math.round((1.25 * psf.fwhmPx) / bin));
  const side = 2 * half + 1;
  const kernel = binnedStamp(psf, bin, side);
  let total = 0;
  for (const k of kernel) total += k * k;
  const rows: Float64Array[] = [];
  const columns: Float64Array[] = [];
  let left = total;
  while (rows.length < 3 && left > (1 - KEPT) * total) {
    const { row, column } = leadingTerm(kernel, side);
    for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) kernel[j * side + i]! -= row[i]! * column[j]!;
    rows.push(row);
    columns.push(column);
    left = 0;
    for (const k of kernel) left += k * k;
  }
  return separable(bin, half, rows, columns);
}

/** The PSF of a star at the centre of the middle bin, summed in `side` x `side` bins. */
function binnedStamp(psf: PsfField, bin: number, side: number): Float64Array {
  const pixels = bin * side;
  const x0 = Math.round(psf.width / 2);
  const y0 = Math.round(psf.height / 2);
  const fine = new Float64Array(pixels * pixels);
  evaluatePsf(psf, x0 + (pixels - 1) / 2, y0 + (pixels - 1) / 2, x0, y0, pixels, pixels, fine);
  const kernel = new Float64Array(side * side);
  for (let y = 0; y < pixels; y++) {
    for (let x = 0; x < pixels; x++) {
      kernel[Math.floor(y / bin) * side + Math.floor(x / bin)]! += fine[y * pixels + x]!;
    }
  }
  return kernel;
}

function leadingTerm(kernel: Float64Array, side: number): { row: Float64Array; column: Float64Array } {
  let row = new Float64Array(side).fill(1 / Math.sqrt(side));
  let column = new Float64Array(side);
  for (let round = 0; round < 60; round++) {
    column = new Float64Array(side);
    for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) column[j]! += kernel[j * side + i]! * row[i]!;
    const next = new Float64Array(side);
    for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) next[i]! += kernel[j * side + i]! * column[j]!;
    const length = Math.hypot(...next);
    if (!(length > 0)) break;
    for (let i = 0; i < side; i++) next[i]! /= length;
    row = next;
  }
  column = new Float64Array(side);
  for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) column[j]! += kernel[j * side + i]! * row[i]!;
  return { row, column };
}

function separable(bin: number, half: number, rows: Float64Array[], columns: Float64Array[]): SeparableFilter {
  let sumSquares = 0;
  for (let a = 0; a < rows.length; a++) {
    for (let b = 0; b < rows.length; b++) {
      let r = 0;
      let c = 0;
      for (let i = 0; i <= 2 * half; i++) {
        r += rows[a]![i]! * rows[b]![i]!;
        c += columns[a]![i]! * columns[b]![i]!;
      }
      sumSquares += r * c;
    }
  }
  return { bin, half, rows, columns, sumSquares };
}
