import type { SkyMap } from '../background/map.ts';
import { skyAt, varianceAt } from '../background/map.ts';
import type { Kernel } from '../crew.ts';
import type { NoiseModel } from '../model/noise.ts';
import { starsOfPart } from '../model/normal.ts';
import type { PsfField } from '../model/psf-field.ts';
import { evaluatePsf } from '../model/psf-field.ts';
import type { Stars } from '../model/stars.ts';
import { pixelOf } from '../plane.ts';

export interface ApertureTask {
  readonly width: number;
  readonly height: number;
  readonly electrons: Float32Array;
  readonly residual: Float32Array;
  readonly sky: SkyMap;
  readonly psf: PsfField;
  readonly noise: NoiseModel;
  readonly stars: Stars;
  readonly radiusPx: number;
  /** Output, `APERTURE_STRIDE` numbers a star. */
  readonly sums: Float64Array;
}

/** Residual electrons in the aperture, share of the PSF in it, variance of the sum, share of the area without weight. */
export const APERTURE_STRIDE = 4;

let stamp = new Float64Array(1024);

/**
 * Aperture sums of the residual image: what a circle about each star holds beyond its model, neighbours subtracted.
 * Pixels on the rim count by the share that lies inside.
 */
export const apertureSums: Kernel<ApertureTask, void> = (task, part, parts) => {
  const range = starsOfPart(task.stars.count, part, parts);
  for (let s = range.from; s < range.to; s++) sumStar(task, s);
};

function sumStar(task: ApertureTask, s: number): void {
  const { width, height, residual, electrons, sky, psf, noise, stars, radiusPx, sums } = task;
  const half = Math.ceil(radiusPx);
  const side = 2 * half + 1;
  if (stamp.length < side * side) stamp = new Float64Array(side * side);
  const profile = stamp;
  const x = stars.x[s]!;
  const y = stars.y[s]!;
  const x0 = pixelOf(x) - half;
  const y0 = pixelOf(y) - half;
  evaluatePsf(psf, x, y, x0, y0, side, side, profile);
  const level = skyAt(sky, sky.level, x, y);
  const v0 = varianceAt(sky, x, y);
  let extra = 0;
  let share = 0;
  let variance = 0;
  let area = 0;
  let missing = 0;
  for (let j = 0, p = 0; j < side; j++) {
    for (let i = 0; i < side; i++, p++) {
      const cover = coverage(x0 + i - x, y0 + j - y, radiusPx);
      if (cover === 0) continue;
      area += cover;
      const inside = x0 + i >= 0 && y0 + j >= 0 && x0 + i < width && y0 + j < height;
      const at = (y0 + j) * width + x0 + i;
      const r = inside ? residual[at]! : Number.NaN;
      if (Number.isNaN(r)) {
        missing += cover;
        continue;
      }
      const light = Math.max(0, electrons[at]! - level - r);
      extra += cover * r;
      share += cover * profile[p]!;
      variance += cover * cover * (v0 + noise.photonSlope * light);
    }
  }
  const at = APERTURE_STRIDE * s;
  sums[at] = extra;
  sums[at + 1] = share;
  sums[at + 2] = variance;
  sums[at + 3] = missing / area;
}

/** A pixel that is so much nearer or farther than the rim of a circle lies on one side of it as a whole. */
export const HALF_DIAGONAL_PX = 0.71;

/**
 * Share of the unit pixel at offset (u, v) that lies within `radius` of the origin: the length inside of five lines across
 * it, in the direction that the rim crosses most steeply.
 */
export function coverage(u: number, v: number, radius: number): number {
  const square = u * u + v * v;
  const inner = radius - HALF_DIAGONAL_PX;
  const outer = radius + HALF_DIAGONAL_PX;
  if (inner > 0 && square <= inner * inner) return 1;
  if (square >= outer * outer) return 0;
  const along = Math.max(Math.abs(u), Math.abs(v));
  const across = Math.min(Math.abs(u), Math.abs(v));
  let inside = 0;
  for (let i = -2; i <= 2; i++) {
    const d = across + i / 5;
    const reach = Math.sqrt(Math.max(0, radius * radius - d * d));
    inside += Math.max(0, Math.min(along + 0.5, reach) - Math.max(along - 0.5, -reach));
  }
  return inside / 5;
}
