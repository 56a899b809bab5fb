import { skyAt, varianceAt } from '../background/map.ts';
import { evaluatePsf } from '../model/psf-field.ts';
import type { Workspace } from '../model/workspace.ts';
import { pixelOf } from '../plane.ts';
import type { ShapeStars } from './shape-fit.ts';

/** A star chosen for the PSF. */
export interface PsfStar {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
  /** Its place in the star list whose model is subtracted in the residual image; -1 before there is one. */
  readonly index: number;
}

/**
 * Cuts the PSF stars out of the residual image and puts each one's own model back, so that what is left is the star
 * without its neighbours. `half` is the half width of a cut-out.
 */
export function cutOut(work: Workspace, chosen: readonly PsfStar[], half: number): ShapeStars {
  const { plane, residual, psf, sky, noise, stars: all } = work;
  const { width, height, electrons } = plane;
  const side = 2 * half + 1;
  const n = chosen.length;
  const data = new Float32Array(new SharedArrayBuffer(4 * n * side * side));
  const weight = new Float32Array(new SharedArrayBuffer(4 * n * side * side));
  const stars = new Float64Array(new SharedArrayBuffer(8 * 4 * n));
  const px = new Float64Array(n);
  const py = new Float64Array(n);
  const own = new Float64Array(side * side);
  for (let s = 0; s < n; s++) {
    const star = chosen[s]!;
    const cx = pixelOf(star.x);
    const cy = pixelOf(star.y);
    px[s] = cx;
    py[s] = cy;
    stars.set([star.x - cx, star.y - cy, star.flux, 0], 4 * s);
    const base = s * side * side;
    own.fill(0);
    if (psf !== undefined && star.index >= 0) {
      evaluatePsf(psf, star.x, star.y, cx - half, cy - half, side, side, own);
      // Back to where it was taken from, and no further.
      const reach = all.reach[star.index]!;
      for (let p = 0; p < side * side; p++) {
        const far = Math.max(Math.abs((p % side) - half), Math.abs(Math.floor(p / side) - half)) > reach;
        own[p] = far ? 0 : own[p]! * all.flux[star.index]!;
      }
    }
    const level = skyAt(sky, sky.level, star.x, star.y);
    const v0 = Math.max(varianceAt(sky, star.x, star.y), 1e-6);
    for (let j = 0, p = 0; j < side; j++) {
      const y = cy - half + j;
      for (let i = 0; i < side; i++, p++) {
        const x = cx - half + i;
        if (x < 0 || y < 0 || x >= width || y >= height) continue;
        const r = residual[y * width + x]!;
        if (Number.isNaN(r)) continue;
        const value = r + own[p]!;
        data[base + p] = value;
        const light = Math.max(0, star.index < 0 ? value : electrons[y * width + x]! - level - r);
        // Neighbours are known only as well as the model: their light counts against a pixel.
        const foreign = Math.max(0, light - own[p]!);
        weight[base + p] = 1 / (v0 + noise.photonSlope * light + FOREIGN * foreign * foreign);
      }
    }
  }
  return { count: n, side, data, weight, stars, px, py, width, height, pixelPx: 1 / plane.mosaic.step };
}

/** Squared relative error assumed for the light of subtracted neighbours. */
const FOREIGN = 0.02 ** 2;
