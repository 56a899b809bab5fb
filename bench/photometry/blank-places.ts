import { Random } from '../../base/random.ts';
import { soloCrew } from '../../pipeline/crew.ts';
import { kernels } from '../../pipeline/kernels.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import type { ForcedMeasurement } from '../../pipeline/sources.ts';
import { limitFluxE } from '../../pipeline/targets/limit-flux.ts';
import { paint, randomStars } from '../../test/unit/pipeline/photometry/paint.ts';

/** A field full of stars at the limit has another sky and other blank places: few enough that they change nothing. */
const mostInjected = (sidePx: number): number => Math.round(sidePx ** 2 / 10_000);

/** A simulated plane: round numbers of stars, and places that are called blank. */
export interface BlankScene {
  readonly name: string;
  readonly sidePx: number;
  readonly nStars: number;
  /** Fluxes between these, electrons; the faintest are well above the limit, so that blank is blank. */
  readonly leastE: number;
  readonly mostE: number;
  readonly fwhmPx: number;
  readonly skyE: number;
  /** No star within so many FWHM of a blank place. */
  readonly clearFwhm: number;
}

export const sparse: BlankScene = {
  ...{ name: 'sparse', sidePx: 1024, nStars: 400, leastE: 3000, mostE: 5e5, fwhmPx: 3.2, skyE: 300, clearFwhm: 2 },
};
export const crowded: BlankScene = { ...sparse, name: 'crowded', nStars: 5000, clearFwhm: 1 };
export const undersampled: BlankScene = { ...sparse, name: 'undersampled', fwhmPx: 1.7, clearFwhm: 3 };

export interface BlankJudgement {
  /** Forced flux over its error at blank places. */
  readonly pulls: number[];
  /** Of stars with the flux of 5 sigma at such places, measured in another exposure: whether they exceed 5 sigma. */
  readonly exceeded: boolean[];
}

/**
 * Measures `nBlank` blank places of one exposure; then puts stars at the limit of some of them, apart from each other,
 * and measures these in a second exposure of the same field.
 */
export async function scoreBlanks(scene: BlankScene, seed: number, nBlank: number): Promise<BlankJudgement> {
  const { sidePx, nStars, leastE, mostE, fwhmPx, skyE, clearFwhm } = scene;
  const stars = randomStars(nStars, sidePx, leastE, mostE, 0.7, seed);
  const random = new Random(1000 + seed);
  const margin = 3 * fwhmPx;
  const isClear = (x: number, y: number, from: readonly { x: number; y: number }[], distance: number) =>
    from.every((one) => Math.hypot(one.x - x, one.y - y) > distance);
  const places: { x: number; y: number }[] = [];
  for (let attempt = 0; attempt < 100 * nBlank && places.length < nBlank; attempt++) {
    const x = margin + random.uniform() * (sidePx - 1 - 2 * margin);
    const y = margin + random.uniform() * (sidePx - 1 - 2 * margin);
    if (isClear(x, y, stars, clearFwhm * fwhmPx)) places.push({ x, y });
  }
  const plane = { width: sidePx, height: sidePx, fwhmPx, skyE };
  const { forced: blank, beta } = await forcedAt(paint({ ...plane, stars, seed: 10 * seed + 1 }), places);
  const limits = blank.flatMap(({ x, y, fluxErr }) =>
    fluxErr > 0 ? [{ x, y, flux: limitFluxE(fluxErr, 5, beta) }] : [],
  );
  const injected: typeof limits = [];
  for (const one of limits)
    if (injected.length < mostInjected(sidePx) && isClear(one.x, one.y, injected, 6 * fwhmPx)) injected.push(one);
  const { forced: seen } = await forcedAt(
    paint({ ...plane, stars: [...stars, ...injected], seed: 10 * seed + 2 }),
    injected,
  );
  return {
    pulls: blank.filter(({ fluxErr }) => fluxErr > 0).map(({ flux, fluxErr }) => flux / fluxErr),
    exceeded: seen.map(({ flux, fluxErr }) => flux > 5 * fluxErr),
  };
}

async function forcedAt(
  plane: ReturnType<typeof paint>,
  places: readonly { readonly x: number; readonly y: number }[],
): Promise<{ readonly forced: readonly ForcedMeasurement[]; readonly beta: number }> {
  const measured = await measurePlane(plane, {}, soloCrew(kernels));
  // One by one, as targets are: places that lie close together are not one blend.
  return { forced: places.flatMap((place) => measured.force([place])), beta: measured.psf?.beta ?? Number.NaN };
}

export interface LimitFigures {
  readonly nBlank: number;
  readonly pullWidth: number;
  readonly pullMean: number;
  /** Share of blank places beyond +3 sigma. */
  readonly beyond3: number;
  readonly nInjected: number;
  readonly exceededShare: number;
}

export function figuresOf(judgements: readonly BlankJudgement[]): LimitFigures {
  const pulls = judgements.flatMap((one) => one.pulls);
  const exceeded = judgements.flatMap((one) => one.exceeded);
  const pullMean = pulls.reduce((sum, pull) => sum + pull, 0) / pulls.length;
  return {
    nBlank: pulls.length,
    pullMean,
    pullWidth: Math.sqrt(pulls.reduce((sum, pull) => sum + (pull - pullMean) ** 2, 0) / (pulls.length - 1)),
    beyond3: pulls.filter((pull) => pull > 3).length / pulls.length,
    nInjected: exceeded.length,
    exceededShare: exceeded.filter(Boolean).length / exceeded.length,
  };
}
