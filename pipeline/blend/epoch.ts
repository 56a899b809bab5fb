import { applyLinear, type LinearMap } from '../astrometry/align.ts';
import type { Patch } from './patch.ts';

/** A frame's patch, and how the common coordinates, arcseconds about the target, lie on its plane pixels. */
export interface Epoch {
  readonly patch: Patch;
  readonly toPixel: LinearMap;
  /** Of the frame's PSF. */
  readonly fwhmArcsec: number;
  /** By how much the frame may be laid wrong, one axis. */
  readonly sigmaArcsec: number;
}

/** A position in the common coordinates of all epochs. */
export interface SkyOffset {
  readonly u: number;
  readonly v: number;
}

/** An epoch from a patch and the map, with its error, to FITS pixels of the full mosaic that the catalogues of frames are in. */
export function epochOf(patch: Patch, toFitsPixel: LinearMap, sigmaPx: number): Epoch {
  const { offsetX, offsetY, step } = patch.mosaic;
  const toPixel = toFitsPixel.map((c) => c / step);
  toPixel[0]! -= (1 + offsetX) / step;
  toPixel[3]! -= (1 + offsetY) / step;
  const pxPerArcsec = Math.sqrt(Math.abs(determinant(toPixel)));
  return {
    patch,
    toPixel,
    fwhmArcsec: patch.psf.fwhmPx / pxPerArcsec,
    sigmaArcsec: sigmaPx / (step * pxPerArcsec),
  };
}

export function pixelOf({ toPixel }: Epoch, { u, v }: SkyOffset): { x: number; y: number } {
  return applyLinear(toPixel, u, v);
}

export function offsetOf({ toPixel: c }: Epoch, x: number, y: number): SkyOffset {
  const [dx, dy, det] = [x - c[0]!, y - c[3]!, determinant(c)];
  return { u: (c[5]! * dx - c[2]! * dy) / det, v: (c[1]! * dy - c[4]! * dx) / det };
}

const determinant = (c: LinearMap): number => c[1]! * c[5]! - c[2]! * c[4]!;
