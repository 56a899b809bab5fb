import type { SkyMap } from '../background/map.ts';
import { skyRow } from '../background/map.ts';
import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { fetchRows, pixelOf } from '../plane.ts';
import type { PsfField } from './psf-field.ts';
import { addCoveredPsf, evaluatePsf } from './psf-field.ts';
import type { Bands, Stars } from './stars.ts';

export interface RenderTask {
  readonly width: number;
  readonly height: number;
  /** Electrons; a pixel with a mask bit, or at saturation, becomes NaN in the residual. */
  readonly electrons: Float32Array;
  readonly mask: Uint8Array;
  readonly saturationE: number;
  readonly residual: Float32Array;
  /** False: sky and stars are subtracted from the residual as it stands, with no fresh start. */
  readonly fresh: boolean;
  /** Undefined: the sky is not subtracted. */
  readonly sky: SkyMap | undefined;
  /** Undefined: no stars are subtracted. */
  readonly model: { readonly stars: Stars; readonly psf: PsfField; readonly bands: Bands } | undefined;
}

/** Rows of a band: wide enough that few stars cross two, narrow enough to share well among threads. */
export const bandsOf = (height: number) => Math.max(1, Math.ceil(height / 96));

let sky = new Float32Array(4096);
let stamp = new Float64Array(4096);

/** residual = electrons - sky - stars, for the rows of one band; `parts` must be the number of bands. */
export const renderResidual: Kernel<RenderTask, void> = (task, part, parts) => {
  const { width, height, residual, model } = task;
  const rows = rowsOfPart(height, part, parts);
  if (sky.length < width) sky = new Float32Array(width);
  if (task.sky === undefined) sky.fill(0, 0, width);
  const level = sky;
  for (let y = rows.from; y < rows.to && (task.fresh || task.sky !== undefined); y++) {
    if (task.sky !== undefined) skyRow(task.sky, task.sky.level, y, level);
    if (task.fresh) startRow(task, y * width, level);
    else lowerRow(residual, y * width, width, level);
  }
  if (model === undefined) return;
  const { stars, psf, bands } = model;
  for (let s = bands.start[part]!; s < bands.start[part + 1]!; s++) {
    const i = bands.ids[s]!;
    addStar(
      residual,
      width,
      height,
      rows.from,
      rows.to,
      psf,
      stars.x[i]!,
      stars.y[i]!,
      -stars.flux[i]!,
      stars.reach[i]!,
    );
  }
};

/** Makes NaN in the residual what the mask has come to hold since it was rendered, in the rows of one part. */
export const hideMasked: Kernel<Pick<RenderTask, 'width' | 'height' | 'mask' | 'residual'>, void> = (
  { width, height, mask, residual },
  part,
  parts,
) => {
  const rows = rowsOfPart(height, part, parts);
  for (let y = rows.from; y < rows.to; y++) hideRow(y * width, width, mask, residual);
};

// Rows are functions of their own: called often, they are compiled as a whole, where a loop within a loop is entered from
// slow code again at every row until the kernel itself has been called many times.

/** A row of the residual from the electrons and the sky. */
function startRow(
  { width, electrons, mask, residual, saturationE }: RenderTask,
  at: number,
  level: Float32Array,
): void {
  const gap = Number.NaN;
  for (let x = 0; x < width; x++) {
    const e = electrons[at + x]!;
    residual[at + x] = mask[at + x] !== 0 || e >= saturationE ? gap : e - level[x]!;
  }
}

function lowerRow(residual: Float32Array, at: number, width: number, level: Float32Array): void {
  for (let x = 0; x < width; x++) residual[at + x]! -= level[x]!;
}

function hideRow(at: number, width: number, mask: Uint8Array, residual: Float32Array): void {
  const end = at + width;
  // Nearly all of the mask is zero, and seen to be so four pixels at a time.
  const first = at + (-(mask.byteOffset + at) & 3);
  if (end < first + 4) {
    hidePixels(at, end, mask, residual);
    return;
  }
  const fours = new Uint32Array(mask.buffer, mask.byteOffset + first, (end - first) >> 2);
  const last = first + 4 * fours.length;
  hidePixels(at, first, mask, residual);
  for (let k = 0; k < fours.length; k++) {
    if (fours[k] !== 0) hidePixels(first + 4 * k, first + 4 * k + 4, mask, residual);
  }
  hidePixels(last, end, mask, residual);
}

function hidePixels(from: number, to: number, mask: Uint8Array, residual: Float32Array): void {
  for (let p = from; p < to; p++) if (mask[p] !== 0) residual[p] = Number.NaN;
}

/** Adds `flux` times the PSF at (x, y) to the image, on the rows [from, to) of a square of half width `reach`. */
export function addStar(
  image: Float32Array,
  width: number,
  height: number,
  from: number,
  to: number,
  psf: PsfField,
  x: number,
  y: number,
  flux: number,
  reach: number,
): void {
  const x0 = Math.max(0, pixelOf(x) - reach);
  const x1 = Math.min(width, pixelOf(x) + reach + 1);
  const y0 = Math.max(from, 0, pixelOf(y) - reach);
  const y1 = Math.min(to, height, pixelOf(y) + reach + 1);
  const nx = x1 - x0;
  const ny = y1 - y0;
  if (nx <= 0 || ny <= 0) return;
  fetchRows(image, y0 * width + x0, width, nx, ny);
  if (addCoveredPsf(psf, x, y, flux, x0, y0, nx, ny, image, width)) return;
  if (stamp.length < nx * ny) stamp = new Float64Array(nx * ny);
  const profile = stamp;
  evaluatePsf(psf, x, y, x0, y0, nx, ny, profile);
  for (let j = 0, p = 0; j < ny; j++) {
    let at = (y0 + j) * width + x0;
    for (let i = 0; i < nx; i++, at++, p++) image[at]! += flux * profile[p]!;
  }
}

/**
 * How far a star of the given flux must be subtracted: to where its wings fall below `level` electrons a pixel,
 * t = (flux norm / level)^(1/beta), r = alpha sqrt(t - 1), at least the half width of its fit.
 */
export function reachOf(flux: number, lnAlpha: number, beta: number, ellipticity: number, level: number): number {
  const alpha = Math.exp(lnAlpha);
  const peak = (Math.max(flux, 0) * (beta - 1)) / (Math.PI * alpha * alpha);
  const t = Math.max(1, (peak / level) ** (1 / beta));
  const stretch = Math.sqrt((1 + ellipticity) / Math.max(0.05, 1 - ellipticity)) ** 0.5;
  return Math.ceil(alpha * stretch * Math.sqrt(t - 1));
}
