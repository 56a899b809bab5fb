import type { Kernel } from '../crew.ts';
import type { EquationTask } from '../photometry/normal.ts';
import { starsOfPart } from '../photometry/normal.ts';
import { StarKind } from '../photometry/stars.ts';
import { choleskyFactor, choleskySolve } from '../psf/cholesky.ts';
import { evaluatePsf } from '../psf/field.ts';
import { skyAt } from '../sky/map.ts';

export interface CompanionTask extends Omit<EquationTask, 'equations' | 'active'> {
  /** Stars fainter than this many sigma are left alone: a companion of theirs could not be told. */
  readonly leastSignificance: number;
  /** Least significance of a companion, its star's own flux and position free. */
  readonly threshold: number;
}

/** Numbers a companion: star, x, y, significance, flux, and the steps of the star's flux, x and y that go with it. */
export const COMPANION_STRIDE = 8;

/** Chi square of the three second-moment modes of the residual beyond which a star is looked at closely. */
const SUSPECT = 11;
/** Rings of trial places, in FWHM, and the places on each. */
const RINGS: readonly (readonly [number, number])[] = [
  [0.28, 8],
  [0.5, 12],
  [0.75, 16],
  [1.0, 20],
  [1.25, 24],
];

const MODES = 6;
let value = new Float64Array(1024);
let gradX = new Float64Array(1024);
let gradY = new Float64Array(1024);
let trial = new Float64Array(1024);
let weight = new Float64Array(1024);
let data = new Float64Array(1024);
const normal = new Float64Array(MODES * MODES);
const rhs = new Float64Array(MODES);
const mode = new Float64Array(MODES);
const own = new Float64Array(9);
const step = new Float64Array(3);
const overlap = new Float64Array(3);

/**
 * Companions hidden in the images of modelled stars. A single PSF fitted to a close pair leaves a residual without a
 * peak, because flux and position have adapted; what the companion adds is orthogonal to them. So a trial companion
 * P_t is judged by the part of it that the star cannot imitate,
 *   S = <r, P_t'> / |P_t'|,  P_t' = P_t - projection on (P, dP/dx, dP/dy) of the star,
 * which is the significance of its flux in the joint fit of both. Only stars whose residual shows a change of width
 * or ellipticity are searched: these three modes are what a pair closer than the FWHM looks like at first order.
 */
export const findCompanions: Kernel<CompanionTask, Float64Array> = (task, part, parts) => {
  const { stars, psf } = task;
  const found: number[] = [];
  const range = starsOfPart(stars.count, part, parts);
  for (let s = range.from; s < range.to; s++) {
    if (stars.kind[s] === StarKind.saturated) continue;
    const side = loadStamp(task, s);
    if (side === 0 || !suspicious(stars.flux[s]!, side * side, task.leastSignificance)) continue;
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) own[3 * i + j] = normal[i * MODES + j]!;
    step.set(rhs.subarray(0, 3));
    if (!choleskyFactor(own, 3)) continue;
    choleskySolve(own, 3, step);
    searchRings(task, s, side, psf.fwhmPx, found);
  }
  return Float64Array.from(found);
};

/** Loads data, weights and the star's own profile, and forms the six-mode normal equations; 0 when pixels are missing. */
function loadStamp(task: CompanionTask, s: number): number {
  const { stars, psf, width, height, residual, electrons, sky, noise } = task;
  const half = stars.half[s]!;
  const side = 2 * half + 1;
  const area = side * side;
  if (value.length < area) {
    value = new Float64Array(area);
    gradX = new Float64Array(area);
    gradY = new Float64Array(area);
    trial = new Float64Array(area);
    weight = new Float64Array(area);
    data = new Float64Array(area);
  }
  const x = stars.x[s]!;
  const y = stars.y[s]!;
  const x0 = Math.round(x) - half;
  const y0 = Math.round(y) - half;
  if (x0 < 0 || y0 < 0 || x0 + side > width || y0 + side > height) return 0;
  evaluatePsf(psf, x, y, x0, y0, side, side, value, gradX, gradY);
  const profile = value;
  const slopeX = gradX;
  const slopeY = gradY;
  const weights = weight;
  const values = data;
  const level = skyAt(sky, sky.level, x, y);
  const v0 = Math.max(skyAt(sky, sky.variance, x, y), 1e-6);
  const flux = stars.flux[s]!;
  normal.fill(0);
  rhs.fill(0);
  for (let j = 0, p = 0; j < side; j++) {
    const v = y0 + j - y;
    for (let i = 0; i < side; i++, p++) {
      const at = (y0 + j) * width + x0 + i;
      const r = residual[at]!;
      if (Number.isNaN(r)) {
        weights[p] = 0;
        continue;
      }
      const light = Math.max(0, electrons[at]! - level - r);
      const w = 1 / (v0 + noise.photonSlope * light + noise.relativeVariance * light * light);
      weights[p] = w;
      values[p] = r;
      const u = x0 + i - x;
      const px = slopeX[p]!;
      const py = slopeY[p]!;
      mode[0] = profile[p]!;
      mode[1] = flux * px;
      mode[2] = flux * py;
      mode[3] = u * px + v * py - 2 * profile[p]!;
      mode[4] = u * px - v * py;
      mode[5] = u * py + v * px;
      for (let a = 0; a < MODES; a++) {
        const q = w * mode[a]!;
        rhs[a]! += q * r;
        for (let b = 0; b <= a; b++) normal[a * MODES + b]! += q * mode[b]!;
      }
    }
  }
  for (let a = 0; a < MODES; a++) for (let b = 0; b < a; b++) normal[b * MODES + a] = normal[a * MODES + b]!;
  return side;
}

const factor = new Float64Array(MODES * MODES);
const solution = new Float64Array(MODES);

/** Whether the residual asks for another width or ellipticity: chi square gained by all six modes over the first three. */
function suspicious(flux: number, area: number, leastSignificance: number): boolean {
  if (area === 0 || flux * Math.sqrt(normal[0]!) < leastSignificance) return false;
  factor.set(normal);
  solution.set(rhs);
  if (!choleskyFactor(factor, MODES)) return false;
  // Forward substitution alone: the squares of the last three entries are what the last three modes add.
  let gained = 0;
  for (let i = 0; i < MODES; i++) {
    let sum = solution[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * MODES + k]! * solution[k]!;
    solution[i] = sum / factor[i * MODES + i]!;
    if (i >= 3) gained += solution[i]! ** 2;
  }
  return gained > SUSPECT;
}

function searchRings(task: CompanionTask, s: number, side: number, fwhm: number, found: number[]): void {
  const { stars, psf } = task;
  const x = stars.x[s]!;
  const y = stars.y[s]!;
  const flux = stars.flux[s]!;
  const half = side >> 1;
  const profile = value;
  const slopeX = gradX;
  const slopeY = gradY;
  const weights = weight;
  const values = data;
  const shifted = trial;
  const x0 = Math.round(x) - half;
  const y0 = Math.round(y) - half;
  let best = task.threshold;
  let at = -1;
  for (const [radius, places] of RINGS) {
    for (let k = 0; k < places; k++) {
      const angle = (2 * Math.PI * k) / places;
      const tx = x + radius * fwhm * Math.cos(angle);
      const ty = y + radius * fwhm * Math.sin(angle);
      evaluatePsf(psf, tx, ty, x0, y0, side, side, shifted);
      let signal = 0;
      let norm = 0;
      let of = 0;
      let ox = 0;
      let oy = 0;
      for (let p = 0; p < side * side; p++) {
        const q = weights[p]! * shifted[p]!;
        signal += q * values[p]!;
        norm += q * shifted[p]!;
        of += q * profile[p]!;
        ox += q * slopeX[p]!;
        oy += q * slopeY[p]!;
      }
      overlap[0] = of;
      overlap[1] = flux * ox;
      overlap[2] = flux * oy;
      const rest = signal - overlap[0]! * step[0]! - overlap[1]! * step[1]! - overlap[2]! * step[2]!;
      const direction = overlap.slice();
      choleskySolve(own, 3, direction);
      const free = norm - of * direction[0]! - overlap[1]! * direction[1]! - overlap[2]! * direction[2]!;
      if (!(free > 0.004 * norm)) continue;
      const significance = rest / Math.sqrt(free);
      if (significance <= best) continue;
      const companion = rest / free;
      best = significance;
      if (at < 0) at = found.length;
      found.length = at;
      found.push(s, tx, ty, significance, companion);
      for (let i = 0; i < 3; i++) found.push(step[i]! - companion * direction[i]!);
    }
  }
}
