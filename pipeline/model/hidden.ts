import type { Stars } from './stars.ts';

/** Two stars nearer than this, in FWHM, are rarely told apart: the fainter one's light goes to the brighter. */
const HIDDEN_FWHM = 0.7;

/** d ln(scatter) / d(share) of the median absolute deviation when a share of the values is off: 1 / (4 z phi(z)), z = .674. */
const PER_SHARE = 1.166;

/** Beyond this share of stars with hidden companions no formula for the others' scatter makes sense. */
const MOST_HIDDEN = 0.3;

/** The share of stars that have a companion too near to be parted, where `count` stars lie at random on a plane. */
export function hiddenShare(
  count: number,
  plane: { readonly width: number; readonly height: number },
  fwhmPx: number,
): number {
  return 1 - Math.exp((-count * Math.PI * (HIDDEN_FWHM * fwhmPx) ** 2) / (plane.width * plane.height));
}

/**
 * What companions that hide in the images of other stars add to their errors, as a factor on the error of a star, by
 * that error (electrons). Companions of that flux or more lie at random, as dense as the stars that are seen; a share
 * p = 1 - exp(-n pi r^2) of stars has one within r, is measured too bright by more than its error, and widens the robust
 * scatter of all by 1.17 p / (1 - p), to first order. `measureCrowding` measures the same where there is time.
 */
export function hiddenFactor(
  stars: Stars,
  plane: { readonly width: number; readonly height: number },
  fwhmPx: number,
): (fluxErr: number) => number {
  const fluxes = stars.flux.slice(0, stars.count).sort();
  return (fluxErr) => {
    const share = Math.min(MOST_HIDDEN, hiddenShare(fluxes.length - firstAbove(fluxes, fluxErr), plane, fwhmPx));
    return 1 + (PER_SHARE * share) / (1 - share);
  };
}

/** Index of the first value of an ascending array that is above `limit`. */
function firstAbove(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
