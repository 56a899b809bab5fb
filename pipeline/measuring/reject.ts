import { medianOf } from '../background/map.ts';
import { maskBleeds } from '../calibration/bleed.ts';
import { findCosmicRays } from '../calibration/cosmic-rays.ts';
import { findTrails } from '../calibration/trails.ts';
import { hideNewlyMasked } from '../model/workspace.ts';
import type { SaturatedPatch } from '../photometry/saturated.ts';
import type { PsfRecord } from '../psf/make.ts';
import type { Stage } from '../stage.ts';
import type { Start, Tools } from './state.ts';

/** Masks what is no star: ends of bleeding columns, trails of satellites and hits of cosmic rays, now that the width of a star is known. */
export const rejectNoStars: Stage<
  Start & { saturated: SaturatedPatch[]; record: PsfRecord | undefined },
  { nCosmicRayPixels: number; nTrails: number },
  Tools
> = {
  name: 'cosmic rays',
  async run({ work, saturated, record }, { warnings }) {
    if (record === undefined || work.psf === undefined) return { nCosmicRayPixels: 0, nTrails: 0 };
    const facts = {
      skyE: medianOf(work.sky.level),
      skyRmsE: Math.sqrt(medianOf(work.sky.variance)),
      fwhmPx: work.psf.fwhmPx,
    };
    maskBleeds(work.plane, saturated);
    // A trail is long and faint: it is looked for where the gradient of the sky is gone.
    const { width, height, mask } = work.plane;
    const flat = { width, height, mask, electrons: work.residual };
    const nTrails = (await findTrails(flat, { ...facts, skyE: 0 }, work.crew)).length;
    if (nTrails > 0) warnings.push(`${nTrails} trail(s) of satellites or aircraft cross the image: masked`);
    const nCosmicRayPixels = await findCosmicRays(work.plane, facts, work.crew);
    await hideNewlyMasked(work);
    return { nCosmicRayPixels, nTrails };
  },
};
