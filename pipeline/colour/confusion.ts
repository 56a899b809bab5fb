import type { SourceTable } from '../sources.ts';

/** By how much the chi square of each row is above that of stars as bright on its plane, and how far chance takes it. */
export interface ChiExcess {
  readonly excess: Float64Array;
  readonly noise: Float64Array;
}

/** Stars as bright: so many before and after a row, which are sorted by flux; the same for a block of rows. */
const NEIGHBOURS = 40;
const BLOCK = 16;
const FEWEST = 12;
/** The lower quartile of a normal distribution is 0.674 sigma below its median. */
const QUARTILE = 0.6745;

/**
 * The reduced chi square of a fit depends on the star's flux, for the model's error counts among the variances: it is held against
 * the median of the 81 rows around. The spread is taken below the median, where no neighbours add to it. Zero where
 * there are too few stars to tell.
 */
export function chiExcess({ count, chi2 }: Pick<SourceTable, 'count' | 'chi2'>): ChiExcess {
  const excess = new Float64Array(count);
  const noise = new Float64Array(count);
  if (count < FEWEST) return { excess, noise };
  for (let from = 0; from < count; from += BLOCK) {
    const to = Math.min(from + BLOCK, count);
    const around = chi2.slice(Math.max(0, from - NEIGHBOURS), to + NEIGHBOURS).filter((value) => value > 0);
    if (around.length < FEWEST) continue;
    around.sort();
    const median = around[around.length >> 1]!;
    const sigma = (median - around[around.length >> 2]!) / QUARTILE;
    for (let row = from; row < to; row++) {
      excess[row] = chi2[row]! > 0 ? chi2[row]! - median : 0;
      noise[row] = sigma;
    }
  }
  return { excess, noise };
}

/**
 * Variance of a joint position, in units of what photons make of it, for each unit of excess of the reduced chi square and each
 * square pixel of FWHM^2. Measured on simulated fields of 6 to 12 beams a star at FWHM of 2.2, 3 and 4.5 plane pixels.
 */
const VARIANCE_PER_EXCESS = 1.1;

/**
 * Factor on the error of a joint position for the light of neighbours that no plane parted from the star. They draw its image
 * the same way on all planes, so that the mean over planes does not lessen what they do; but their light is left over in the fit of
 * every plane. What the planes' excesses of chi square together have beyond one sigma of chance counts.
 */
export function confusionFactor(
  rows: readonly { readonly excess: number; readonly noise: number }[],
  fwhmPx: number,
): number {
  const sum = rows.reduce((total, { excess }) => total + excess, 0);
  const chance = Math.sqrt(rows.reduce((total, { noise }) => total + noise ** 2, 0));
  return Math.sqrt(1 + VARIANCE_PER_EXCESS * fwhmPx ** 2 * Math.max(0, sum - chance));
}
