import type { LinearMap } from '../astrometry/align.ts';
import { evaluatePsf, evaluatePsfSlopes } from '../model/psf-field.ts';
import { fitHalf } from '../model/workspace.ts';
import { solveAndInvert } from '../numeric/linear.ts';
import { type Epoch, offsetOf, pixelOf, type SkyOffset } from './epoch.ts';

/** The fluxes of one epoch with the places held, and what its pixels say of the places. */
export interface EpochFit {
  readonly flux: Float64Array;
  /** Covariance of the fluxes, places held. */
  readonly covariance: Float64Array;
  /** Reduced. */
  readonly chi2: number;
  /** Normal matrix and right side of a step of the places (u, v of each star), the fluxes eliminated. */
  readonly normal: Float64Array;
  readonly right: Float64Array;
  /** Change of each flux by a unit step of each coordinate, row by row. */
  readonly slope: Float64Array;
  /** Share of the first star's light that fell on usable pixels, by weight of the profile squared. */
  readonly seen: number;
}

/**
 * Fits the fluxes of stars at the given places to one epoch, linearly, and forms the equations for a common step of the
 * places by separating the fluxes out (Golub & Pereyra 1973, SIAM J. Numer. Anal. 10, 413, in Kaufman's form). Modelled stars
 * of the frame within `reachArcsec` of the target give way to the given ones; those beyond stay subtracted. Undefined where
 * the pixels do not tell the fluxes apart.
 */
export function fitEpoch(epoch: Epoch, places: readonly SkyOffset[], reachArcsec: number): EpochFit | undefined {
  const stamp = stampOf(epoch, places, reachArcsec);
  const solved = solveFluxes(stamp);
  return solved && { ...solved, ...placeEquations(stamp, solved, epoch.toPixel), seen: seenOf(stamp) };
}

/** The pixels that are fitted, and what a star of unit flux at each place puts there. All but `pixels` have a value a pixel. */
interface Stamp {
  readonly pixels: Int32Array;
  readonly data: Float64Array;
  readonly weight: Float32Array;
  readonly profiles: readonly Float64Array[];
  /** Derivatives by the star's x and y. */
  readonly slopesX: readonly Float64Array[];
  readonly slopesY: readonly Float64Array[];
}

function stampOf(epoch: Epoch, places: readonly SkyOffset[], reachArcsec: number): Stamp {
  const { x0, y0, side, psf, weight } = epoch.patch;
  const at = places.map((place) => pixelOf(epoch, place));
  const [profiles, slopesX, slopesY] = [1, 2, 3].map(() => columns(at.length, side * side)) as [
    Float64Array[],
    Float64Array[],
    Float64Array[],
  ];
  for (const [k, { x, y }] of at.entries())
    evaluatePsfSlopes(psf, x, y, x0, y0, side, side, profiles[k]!, slopesX[k]!, slopesY[k]!);
  return { pixels: pixelsNear(epoch, at), data: restore(epoch, reachArcsec), weight, profiles, slopesX, slopesY };
}

function solveFluxes({ pixels, data, weight, profiles }: Stamp): Pick<EpochFit, 'flux' | 'covariance'> | undefined {
  const n = profiles.length;
  const covariance = new Float64Array(n * n);
  const flux = new Float64Array(n);
  for (const p of pixels) {
    for (let k = 0; k < n; k++) {
      const c = weight[p]! * profiles[k]![p]!;
      flux[k]! += c * data[p]!;
      for (let l = 0; l <= k; l++) covariance[k * n + l]! += c * profiles[l]![p]!;
    }
  }
  mirror(covariance, n);
  // A star with no pixel of its own in this patch has no flux, and disturbs nobody.
  const ridge = 1e-9 * covariance[0]!;
  for (let k = 0; k < n; k++) covariance[k * n + k]! += ridge;
  return solveAndInvert(covariance, flux, n) ? { flux, covariance } : undefined;
}

function placeEquations(
  { pixels, data, weight, profiles, slopesX, slopesY }: Stamp,
  { flux, covariance }: Pick<EpochFit, 'flux' | 'covariance'>,
  toPixel: LinearMap,
): Pick<EpochFit, 'chi2' | 'normal' | 'right' | 'slope'> {
  const n = flux.length;
  const m = 2 * n;
  const normal = new Float64Array(m * m);
  const right = new Float64Array(m);
  const cross = new Float64Array(n * m);
  /** What a unit step of each coordinate changes in one pixel. */
  const step = new Float64Array(m);
  let chi2 = 0;
  for (const p of pixels) {
    let r = data[p]!;
    for (let k = 0; k < n; k++) {
      const f = Math.max(0, flux[k]!);
      const gx = slopesX[k]![p]!;
      const gy = slopesY[k]![p]!;
      r -= flux[k]! * profiles[k]![p]!;
      step[2 * k] = f * (toPixel[1]! * gx + toPixel[4]! * gy);
      step[2 * k + 1] = f * (toPixel[2]! * gx + toPixel[5]! * gy);
    }
    const w = weight[p]!;
    chi2 += w * r * r;
    for (let a = 0; a < m; a++) {
      const c = w * step[a]!;
      right[a]! += c * r;
      for (let k = 0; k < n; k++) cross[k * m + a]! += c * profiles[k]![p]!;
      for (let b = 0; b <= a; b++) normal[a * m + b]! += c * step[b]!;
    }
  }
  mirror(normal, m);
  const slope = new Float64Array(n * m);
  for (let k = 0; k < n; k++) {
    for (let l = 0; l < n; l++) {
      const c = covariance[k * n + l]!;
      for (let a = 0; a < m; a++) slope[k * m + a]! -= c * cross[l * m + a]!;
    }
  }
  for (let a = 0; a < m; a++)
    for (let b = 0; b < m; b++) for (let k = 0; k < n; k++) normal[a * m + b]! += cross[k * m + a]! * slope[k * m + b]!;
  return { chi2: chi2 / Math.max(1, pixels.length - n), normal, right, slope };
}

/** Completes a symmetric matrix from its lower triangle. */
function mirror(a: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i]!;
}

function columns(n: number, area: number): Float64Array[] {
  return Array.from({ length: n }, () => new Float64Array(area));
}

/** The usable pixels in the fitted squares of the stars. */
function pixelsNear({ patch }: Epoch, stars: readonly { readonly x: number; readonly y: number }[]): Int32Array {
  const { x0, y0, side, weight, psf } = patch;
  const half = fitHalf(psf.fwhmPx);
  const near = new Uint8Array(side * side);
  for (const star of stars) {
    const [x, y] = [Math.round(star.x) - x0, Math.round(star.y) - y0];
    for (let j = Math.max(0, y - half); j <= Math.min(side - 1, y + half); j++)
      for (let i = Math.max(0, x - half); i <= Math.min(side - 1, x + half); i++) near[j * side + i] = 1;
  }
  return Int32Array.from(near.keys()).filter((p) => near[p] === 1 && weight[p]! > 0);
}

function seenOf({ profiles, pixels }: Stamp): number {
  const profile = profiles[0]!;
  let [all, seen] = [0, 0];
  for (const value of profile) all += value * value;
  for (const p of pixels) seen += profile[p]! ** 2;
  return seen / all;
}

/** The residual with the light of the modelled stars within reach put back. */
function restore(epoch: Epoch, reachArcsec: number): Float64Array {
  const { residual, stars, psf, x0, y0, side } = epoch.patch;
  const data = Float64Array.from(residual);
  const profile = new Float64Array(side * side);
  for (const { x, y, flux } of stars) {
    const { u, v } = offsetOf(epoch, x, y);
    if (!(Math.hypot(u, v) < reachArcsec)) continue;
    evaluatePsf(psf, x, y, x0, y0, side, side, profile);
    for (let p = 0; p < data.length; p++) data[p]! += flux * profile[p]!;
  }
  return data;
}
