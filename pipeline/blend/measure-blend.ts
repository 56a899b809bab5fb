import type { Epoch, SkyOffset } from './epoch.ts';
import type { EpochFit } from './fit-epoch.ts';
import { findMembers, LEAST_EPOCHS, type Members } from './members.ts';
import { type SettledPlaces, settlePlaces } from './settle-places.ts';

/** A target's flux in one epoch; electrons, growth-curve normalised, negative where noise will have it. */
export interface BlendFlux {
  readonly flux: number;
  readonly fluxErr: number;
}

/** What came of measuring a blend over all epochs at once. */
export type BlendOutcome =
  | {
      readonly kind: 'held';
      /** Stars with places in common, the target among them. */
      readonly nStars: number;
      readonly nearestArcsec: number;
      /** In the order of the epochs; undefined where the epoch does not tell. */
      readonly fluxes: readonly (BlendFlux | undefined)[];
    }
  | { readonly kind: 'alone' }
  | { readonly kind: 'not held'; readonly reason: string };

/** Stars within this many FWHM of the middling frame are told apart together with the target. */
const REACH_FWHM = 2;
/** Without a neighbour so near, in FWHM of the most blurred frame, each frame is well able to measure the target by itself. */
const BLENDED_FWHM = 1.5;
/** The target is a star within so many FWHM of the sharpest frame of its position, or so many arcseconds. */
const TARGET_FWHM = 0.5;
const TARGET_ARCSEC = 1;
/** Two places nearer than this, in FWHM of the sharpest frame, are one star. */
const MERGE_FWHM = 0.35;
/** Of the target's profile, by the square, that must lie on usable pixels. */
const LEAST_SEEN = 0.5;

/**
 * Measures a target that neighbours blend with, in all epochs of one filter at once: the places of target and neighbours are
 * found once, from all epochs, and each epoch then has its fluxes fitted with the places held. What a blurred frame cannot
 * part, the sharp ones have parted for it.
 */
export function measureBlend(epochs: readonly Epoch[]): BlendOutcome {
  if (epochs.length < LEAST_EPOCHS)
    return { kind: 'not held', reason: `fewer than ${LEAST_EPOCHS} frames have pixels about the target` };
  const fwhms = epochs.map(({ fwhmArcsec }) => fwhmArcsec).sort((a, b) => a - b);
  const sharpest = fwhms[0]!;
  const targetArcsec = Math.max(TARGET_ARCSEC, TARGET_FWHM * sharpest);
  const found = findMembers(epochs, REACH_FWHM * fwhms[fwhms.length >> 1]!, targetArcsec);
  if (!(nearestOf(found.places) < BLENDED_FWHM * fwhms.at(-1)!)) return { kind: 'alone' };
  const settled = settleApart(epochs, found, MERGE_FWHM * sharpest);
  if (!settled) return { kind: 'not held', reason: 'the frames do not tell target and neighbours apart' };
  const { fits, places, covariance } = settled;
  if (places.length === 1) return { kind: 'alone' };
  return {
    kind: 'held',
    nStars: places.length,
    nearestArcsec: nearestOf(places),
    fluxes: fits.map((fit, at) => fit && fluxOf(fit, epochs[at]!, covariance)),
  };
}

/** Distance of the target's nearest neighbour; infinite for a target alone. */
function nearestOf([target, ...others]: readonly SkyOffset[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...others.map(({ u, v }) => Math.hypot(u - target!.u, v - target!.v)));
}

/** Settles the places; those that fall upon an earlier one are given up. */
function settleApart(
  epochs: readonly Epoch[],
  { places, reachArcsec }: Members,
  within: number,
): SettledPlaces | undefined {
  const settled = settlePlaces(epochs, places, reachArcsec);
  const isApart = (b: SkyOffset, k: number, all: readonly SkyOffset[]): boolean =>
    all.slice(0, k).every((a) => Math.hypot(a.u - b.u, a.v - b.v) >= within);
  const apart = settled?.places.filter(isApart);
  if (!apart || apart.length === places.length) return settled;
  return settleApart(epochs, { places: apart, reachArcsec }, within);
}

/** The first star's flux; its error knows what the neighbours cost, and the errors of the places and of the frame's lie. */
function fluxOf(fit: EpochFit, { patch, sigmaArcsec }: Epoch, places: Float64Array): BlendFlux | undefined {
  if (fit.seen < LEAST_SEEN) return undefined;
  const n = fit.flux.length;
  const m = 2 * n;
  let byPlaces = 0;
  for (let a = 0; a < m; a++)
    for (let b = 0; b < m; b++) byPlaces += fit.slope[a]! * places[a * m + b]! * fit.slope[b]!;
  let [alongU, alongV] = [0, 0];
  for (let k = 0; k < n; k++) {
    alongU += fit.slope[2 * k]!;
    alongV += fit.slope[2 * k + 1]!;
  }
  const byLie = (alongU ** 2 + alongV ** 2) * sigmaArcsec ** 2;
  const variance = Math.max(1, fit.chi2) * fit.covariance[0]! + byPlaces + byLie;
  const { growth, errorFactor } = patch;
  return {
    flux: fit.flux[0]! * growth,
    fluxErr: Math.sqrt(variance) * growth * errorFactor,
  };
}
