import { measureFirstSky } from '../model/workspace.ts';
import type { MeasureOutcome } from '../photometry/measurement.ts';
import { type SaturatedPatch, saturatedPatches } from '../photometry/saturated.ts';
import type { Stage } from '../stage.ts';
import { measured, type Start, type Tools } from './state.ts';

/** Cells of the first map of the sky, pixels. */
export const FIRST_CELL_PX = 64;

/** The sky with the stars still in the image: the mode of each cell. */
export const firstSky: Stage<Start, { outcome: MeasureOutcome; saturated: SaturatedPatch[] }, Tools> = {
  name: 'sky',
  async run({ work }) {
    const saturated = await saturatedPatches(work.plane, work.crew);
    if (!(await measureFirstSky(work, FIRST_CELL_PX))) {
      return {
        outcome: { kind: 'no pixels', reason: 'no part of the image has pixels to measure the sky from' },
        saturated,
      };
    }
    return { outcome: measured, saturated };
  },
};
