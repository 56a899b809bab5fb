import { Grid } from '../model/neighbours.ts';
import { type Equations, type Pairs, STATS } from '../model/normal.ts';
import { copyStars, difference, StarKind, type Stars, takeStars, tileOrder } from '../model/stars.ts';
import { changeResidual, formAll, newEquations, setReach, type Workspace } from '../model/workspace.ts';
import { Damping } from './damping.ts';
import { invertDiagonal, solveSteps } from './solve.ts';

export interface RefineOptions {
  readonly rounds: number;
  /** Prior of a position step, pixels rms. */
  readonly sigmaStepPx: number;
  /** Stars whose flux falls below this many of its own sigma are given up. */
  readonly dropBelow: number;
  /** Two stars nearer than this (in FWHM) are one. */
  readonly mergeFwhm: number;
}

const MAX_STEP_PX = 0.4;
/** Relative residual at which the linear equations count as solved: the next round corrects what is left. */
const SOLVED = 3e-3;

/**
 * Gauss-Newton rounds for all stars together: form the equations on the residual image, solve, step, subtract anew.
 * After the first round only stars that moved, and those that share pixels with them, are formed again. A step that made
 * the fit of its star worse is taken back. At the end stars that turned out to be nothing are dropped and pairs that
 * fell together are merged. The residual image, fresh on entry, is fresh on return.
 * @returns the equations as far as they hold for the stars as they are now.
 */
export async function refineStars(work: Workspace, options: RefineOptions): Promise<Formed> {
  const { stars } = work;
  const n = stars.count;
  const equations = newEquations(work);
  const active = new Uint8Array(new SharedArrayBuffer(Math.max(1, n))).fill(1);
  const damping = new Damping(n);
  let last = stars;
  let pairs: Pairs | undefined;
  for (let round = 0; round < options.rounds; round++) {
    const before = copyStars(stars, 0);
    pairs = await formAll(work, equations, active);
    const wrong = damping.diverging(equations, pairs);
    // Nobody checks the last step: a star that went wrong does not take it.
    const held = round === options.rounds - 1 ? damping.share.map(Math.sign) : wrong;
    const changed = step(work, equations, pairs, options, damping.share, held, active);
    restore(stars, last, wrong, changed);
    last = before;
    setReach(work, changed);
    await changeResidual(work, difference(before, stars, changed));
    active.set(changed);
    spread(changed, pairs, active);
    if (!changed.includes(1)) break;
  }
  const before = copyStars(stars, 0);
  const changed = new Uint8Array(n);
  const gone = prune(work, equations, options, changed);
  if (gone === undefined) return { equations, active };
  setReach(work, changed);
  await changeResidual(work, difference(before, stars, changed, gone));
  for (let s = 0; s < n; s++) if (changed[s] === 1) active[s] = 1;
  if (pairs !== undefined) spread(changed, pairs, active);
  const order = tileOrder(stars, (i) => gone[i] === 0);
  work.stars = takeStars(stars, order, 0);
  return takeFormed(work, { equations, active }, order);
}

/** Equations of the stars of a workspace, and those among them that have to be formed again: not zero in `active`. */
export interface Formed {
  readonly equations: Equations;
  readonly active: Uint8Array;
}

/** Marks in `active` the stars that share pixels with those marked in `changed`. */
function spread(changed: Uint8Array, { start, second }: Pairs, active: Uint8Array): void {
  for (let s = 0; s + 1 < start.length; s++) {
    for (let p = start[s]!; p < start[s + 1]!; p++) {
      const j = second[p]!;
      if (changed[s] === 1) active[j] = 1;
      if (changed[j] === 1) active[s] = 1;
    }
  }
}

/** The equations of the stars of `order`; their stamps stay where they are. */
function takeFormed(work: Workspace, { equations: from, active }: Formed, order: Int32Array): Formed {
  const { offset, diagonal, rhs, stats } = newEquations(work);
  const to = { offset, stamps: from.stamps, diagonal, rhs, stats };
  work.equations = to;
  for (let i = 0; i < order.length; i++) {
    const k = order[i]!;
    to.offset[i] = from.offset[k]!;
    for (let m = 0; m < 6; m++) to.diagonal[6 * i + m] = from.diagonal[6 * k + m]!;
    for (let m = 0; m < 3; m++) to.rhs[3 * i + m] = from.rhs[3 * k + m]!;
    for (let m = 0; m < STATS; m++) to.stats[STATS * i + m] = from.stats[STATS * k + m]!;
  }
  const kept = new Uint8Array(new SharedArrayBuffer(Math.max(1, order.length)));
  for (let i = 0; i < order.length; i++) kept[i] = active[order[i]!]!;
  return { equations: to, active: kept };
}

/** Prior precision of the steps: none on flux, `1 / sigmaStepPx^2` on positions. */
export function stepPrior(count: number, sigmaStepPx: number): Float64Array {
  const prior = new Float64Array(3 * count);
  const precision = 1 / (sigmaStepPx * sigmaStepPx);
  for (let s = 0; s < count; s++) {
    prior[3 * s + 1] = precision;
    prior[3 * s + 2] = precision;
  }
  return prior;
}

/** Puts the stars marked in `wrong` to where they stood in `last`, and marks them as changed. */
function restore(stars: Stars, last: Stars, wrong: Uint8Array, changed: Uint8Array): void {
  for (let s = 0; s < wrong.length; s++) {
    if (wrong[s] === 0) continue;
    stars.x[s] = last.x[s]!;
    stars.y[s] = last.y[s]!;
    stars.flux[s] = last.flux[s]!;
    changed[s] = 1;
  }
}

/** One step of the stars that are not `held`, shortened by the share of its own block that each star's diagonal gains. */
function step(
  work: Workspace,
  equations: Equations,
  pairs: Pairs,
  options: RefineOptions,
  damping: Float64Array,
  held: ArrayLike<number>,
  active: Uint8Array,
): Uint8Array {
  const { stars, plane } = work;
  const prior = stepPrior(stars.count, options.sigmaStepPx);
  for (let s = 0; s < stars.count; s++) {
    if (damping[s] === 0) continue;
    prior[3 * s]! += damping[s]! * equations.diagonal[6 * s]!;
    prior[3 * s + 1]! += damping[s]! * equations.diagonal[6 * s + 3]!;
    prior[3 * s + 2]! += damping[s]! * equations.diagonal[6 * s + 5]!;
  }
  const steps = solveSteps(stars.count, equations, pairs, prior, SOLVED, active);
  const changed = new Uint8Array(stars.count);
  for (let s = 0; s < stars.count; s++) {
    if (held[s] !== 0) continue;
    const df = steps[3 * s]!;
    let dx = steps[3 * s + 1]!;
    let dy = steps[3 * s + 2]!;
    if (negligible(equations.diagonal, s, df, dx, dy)) continue;
    changed[s] = 1;
    const d = Math.hypot(dx, dy);
    if (d > MAX_STEP_PX) {
      dx *= MAX_STEP_PX / d;
      dy *= MAX_STEP_PX / d;
    }
    stars.flux[s] = Math.max(0.2 * stars.flux[s]!, stars.flux[s]! + df);
    stars.x[s] = Math.min(plane.width + 2, Math.max(-3, stars.x[s]! + dx));
    stars.y[s] = Math.min(plane.height + 2, Math.max(-3, stars.y[s]! + dy));
  }
  return changed;
}

/** A step that changes chi square by less than this is not taken: its star has converged. */
const NEGLIGIBLE = 0.04 ** 2;

function negligible(diagonal: Float64Array, s: number, f: number, x: number, y: number): boolean {
  const k = 6 * s;
  const gain =
    diagonal[k]! * f * f +
    diagonal[k + 3]! * x * x +
    diagonal[k + 5]! * y * y +
    2 * (diagonal[k + 1]! * f * x + diagonal[k + 2]! * f * y + diagonal[k + 4]! * x * y);
  return gain < NEGLIGIBLE;
}

/**
 * Marks stars without significance, and the fainter of pairs that share one place after giving its light to the
 * brighter; whatever it touches is marked as changed. Undefined when nothing goes.
 */
function prune(
  work: Workspace,
  equations: Equations,
  options: RefineOptions,
  changed: Uint8Array,
): Uint8Array | undefined {
  const { stars, plane, psf } = work;
  const inverse = invertDiagonal(stars.count, equations.diagonal, stepPrior(stars.count, options.sigmaStepPx));
  const gone = new Uint8Array(stars.count);
  for (let s = 0; s < stars.count; s++) {
    if (stars.kind[s] === StarKind.saturated) continue;
    const variance = inverse[6 * s]!;
    if (!(variance > 0) || stars.flux[s]! < options.dropBelow * Math.sqrt(variance)) gone[s] = 1;
  }
  const merge = options.mergeFwhm * psf!.fwhmPx;
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  for (let s = 0; s < stars.count; s++) {
    if (gone[s] === 1) continue;
    grid.near(stars.x[s]!, stars.y[s]!, merge, (j) => {
      if (j === s || gone[j] === 1 || gone[s] === 1 || stars.kind[j] === StarKind.saturated) return;
      if (Math.hypot(stars.x[j]! - stars.x[s]!, stars.y[j]! - stars.y[s]!) >= merge) return;
      if (stars.flux[j]! > stars.flux[s]! || (stars.flux[j] === stars.flux[s] && j < s)) return;
      const share = stars.flux[j]! / (stars.flux[j]! + stars.flux[s]!);
      stars.x[s]! += share * (stars.x[j]! - stars.x[s]!);
      stars.y[s]! += share * (stars.y[j]! - stars.y[s]!);
      stars.flux[s]! += stars.flux[j]!;
      gone[j] = 1;
      changed[s] = 1;
    });
  }
  let any = false;
  for (let s = 0; s < stars.count; s++) {
    if (gone[s] === 0) continue;
    any = true;
    changed[s] = 1;
  }
  return any ? gone : undefined;
}
