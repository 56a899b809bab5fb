import type { Kernel } from '../crew.ts';
import { moffatConstants, moffatPixelDerivatives } from '../model/moffat.ts';

/** Cut-outs of PSF stars with their current parameters; everything shared among threads. */
export interface ShapeTask {
  readonly count: number;
  /** Side of a cut-out in pixels, odd; its middle pixel is the star's pixel. */
  readonly side: number;
  /** Pixels less sky and neighbours, count * side * side. */
  readonly data: Float32Array;
  /** Inverse variances, zero where a pixel is not to be used. */
  readonly weight: Float32Array;
  /** x, y (relative to the middle pixel), flux, local sky of each star. */
  readonly stars: Float64Array;
  /** ln alpha, e1, e2, beta of each star. */
  readonly shapes: Float64Array;
  /** Side of the square that a pixel gathers light from, in pixels. */
  readonly pixelPx: number;
  /** Output: `NORMAL_STRIDE` numbers a star. */
  readonly normals: Float64Array;
}

/** Unknowns of a star: flux, x, y, sky, then ln alpha, e1, e2, ln(beta - 1). */
export const UNKNOWNS = 8;
/** The 8 x 8 matrix, the right-hand side, chi square and the number of pixels. */
export const NORMAL_STRIDE = UNKNOWNS * UNKNOWNS + UNKNOWNS + 2;

const d = new Float64Array(7);
const g = new Float64Array(UNKNOWNS);

/** Normal equations of the linearised fit of each star of the part to its own cut-out. */
export const shapeNormals: Kernel<ShapeTask, void> = (task, part, parts) => {
  const from = Math.floor((task.count * part) / parts);
  const to = Math.floor((task.count * (part + 1)) / parts);
  for (let s = from; s < to; s++) starNormals(task, s);
};

function starNormals({ side, data, weight, stars, shapes, pixelPx, normals }: ShapeTask, s: number): void {
  const half = side >> 1;
  const shape = {
    lnAlpha: shapes[4 * s]!,
    e1: shapes[4 * s + 1]!,
    e2: shapes[4 * s + 2]!,
    beta: shapes[4 * s + 3]!,
    pixelPx,
  };
  const k = moffatConstants(shape);
  const x = stars[4 * s]!;
  const y = stars[4 * s + 1]!;
  const flux = stars[4 * s + 2]!;
  const sky = stars[4 * s + 3]!;
  const base = s * NORMAL_STRIDE;
  normals.fill(0, base, base + NORMAL_STRIDE);
  const rhs = base + UNKNOWNS * UNKNOWNS;
  let pixel = s * side * side;
  let chi2 = 0;
  let used = 0;
  for (let j = -half; j <= half; j++) {
    for (let i = -half; i <= half; i++, pixel++) {
      const w = weight[pixel]!;
      if (w === 0) continue;
      moffatPixelDerivatives(shape, k, i - x, j - y, d);
      const r = data[pixel]! - sky - flux * d[0]!;
      g[0] = d[0]!;
      g[1] = flux * d[1]!;
      g[2] = flux * d[2]!;
      g[3] = 1;
      g[4] = flux * d[3]!;
      g[5] = flux * d[4]!;
      g[6] = flux * d[5]!;
      g[7] = flux * d[6]!;
      chi2 += w * r * r;
      used++;
      // A pixel far off the model (a cosmic ray, an unseen neighbour) pulls like one at four sigma.
      const pull = Math.sqrt(w) * Math.abs(r);
      const u = pull > 4 ? (w * 4) / pull : w;
      for (let a = 0; a < UNKNOWNS; a++) {
        const ug = u * g[a]!;
        normals[rhs + a]! += ug * r;
        const row = base + a * UNKNOWNS;
        for (let b = 0; b <= a; b++) normals[row + b]! += ug * g[b]!;
      }
    }
  }
  normals[rhs + UNKNOWNS] = chi2;
  normals[rhs + UNKNOWNS + 1] = used;
}
