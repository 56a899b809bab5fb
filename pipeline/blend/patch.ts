import { skyAt, varianceAt } from '../background/map.ts';
import { localPsf, type PsfField } from '../model/psf-field.ts';
import { StarKind } from '../model/stars.ts';
import type { Plane } from '../plane.ts';
import type { MeasuredPlane } from '../stages/state.ts';

/**
 * What one frame holds of a target's surroundings, to be measured again when other frames have told what stands there:
 * a few thousand pixels instead of the plane. Coordinates are plane pixels, fluxes electrons of the PSF fit.
 */
export interface Patch {
  readonly mosaic: Plane['mosaic'];
  /** The first pixel; the patch is a square. */
  readonly x0: number;
  readonly y0: number;
  readonly side: number;
  /** What sky and all modelled stars have left, NaN where there is no usable pixel. */
  readonly residual: Float32Array;
  /** 1 / variance of each pixel, 0 where there is none. */
  readonly weight: Float32Array;
  /** Of the middle of the patch. */
  readonly psf: PsfField;
  /** The unsaturated stars that were modelled here. */
  readonly stars: readonly PatchStar[];
  /** From the flux of the PSF fit to the total of the growth curve. */
  readonly growth: number;
  /** What errors of held positions are multiplied by: see `measureBlankSites`. */
  readonly errorFactor: number;
}

export interface PatchStar {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
}

/** The half width: room for neighbours two FWHM of another, blurred frame away. */
const HALF_FWHM = 4;

/** Cuts the surroundings of a place out of a measured plane; undefined off the plane, or where nothing was measured. */
export function cutPatch({ plane, measurement }: MeasuredPlane, x: number, y: number): Patch | undefined {
  const { work, growth, errorFactor } = measurement.model;
  const { psf, sky, noise, residual, stars } = work;
  const { width, height, electrons, mosaic } = plane;
  if (psf === undefined || measurement.outcome.kind !== 'measured') return undefined;
  if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) return undefined;
  const half = Math.ceil(HALF_FWHM * psf.fwhmPx);
  const side = 2 * half + 1;
  const x0 = Math.round(x) - half;
  const y0 = Math.round(y) - half;
  const level = skyAt(sky, sky.level, x, y);
  const v0 = varianceAt(sky, x, y);
  const cut = new Float32Array(side * side).fill(Number.NaN);
  const weight = new Float32Array(side * side);
  for (let j = Math.max(0, -y0); j < Math.min(side, height - y0); j++) {
    for (let i = Math.max(0, -x0); i < Math.min(side, width - x0); i++) {
      const at = (y0 + j) * width + x0 + i;
      const r = residual[at]!;
      if (Number.isNaN(r)) continue;
      const light = Math.max(0, electrons[at]! - level - r);
      cut[j * side + i] = r;
      weight[j * side + i] = 1 / (v0 + noise.photonSlope * light + noise.relativeVariance * light * light);
    }
  }
  const here: PatchStar[] = [];
  for (let s = 0; s < stars.count; s++) {
    const [sx, sy] = [stars.x[s]!, stars.y[s]!];
    if (stars.kind[s] === StarKind.saturated || Math.abs(sx - x) > half || Math.abs(sy - y) > half) continue;
    here.push({ x: sx, y: sy, flux: stars.flux[s]! });
  }
  return {
    ...{ mosaic, x0, y0, side, residual: cut, weight, errorFactor },
    psf: localPsf(psf, x, y),
    stars: here,
    growth: growth.at(x, y),
  };
}
