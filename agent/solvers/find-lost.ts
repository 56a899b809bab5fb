import type { SolvingConfig } from '../../config/schema.ts';
import type { FieldHint } from '../../pipeline/astrometry/problem.ts';
import { wcsFromKeywords } from '../../pipeline/astrometry/wcs-keywords.ts';
import type { FrameProduct } from '../../pipeline/reduce.ts';
import { isConfirmed } from '../../pipeline/stages/confirmed.ts';
import { placeHints, scaleHints } from '../../pipeline/stages/hints.ts';
import { starsOf } from '../../pipeline/stages/locate.ts';
import { scaleTolerance, widerRadiusDeg } from '../../pipeline/stages/solving-tries.ts';
import { installedSolvers } from './installed.ts';

/** Fewer stars are not worth the while. */
const fewestStars = 8;
const shortestMs = 3000;
/** How far a program outside may be from the truth; our own solver finds it from there. */
const guessRadiusDeg = 0.3;

/** Whether nothing that can be relied on says where a measured frame looks. */
export function isLost({ location, standards, measured }: FrameProduct): boolean {
  const isMeasured = measured.some(({ measurement }) => measurement.sources.count >= fewestStars);
  return isMeasured && !isConfirmed(location, standards);
}

/** A place to look for a lost frame with the reference stars that lie there. */
export interface OtherPlace {
  readonly hint: FieldHint;
  readonly scaleArcsecPerPx: number | undefined;
  /** The program that told it; undefined where it is the header's. */
  readonly by: string | undefined;
}

export interface LostSearch {
  readonly path: string;
  /** What command line or configuration say, which was tried first. */
  readonly hint: FieldHint | undefined;
  readonly scaleArcsecPerPx: number | undefined;
  readonly solving: SolvingConfig;
  /** Whether the reference stars of any place can be had; else only those that were tried are at hand. */
  readonly hasStarsAnywhere: boolean;
  readonly leftMs: () => number;
}

/**
 * Where else a lost frame may look, one place after the other: the other places that its header tells, wider round the first,
 * then what the installed programs outside say, first with the scale that is told and then without.
 */
export async function* otherPlaces(product: FrameProduct, search: LostSearch): AsyncGenerator<OtherPlace> {
  const { header, facts, width, height } = product;
  const { wcs } = wcsFromKeywords((keyword) => header.value(keyword));
  const places = placeHints({ facts, wcs, given: search.hint }, { width, height });
  const arcsecPerPx = scaleHints({ facts, wcs, given: search.scaleArcsecPerPx })[0]?.arcsecPerPx;
  if (search.hasStarsAnywhere) {
    for (const hint of places.slice(1)) yield { hint, scaleArcsecPerPx: arcsecPerPx, by: undefined };
    for (const hint of places.slice(0, 1)) {
      yield { hint: { ...hint, radiusDeg: widerRadiusDeg }, scaleArcsecPerPx: arcsecPerPx, by: undefined };
    }
  }
  const solvers = await installedSolvers(search.solving);
  const told = arcsecPerPx === undefined ? [] : [{ arcsecPerPx, toleranceFraction: scaleTolerance }];
  for (const scale of [...told, undefined]) {
    for (const solver of solvers) {
      const timeoutMs = Math.min(1000 * search.solving.timeoutS, search.leftMs());
      if (timeoutMs < shortestMs) return;
      const frame = { path: search.path, width, height, stars: starsOf(product.measured), scale };
      const guess = await solver.guess(frame, timeoutMs);
      if (!guess) continue;
      const { raDeg, decDeg, scaleArcsecPerPx } = guess;
      yield { hint: { raDeg, decDeg, radiusDeg: guessRadiusDeg }, scaleArcsecPerPx, by: solver.name };
    }
  }
}
