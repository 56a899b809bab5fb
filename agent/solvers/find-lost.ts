import type { SolvingConfig } from '../../config/schema.ts';
import { wcsFromKeywords } from '../../pipeline/astrometry/wcs-keywords.ts';
import type { FrameProduct } from '../../pipeline/reduce.ts';
import { scaleOf, scaleTolerance, starsOf } from '../../pipeline/stages/locate.ts';
import { installedSolvers } from './installed.ts';
import type { FieldGuess } from './outside-solver.ts';

/** Fewer stars are not worth the while. */
const fewestStars = 8;
const shortestMs = 3000;

/** Whether nothing that can be relied on says where a measured frame looks. */
export function isLost({ location, standards, measured }: FrameProduct): boolean {
  const isVerified = standards.some(({ outcome }) => outcome === 'standardised');
  const isMeasured = measured.some(({ measurement }) => measurement.sources.count >= fewestStars);
  return isMeasured && (location.kind === 'not located' || (location.from === 'header' && !isVerified));
}

/**
 * Asks the programs outside, one after the other, where a lost frame looks. Undefined when none is installed, none
 * knows, or the time (`leftMs`) is too short.
 */
export async function askOutside(
  product: FrameProduct,
  path: string,
  scaleArcsecPerPx: number | undefined,
  solving: SolvingConfig,
  leftMs: () => number,
): Promise<(FieldGuess & { readonly by: string }) | undefined> {
  const { header, facts, width, height } = product;
  const { wcs } = wcsFromKeywords((keyword) => header.value(keyword));
  const arcsecPerPx = scaleOf(facts, wcs, scaleArcsecPerPx);
  const scale = arcsecPerPx === undefined ? undefined : { arcsecPerPx, toleranceFraction: scaleTolerance };
  for (const solver of await installedSolvers(solving)) {
    const timeoutMs = Math.min(1000 * solving.timeoutS, leftMs());
    if (timeoutMs < shortestMs) return undefined;
    const guess = await solver.guess({ path, width, height, stars: starsOf(product.measured), scale }, timeoutMs);
    if (guess) return { ...guess, by: solver.name };
  }
  return undefined;
}
