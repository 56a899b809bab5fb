import { type BlankSites, measureBlankSites, nothingKnown } from '../photometry/limit.ts';
import type { Stage } from '../stage.ts';
import type { Fitted, Start, Tools } from './state.ts';

/** What places without a star tell of all errors and of the depth of the plane. */
export const measureBlanks: Stage<Start & Fitted, { blank: BlankSites }, Tools> = {
  name: 'blank',
  run({ work, fit }) {
    return { blank: fit === undefined ? nothingKnown : measureBlankSites(work, 1) };
  },
};
