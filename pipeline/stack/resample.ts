import type { PlaneMap } from '../astrometry/plane-map.ts';
import { applyMap } from '../astrometry/plane-map.ts';
import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { lanczosAt, lanczosTable, TAPS } from './lanczos.ts';

export interface ResampleTask {
  /** Row-major; NaN marks a pixel without weight. The sky must be about 0: see `LOST`. */
  readonly source: Float32Array;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** From pixels of the target, counted from its middle, to 0-based pixels of the source. */
  readonly map: PlaneMap;
  /** Every value is multiplied by this: the area of a target pixel on the source, and the scale of fluxes. */
  readonly factor: number;
  readonly target: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** A place whose pixels without weight would hold more than this share of the kernel is NaN; below it the others fill in. */
const LOST = 0.1;

const place = new Float64Array(2);

/**
 * Resamples the source onto the rows of one part of the target by Lanczos-3 interpolation, which keeps the flux of a
 * star to 0.2 % from a FWHM of 2.6 px up. Outside the source and near its pixels without weight the target is NaN.
 */
export const resampleRows: Kernel<ResampleTask, void> = (task, part, parts) => {
  const { source, sourceWidth, sourceHeight, map, factor, target, width, height } = task;
  const { from, to } = rowsOfPart(height, part, parts);
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      applyMap(map, x - (width - 1) / 2, y - (height - 1) / 2, place);
      const i = Math.floor(place[0]!);
      const j = Math.floor(place[1]!);
      const at = y * width + x;
      if (i < 2 || j < 2 || i > sourceWidth - 4 || j > sourceHeight - 4) {
        target[at] = edgeValue(source, sourceWidth, sourceHeight, place[0]!, place[1]!) * factor;
        continue;
      }
      const wx = lanczosAt(place[0]! - i);
      const wy = lanczosAt(place[1]! - j);
      let sum = 0;
      let weight = 0;
      let lost = 0;
      for (let b = 0; b < TAPS; b++) {
        const row = (j - 2 + b) * sourceWidth + i - 2;
        const across = lanczosTable[wy + b]!;
        for (let a = 0; a < TAPS; a++) {
          const w = across * lanczosTable[wx + a]!;
          const value = source[row + a]!;
          if (value - value === 0) {
            sum += w * value;
            weight += w;
          } else lost += Math.abs(w);
        }
      }
      target[at] = lost > LOST ? Number.NaN : (factor * sum) / weight;
    }
  }
};

/** A place on a pixel's very centre needs no neighbours, even at the edge; any other place there has no value. */
function edgeValue(source: Float32Array, width: number, height: number, x: number, y: number): number {
  const i = Math.round(x);
  const j = Math.round(y);
  const inside = i >= 0 && j >= 0 && i < width && j < height;
  return inside && Math.abs(x - i) < 1e-3 && Math.abs(y - j) < 1e-3 ? source[j * width + i]! : Number.NaN;
}
