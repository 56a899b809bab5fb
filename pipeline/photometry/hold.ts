import type { Equations, Pairs } from '../model/normal.ts';
import { copyStars, difference } from '../model/stars.ts';
import { changeResidual, formAll, newEquations, setReach, type Workspace } from '../model/workspace.ts';
import { stepPrior } from './refine.ts';
import { solveSteps } from './solve.ts';

/** Stars of one plane with places that are not to be fitted; plane pixels. */
export interface HeldStars {
  /** Where modelled stars are moved to. Those not named stay where they are. */
  readonly moved: readonly HeldStar[];
  /** Stars that the plane did not find. */
  readonly added: readonly Omit<HeldStar, 'fromX' | 'fromY'>[];
}

export interface HeldStar {
  /** Where the star stood in the source table, which names it. */
  readonly fromX: number;
  readonly fromY: number;
  readonly x: number;
  readonly y: number;
  /** 1 / variance of the place by what is known beside this plane, for the error of the flux. */
  readonly weightX: number;
  readonly weightY: number;
}

/** A step in place of this many pixels is out of the question. */
const HELD_PX = 1e-6;
const ROUNDS = 2;
const SOLVED = 1e-4;

/**
 * Fits the fluxes of all stars of a plane together, linearly, with every place held. The workspace takes over the new list;
 * its residual image is fresh on return. Gives the equations at the end, with what is known of the places beside this plane added, so
 * that their inverse tells the errors of fluxes and places when the places are not free, yet not known exactly.
 */
export async function holdStars(work: Workspace, held: HeldStars): Promise<{ equations: Equations; pairs: Pairs }> {
  const before = work.stars;
  const known = before.count;
  const stars = copyStars(before, held.added.length);
  const weights = new Float64Array(2 * (known + held.added.length));
  const rows = new Map<string, number>();
  for (let s = 0; s < known; s++) rows.set(key(before.x[s]!, before.y[s]!), s);
  for (const { fromX, fromY, x, y, weightX, weightY } of held.moved) {
    const s = rows.get(key(fromX, fromY));
    if (s === undefined) continue;
    stars.x[s] = x;
    stars.y[s] = y;
    weights.set([weightX, weightY], 2 * s);
  }
  held.added.forEach(({ x, y, weightX, weightY }, i) => {
    stars.x[known + i] = x;
    stars.y[known + i] = y;
    weights.set([weightX, weightY], 2 * (known + i));
  });
  stars.count = known + held.added.length;
  work.stars = stars;
  setReach(work);
  await changeResidual(work, difference(before, stars, new Uint8Array(stars.count).fill(1)));
  const equations = newEquations(work);
  for (let round = 0; round < ROUNDS; round++) await stepFluxes(work, equations);
  const pairs = await formAll(work, equations);
  const diagonal = equations.diagonal.slice();
  for (let s = 0; s < stars.count; s++) {
    diagonal[6 * s + 3]! += weights[2 * s]!;
    diagonal[6 * s + 5]! += weights[2 * s + 1]!;
  }
  return { equations: { ...equations, diagonal }, pairs };
}

async function stepFluxes(work: Workspace, equations: Equations): Promise<void> {
  const { stars } = work;
  const before = copyStars(stars, 0);
  const pairs = await formAll(work, equations);
  const steps = solveSteps(stars.count, equations, pairs, stepPrior(stars.count, HELD_PX), SOLVED);
  for (let s = 0; s < stars.count; s++) stars.flux[s]! += steps[3 * s]!;
  setReach(work);
  await changeResidual(work, difference(before, stars, new Uint8Array(stars.count).fill(1)));
}

const key = (x: number, y: number) => `${x} ${y}`;
