import { epochOf } from '../blend/epoch.ts';
import { type BlendOutcome, measureBlend } from '../blend/measure-blend.ts';
import { instrumentalMag, magError } from '../magnitude.ts';
import type { EnsembleFrame, ForcedTarget } from './frame.ts';
import type { IdentifiedStars } from './identify-stars.ts';
import { localMap } from './local-map.ts';

/** What a light curve tells of its target's blend. */
export type BlendSummary =
  | Omit<Extract<BlendOutcome, { kind: 'held' }>, 'fluxes'>
  | Exclude<BlendOutcome, { kind: 'held' }>;

export interface HeldBlend {
  readonly blend: BlendSummary;
  /** In the order of the frames; undefined where a frame measures the target by itself. */
  readonly held: readonly (ForcedTarget | undefined)[];
}

/**
 * The target parted from its neighbours over all frames at once, where the frames have pixels and it has such neighbours:
 * what is told of it, and its flux in each frame where it is known so.
 */
export function holdBlend(frames: readonly EnsembleFrame[], stars: IdentifiedStars, name: string): HeldBlend {
  const seen = frames.flatMap((frame, at) => {
    const patch = frame.patches?.get(name);
    const rows = stars.starOfRow[at];
    const map = patch && rows && localMap(frame, rows, stars);
    return map ? [{ at, epoch: epochOf(patch, map.toPixel, map.sigmaPx) }] : [];
  });
  const outcome = measureBlend(seen.map(({ epoch }) => epoch));
  const held = frames.map((): ForcedTarget | undefined => undefined);
  if (outcome.kind !== 'held') return { blend: outcome, held };
  const { fluxes, ...blend } = outcome;
  seen.forEach(({ at }, k) => {
    const { targets, exposureS } = frames[at]!;
    const own = targets.find((one) => one.name === name);
    const one = fluxes[k];
    if (!own || !one) return;
    const { flux, fluxErr } = one;
    const mag = flux > 0 ? instrumentalMag(flux, exposureS) : undefined;
    const magErr = flux > 0 ? magError(flux, fluxErr) : undefined;
    held[at] = { ...own, mag, magErr, snr: flux / fluxErr };
  });
  return { blend, held };
}

/** For a target that moves: its neighbours are others in each frame. */
export function neverHeld(frames: readonly EnsembleFrame[]): HeldBlend {
  return { blend: { kind: 'not held', reason: 'the target moves' }, held: frames.map(() => undefined) };
}
