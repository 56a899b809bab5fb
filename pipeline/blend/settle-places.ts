import { solveAndInvert } from '../numeric/linear.ts';
import type { Epoch, SkyOffset } from './epoch.ts';
import { type EpochFit, fitEpoch } from './fit-epoch.ts';

/** One set of places for all epochs, and each epoch's fluxes there. */
export interface SettledPlaces {
  readonly places: readonly SkyOffset[];
  /** Covariance of the places, u and v of each star in turn, square arcseconds. */
  readonly covariance: Float64Array;
  /** In the order of the epochs. */
  readonly fits: readonly (EpochFit | undefined)[];
}

const ROUNDS = 20;
/** In FWHM of the sharpest frame: where the search ends, the longest step, how far off the first places may be. */
const SETTLED_FWHM = 0.001;
const LONGEST_FWHM = 0.3;
const PRIOR_FWHM = 0.5;

/**
 * Finds the places of stars from all epochs together: the fluxes are each epoch's own, the places are common to all (Stetson
 * 1994, PASP 106, 250), by Gauss-Newton steps on the sum of the epochs' equations. Undefined when no epoch tells anything.
 */
export function settlePlaces(
  epochs: readonly Epoch[],
  first: readonly SkyOffset[],
  reachArcsec: number,
): SettledPlaces | undefined {
  const fwhm = Math.min(...epochs.map(({ fwhmArcsec }) => fwhmArcsec));
  const n = 2 * first.length;
  const start = Float64Array.from(first.flatMap(({ u, v }) => [u, v]));
  const now = start.slice();
  for (let round = 0; ; round++) {
    const places = first.map((_, k): SkyOffset => ({ u: now[2 * k]!, v: now[2 * k + 1]! }));
    const fits = epochs.map((epoch) => fitEpoch(epoch, places, reachArcsec));
    if (fits.every((fit) => fit === undefined)) return undefined;
    const normal = new Float64Array(n * n);
    const step = new Float64Array(n);
    for (let a = 0; a < n; a++) {
      normal[a * n + a] = (PRIOR_FWHM * fwhm) ** -2;
      step[a] = (start[a]! - now[a]!) * normal[a * n + a]!;
    }
    for (const fit of fits) {
      if (!fit) continue;
      // An epoch that its own noise does not explain has that much less of a say.
      const say = 1 / Math.max(1, fit.chi2);
      for (let a = 0; a < n; a++) step[a]! += say * fit.right[a]!;
      for (let a = 0; a < n * n; a++) normal[a]! += say * fit.normal[a]!;
    }
    if (!solveAndInvert(normal, step, n)) return undefined;
    const longest = Math.max(...step.map(Math.abs)) / fwhm;
    if (longest < SETTLED_FWHM || round === ROUNDS) return { places, covariance: normal, fits };
    const scale = Math.min(1, LONGEST_FWHM / longest);
    for (let a = 0; a < n; a++) now[a]! += scale * step[a]!;
  }
}
