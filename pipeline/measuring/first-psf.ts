import type { MeasureOutcome } from '../photometry/measurement.ts';
import type { SaturatedPatch } from '../photometry/saturated.ts';
import { type FirstLook, firstLook } from '../psf/first-look.ts';
import { firstPsf, type PsfRecord } from '../psf/make.ts';
import { clearStars, starField } from '../psf/star-field.ts';
import type { Stage } from '../stage.ts';
import { refusals, type Start, type Tools } from './state.ts';

/** Bright peaks and the first PSF from them. */
export const seedPsf: Stage<
  Start & { saturated: SaturatedPatch[] },
  { outcome: MeasureOutcome; looked: FirstLook | undefined; record: PsfRecord | undefined; isOfDiscs: boolean },
  Tools
> = {
  name: 'first psf',
  async run({ work, outcome, saturated }) {
    if (outcome.kind !== 'measured') return { outcome, looked: undefined, record: undefined, isOfDiscs: false };
    const looked = await firstLook(work, 600);
    const { sound, refusal, isOfDiscs } = starField(work, looked.stars);
    let record = refusal ?? (await firstPsf(work, looked.stars, sound));
    // Faint peaks may have hidden the width of the stars.
    if (record === 'not star-like' && !refusal)
      record = await firstPsf(work, looked.stars, clearStars(work, looked.stars));
    if (record === 'no stars' && isOfDiscs) record = 'defocused';
    if (typeof record !== 'string') return { outcome, looked, record, isOfDiscs };
    if (record !== 'no stars') return { outcome: refusals[record], looked, record: undefined, isOfDiscs };
    const kind = saturated.length > 0 ? 'all saturated' : 'no stars';
    const reason =
      saturated.length > 0
        ? 'every star that stands out is saturated: there is nothing to build a PSF from'
        : 'no image of a star stands out of the noise';
    return { outcome: { kind, reason }, looked, record: undefined, isOfDiscs };
  },
};
