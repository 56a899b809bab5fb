import { skyAt, varianceAt } from '../background/map.ts';
import type { Kernel } from '../crew.ts';
import type { EquationTask } from '../model/normal.ts';
import { starsOfPart } from '../model/normal.ts';
import type { PsfField } from '../model/psf-field.ts';
import { evaluatePsf, evaluatePsfSlopes } from '../model/psf-field.ts';
import { StarKind } from '../model/stars.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fetchRows, pixelOf } from '../plane.ts';

export interface CompanionTask extends Omit<EquationTask, 'equations' | 'active'> {
  /** Stars fainter than this many sigma are left alone: a companion of theirs could not be told. */
  readonly leastSignificance: number;
  /** Least significance of a companion, its star's own flux and position free. */
  readonly threshold: number;
}

/** Numbers a companion: star, x, y, significance, flux, and the steps of the star's flux, x and y that go with it. */
export const COMPANION_STRIDE = 8;

/**
 * The significance that a companion must have where a share of stars has one: chi square must fall by more than
 * 2 ln(trials / share), so that the odds are for it after all pairs that were tried (Bayes' theorem, with the same prior
 * for each trial). In a crowd many are hidden and less will do; a star in an empty field has hardly ever one.
 */
export function companionThreshold(share: number): number {
  return Math.sqrt(2 * Math.log((SEPARATIONS.length * SHARES.length) / Math.max(share, RAREST)));
}

/** Binary stars that a telescope could see keep the share of companions above this. */
const RAREST = 1e-3;

/** Chi square of the three second-moment modes of the residual beyond which a star is looked at closely. */
const SUSPECT = 8;
/** A star this share below the least significance by the sky alone, and the PSF of the middle, needs no closer look. */
const FAR_BELOW = 0.8;
/** Separations of trial pairs in FWHM. */
const SEPARATIONS = [0.35, 0.5, 0.65, 0.8, 0.95, 1.15, 1.35];
/** The companion's share of the light; negative: on the other side. */
const SHARES = [0.5, 0.3, -0.3, 0.1, -0.1];

const MODES = 6;
let value = new Float64Array(1024);
let gradX = new Float64Array(1024);
let gradY = new Float64Array(1024);
let trial = new Float64Array(1024);
let weight = new Float64Array(1024);
let data = new Float64Array(1024);
const normal = new Float64Array(MODES * MODES);
const rhs = new Float64Array(MODES);
const own = new Float64Array(9);
const step = new Float64Array(3);

/**
 * Companions hidden in the images of modelled stars. A single PSF fitted to a close pair leaves a residual without a
 * peak, because its flux and position have adapted: what is left is orthogonal to (P, dP/dx, dP/dy). At first order a
 * pair closer than the FWHM looks like a star of another width and ellipticity, so the residual is projected on these
 * three modes, and only stars that ask for a change of them are tried as pairs.
 */
export const findCompanions: Kernel<CompanionTask, Float64Array> = (task, part, parts) => {
  const { stars } = task;
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
    searchPairs(task, s, side, found);
  }
  return Float64Array.from(found);
};

/** Loads data, weights and the star's own profile, and forms the six-mode normal equations; 0 off the plane or for a faint star. */
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
  const x0 = pixelOf(x) - half;
  const y0 = pixelOf(y) - half;
  if (x0 < 0 || y0 < 0 || x0 + side > width || y0 + side > height) return 0;
  const v0 = Math.max(varianceAt(sky, x, y), 1e-6);
  const flux = stars.flux[s]!;
  if (flux * Math.sqrt(psf.sumSquares / v0) < FAR_BELOW * task.leastSignificance) return 0;
  fetchRows(residual, y0 * width + x0, width, side, side);
  fetchRows(electrons, y0 * width + x0, width, side, side);
  evaluatePsfSlopes(psf, x, y, x0, y0, side, side, value, gradX, gradY);
  const profile = value;
  const slopeX = gradX;
  const slopeY = gradY;
  const weights = weight;
  const values = data;
  const level = skyAt(sky, sky.level, x, y);
  const { photonSlope, relativeVariance } = noise;
  // Sums by name stay in registers or on the stack, where those in arrays are loaded, checked and stored for each pixel.
  let r0 = 0;
  let r1 = 0;
  let r2 = 0;
  let r3 = 0;
  let r4 = 0;
  let r5 = 0;
  let n00 = 0;
  let n10 = 0;
  let n11 = 0;
  let n20 = 0;
  let n21 = 0;
  let n22 = 0;
  let n30 = 0;
  let n31 = 0;
  let n32 = 0;
  let n33 = 0;
  let n40 = 0;
  let n41 = 0;
  let n42 = 0;
  let n43 = 0;
  let n44 = 0;
  let n50 = 0;
  let n51 = 0;
  let n52 = 0;
  let n53 = 0;
  let n54 = 0;
  let n55 = 0;
  for (let j = 0, p = 0; j < side; j++) {
    const v = y0 + j - y;
    const start = (y0 + j) * width + x0;
    for (let i = 0; i < side; i++, p++) {
      const isUsed = !Number.isNaN(residual[start + i]!);
      const r = isUsed ? residual[start + i]! : 0;
      const light = Math.max(0, electrons[start + i]! - level - r);
      const w = isUsed ? 1 / (v0 + photonSlope * light + relativeVariance * light * light) : 0;
      weights[p] = w;
      values[p] = r;
      const u = x0 + i - x;
      const px = slopeX[p]!;
      const py = slopeY[p]!;
      const m0 = profile[p]!;
      const m1 = flux * px;
      const m2 = flux * py;
      const m3 = u * px + v * py - 2 * m0;
      const m4 = u * px - v * py;
      const m5 = u * py + v * px;
      const q0 = w * m0;
      r0 += q0 * r;
      n00 += q0 * m0;
      const q1 = w * m1;
      r1 += q1 * r;
      n10 += q1 * m0;
      n11 += q1 * m1;
      const q2 = w * m2;
      r2 += q2 * r;
      n20 += q2 * m0;
      n21 += q2 * m1;
      n22 += q2 * m2;
      const q3 = w * m3;
      r3 += q3 * r;
      n30 += q3 * m0;
      n31 += q3 * m1;
      n32 += q3 * m2;
      n33 += q3 * m3;
      const q4 = w * m4;
      r4 += q4 * r;
      n40 += q4 * m0;
      n41 += q4 * m1;
      n42 += q4 * m2;
      n43 += q4 * m3;
      n44 += q4 * m4;
      const q5 = w * m5;
      r5 += q5 * r;
      n50 += q5 * m0;
      n51 += q5 * m1;
      n52 += q5 * m2;
      n53 += q5 * m3;
      n54 += q5 * m4;
      n55 += q5 * m5;
    }
  }
  rhs[0] = r0;
  rhs[1] = r1;
  rhs[2] = r2;
  rhs[3] = r3;
  rhs[4] = r4;
  rhs[5] = r5;
  normal[0] = n00;
  normal[MODES] = n10;
  normal[MODES + 1] = n11;
  normal[2 * MODES] = n20;
  normal[2 * MODES + 1] = n21;
  normal[2 * MODES + 2] = n22;
  normal[3 * MODES] = n30;
  normal[3 * MODES + 1] = n31;
  normal[3 * MODES + 2] = n32;
  normal[3 * MODES + 3] = n33;
  normal[4 * MODES] = n40;
  normal[4 * MODES + 1] = n41;
  normal[4 * MODES + 2] = n42;
  normal[4 * MODES + 3] = n43;
  normal[4 * MODES + 4] = n44;
  normal[5 * MODES] = n50;
  normal[5 * MODES + 1] = n51;
  normal[5 * MODES + 2] = n52;
  normal[5 * MODES + 3] = n53;
  normal[5 * MODES + 4] = n54;
  normal[5 * MODES + 5] = n55;
  for (let a = 0; a < MODES; a++) for (let b = 0; b < a; b++) normal[b * MODES + a] = normal[a * MODES + b]!;
  return side;
}

const factor = new Float64Array(MODES * MODES);
const solution = new Float64Array(MODES);
const solutionOfModes = new Float64Array(MODES);

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
  if (gained <= SUSPECT) return false;
  solutionOfModes.set(rhs);
  choleskySolve(factor, MODES, solutionOfModes);
  return true;
}

/**
 * Tries pairs along the axis on which the residual is elongated, about the star's own position as the centre of
 * light: for each separation and share of light both fluxes are fitted linearly, and the best pair is proposed if its
 * chi square is below that of the single star (at its own optimum) by the square of the threshold.
 */
function searchPairs(task: CompanionTask, s: number, side: number, found: number[]): void {
  const { stars, psf } = task;
  const x = stars.x[s]!;
  const y = stars.y[s]!;
  const flux = stars.flux[s]!;
  const single = rhs[0]! * step[0]! + rhs[1]! * step[1]! + rhs[2]! * step[2]!;
  // Modes 4 and 5 stretch along x and along the diagonal: the axis of the stretch is at half their angle.
  const angle = 0.5 * Math.atan2(solutionOfModes[5]!, solutionOfModes[4]!);
  const ux = Math.cos(angle) * psf.fwhmPx;
  const uy = Math.sin(angle) * psf.fwhmPx;
  const at = found.length;
  let best = task.threshold ** 2;
  for (const separation of SEPARATIONS) {
    for (const share of SHARES) {
      // The companion lies on the far side of the centre of light, the star on the near side.
      const reach = Math.sign(share) * separation;
      const part = Math.abs(share);
      pair[0] = x - part * reach * ux;
      pair[1] = y - part * reach * uy;
      pair[2] = x + (1 - part) * reach * ux;
      pair[3] = y + (1 - part) * reach * uy;
      const gain = tryPair(psf, x, y, flux, side) - single;
      if (!(gain > best)) continue;
      best = gain;
      found.length = at;
      found.push(s, pair[2], pair[3], Math.sqrt(gain), pair[5]!, pair[4]! - flux, pair[0] - x, pair[1] - y);
    }
  }
}

/** Places of the two stars of a trial (x, y, x, y), and their fluxes when it has been fitted. */
const pair = new Float64Array(6);

/** Fits the fluxes of the `pair` to the stamp about (x, y) with its star put back; the chi square gained by it over that star. */
function tryPair(psf: PsfField, x: number, y: number, flux: number, side: number): number {
  const x0 = pixelOf(x) - (side >> 1);
  const y0 = pixelOf(y) - (side >> 1);
  const area = side * side;
  const profile = value;
  const weights = weight;
  const values = data;
  const first = gradX;
  const second = trial;
  evaluatePsf(psf, pair[0]!, pair[1]!, x0, y0, side, side, first);
  evaluatePsf(psf, pair[2]!, pair[3]!, x0, y0, side, side, second);
  let aa = 0;
  let ab = 0;
  let bb = 0;
  let da = 0;
  let db = 0;
  let dr = 0;
  for (let p = 0; p < area; p++) {
    const w = weights[p]!;
    const d = values[p]! + flux * profile[p]!;
    const wa = w * first[p]!;
    const wb = w * second[p]!;
    aa += wa * first[p]!;
    ab += wa * second[p]!;
    bb += wb * second[p]!;
    da += wa * d;
    db += wb * d;
    dr += w * (d * d - values[p]! * values[p]!);
  }
  const determinant = aa * bb - ab * ab;
  if (!(determinant > 1e-6 * aa * bb)) return 0;
  const fa = (da * bb - db * ab) / determinant;
  const fb = (db * aa - da * ab) / determinant;
  pair[4] = fa;
  pair[5] = fb;
  return fa > 0 && fb > 0 ? fa * da + fb * db - dr : 0;
}
