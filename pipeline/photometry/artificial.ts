import { Random } from '../../base/random.ts';
import { type FindOptions, findStars, splitStars } from '../detection/find.ts';
import { Grid } from '../model/neighbours.ts';
import { newStars, StarKind } from '../model/stars.ts';
import {
  changeResidual,
  formAll,
  newEquations,
  refreshResidual,
  setReach,
  type Workspace,
} from '../model/workspace.ts';
import { jointVariances } from './covariance.ts';
import { robustScatter } from './limit.ts';
import { type RefineOptions, refineStars } from './refine.ts';

/** What crowding does to errors that the joint covariance cannot know: unseen companions, and faint stars everywhere. */
export interface CrowdingTerm {
  /** Factor on the formal error of a star whose light under its profile is its own (fracFlux at least 0.97). */
  readonly alone: number;
  /** The same for a star among others. */
  readonly blended: number;
  readonly nStars: number;
}

export const noCrowding: CrowdingTerm = { alone: 1, blended: 1, nStars: 0 };

const SHARE = 0.02;
const MOST = 300;
const LEAST = 30;
/** Artificial stars are drawn between these significances, where the light of the sky rules the noise. */
const FAINTEST = 10;
const BRIGHTEST = 80;
const LONELY = 0.97;
/** Stars that the factor 1 is worth: keeps it near 1 where few were found again. */
const PRIOR_STARS = 20;

/**
 * Artificial stars (the standard of crowded-field photometry, e.g. Stetson & Harris 1988, AJ 96, 909): known stars
 * are put into the residual image, at random places, found and fitted like real ones, and compared with what they were.
 * The noise they meet is that of the image itself. The scatter over the formal errors is the factor wanted. The
 * workspace is as before on return.
 */
export async function measureCrowding(
  work: Workspace,
  find: FindOptions,
  refine: RefineOptions,
  seed: number,
): Promise<CrowdingTerm> {
  const { plane } = work;
  const psf = work.psf!;
  const saved = work.stars;
  const n = Math.min(MOST, Math.floor(SHARE * saved.count));
  if (n < LEAST) return noCrowding;
  const random = new Random(seed);
  const truth = newStars(n);
  const variance = [...work.sky.variance].sort((a, b) => a - b)[work.sky.variance.length >> 1]!;
  const sigma = Math.sqrt(variance / psf.sumSquares);
  const margin = Math.min(5 * psf.fwhmPx, plane.width / 4, plane.height / 4);
  for (let i = 0; i < n; i++) {
    truth.x[i] = margin + random.uniform() * (plane.width - 1 - 2 * margin);
    truth.y[i] = margin + random.uniform() * (plane.height - 1 - 2 * margin);
    truth.flux[i] = sigma * FAINTEST * (BRIGHTEST / FAINTEST) ** random.uniform();
    truth.kind[i] = StarKind.artificial;
  }
  truth.count = n;
  work.stars = truth;
  setReach(work);
  for (let i = 0; i < n; i++) truth.flux[i]! *= -1;
  await changeResidual(work, truth);
  work.stars = saved;
  await findStars(work, find);
  await refineStars(work, { ...refine, rounds: 2 });
  await splitStars(work, { leastSignificance: 10 });
  await refineStars(work, { ...refine, rounds: 2 });
  const term = await compare(work, truth, n);
  work.stars = saved;
  await refreshResidual(work);
  return term;
}

async function compare(work: Workspace, truth: ReturnType<typeof newStars>, n: number): Promise<CrowdingTerm> {
  const { stars, plane } = work;
  const equations = newEquations(work);
  const pairs = await formAll(work, equations);
  const variances = jointVariances(stars.count, stars.flux, equations, pairs);
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  const radius = Math.max(1, 0.6 * work.psf!.fwhmPx);
  const alone: number[] = [];
  const blended: number[] = [];
  for (let i = 0; i < n; i++) {
    const flux = -truth.flux[i]!;
    let best = -1;
    let nearest = radius;
    grid.near(truth.x[i]!, truth.y[i]!, radius, (s) => {
      const d = Math.hypot(stars.x[s]! - truth.x[i]!, stars.y[s]! - truth.y[i]!);
      const ratio = stars.flux[s]! / flux;
      if (d >= nearest || ratio < 0.4 || ratio > 2.5) return;
      nearest = d;
      best = s;
    });
    if (best < 0 || !(variances.flux[best]! > 0)) continue;
    const pull = (stars.flux[best]! - flux) / Math.sqrt(variances.flux[best]!);
    (variances.fracFlux[best]! >= LONELY ? alone : blended).push(pull);
  }
  const factor = (pulls: number[]) =>
    pulls.length < LEAST / 2
      ? 1
      : Math.max(1, (pulls.length * robustScatter(pulls) + PRIOR_STARS) / (pulls.length + PRIOR_STARS));
  return { alone: factor(alone), blended: factor(blended), nStars: alone.length + blended.length };
}

/** The factor for a star of the given share of light. */
export const crowdingFactor = (term: CrowdingTerm, fracFlux: number) =>
  fracFlux >= LONELY ? term.alone : term.blended;
