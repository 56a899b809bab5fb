import { moffatConstants, moffatPixelDerivatives } from '../model/moffat.ts';
import { tableSize } from '../model/psf-field.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fieldTerms } from '../numeric/polynomial.ts';
import { splineSlopes, splineWeights } from '../numeric/spline.ts';
import type { ShapeField, ShapeStars } from './shape-fit.ts';
import { shapeOf } from './shape-fit.ts';
import { degreeOfTerms, type ResidualTable } from './tables.ts';

const OWN = 4;
const MAX_STEP_PX = 0.3;
const moffat = new Float64Array(7);
const wx = new Float64Array(4);
const wy = new Float64Array(4);
const sx = new Float64Array(4);
const sy = new Float64Array(4);
const g = new Float64Array(OWN);
const normal = new Float64Array(OWN * OWN);
const rhs = new Float64Array(OWN);

/**
 * Moves flux, position and sky of each PSF star by one Gauss-Newton step to where the whole PSF, profile and table,
 * fits its cut-out best. A table made at positions that the profile alone preferred has the profile's bias in it;
 * tables and positions found in turn lose it (Anderson & King 2000, PASP 112, 1360, section 3).
 */
export function settleStars(stars: ShapeStars, field: ShapeField, table: ResidualTable, keep: Uint8Array): void {
  const { side, count, data, weight } = stars;
  const middle = side >> 1;
  const { half, oversample, terms, coefficients } = table;
  const size = tableSize(half, oversample);
  const area = size * size;
  const centre = half * oversample + 2;
  const phi = new Float64Array(terms);
  // The local table of a star: its terms summed, so that a pixel costs the same for any number of them.
  const local = new Float64Array(area);
  for (let s = 0; s < count; s++) {
    if (keep[s] === 0) continue;
    const shape = shapeOf(field, stars.px[s]!, stars.py[s]!);
    const k = moffatConstants(shape);
    fieldTerms(degreeOfTerms(terms), stars.px[s]!, stars.py[s]!, stars.width, stars.height, phi);
    local.fill(0);
    for (let t = 0; t < terms; t++) {
      const share = phi[t]!;
      for (let i = 0, c = t * area; i < area; i++, c++) local[i]! += share * coefficients[c]!;
    }
    const at = 4 * s;
    const x = stars.stars[at]!;
    const y = stars.stars[at + 1]!;
    const flux = stars.stars[at + 2]!;
    const sky = stars.stars[at + 3]!;
    normal.fill(0);
    rhs.fill(0);
    for (let j = 0, p = s * side * side; j < side; j++) {
      const v = j - middle - y;
      const ty = v * oversample + centre;
      const row = Math.floor(ty);
      splineWeights(ty - row, wy);
      splineSlopes(ty - row, sy);
      for (let i = 0; i < side; i++, p++) {
        const w = weight[p]!;
        if (w === 0) continue;
        const u = i - middle - x;
        moffatPixelDerivatives(shape, k, u, v, moffat);
        let value = moffat[0]!;
        let alongX = moffat[1]!;
        let alongY = moffat[2]!;
        if (Math.abs(u) <= half && Math.abs(v) <= half) {
          const tx = u * oversample + centre;
          const column = Math.floor(tx);
          splineWeights(tx - column, wx);
          splineSlopes(tx - column, sx);
          let c = (row - 1) * size + column - 1;
          for (let b = 0; b < 4; b++, c += size) {
            const line = wx[0]! * local[c]! + wx[1]! * local[c + 1]! + wx[2]! * local[c + 2]! + wx[3]! * local[c + 3]!;
            const slope = sx[0]! * local[c]! + sx[1]! * local[c + 1]! + sx[2]! * local[c + 2]! + sx[3]! * local[c + 3]!;
            value += wy[b]! * line;
            alongX -= oversample * wy[b]! * slope;
            alongY -= oversample * sy[b]! * line;
          }
        }
        const r = data[p]! - sky - flux * value;
        // A pixel far off the model pulls like one at four sigma.
        const pull = Math.sqrt(w) * Math.abs(r);
        const use = pull > 4 ? (w * 4) / pull : w;
        g[0] = value;
        g[1] = flux * alongX;
        g[2] = flux * alongY;
        g[3] = 1;
        for (let a = 0; a < OWN; a++) {
          rhs[a]! += use * g[a]! * r;
          for (let b = 0; b <= a; b++) normal[a * OWN + b]! += use * g[a]! * g[b]!;
        }
      }
    }
    if (!choleskyFactor(normal, OWN)) continue;
    choleskySolve(normal, OWN, rhs);
    stars.stars[at]! += Math.max(-MAX_STEP_PX, Math.min(MAX_STEP_PX, rhs[1]!));
    stars.stars[at + 1]! += Math.max(-MAX_STEP_PX, Math.min(MAX_STEP_PX, rhs[2]!));
    stars.stars[at + 2] = Math.max(0.5 * flux, flux + rhs[0]!);
    stars.stars[at + 3]! += rhs[3]!;
  }
}
