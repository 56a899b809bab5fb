import type { Equations, Pairs } from '../model/normal.ts';
import type { Workspace } from '../model/workspace.ts';
import type { CrowdingTerm } from '../photometry/artificial.ts';
import type { MeasureOptions, MeasureOutcome } from '../photometry/measurement.ts';
import type { PsfRecord } from '../psf/make.ts';
import type { NoStarField } from '../psf/star-field.ts';

/** What every stage is given beside what the earlier ones hand on. */
export interface Tools {
  readonly options: MeasureOptions;
  readonly warnings: string[];
}

/** What the stages hand on. `outcome` other than measured makes the later stages pass. */
export interface Start {
  readonly work: Workspace;
  readonly outcome: MeasureOutcome;
}

export const measured: MeasureOutcome = { kind: 'measured' };
/** Why what stands out is not measured, for people. */
export const refusals: Record<NoStarField, MeasureOutcome> = {
  'not star-like': {
    kind: 'not star-like',
    reason: 'what stands out has no common profile of a star: out of focus, trailed, or no stars at all',
  },
  defocused: {
    kind: 'defocused',
    reason: 'the stars are rings or discs: the telescope is out of focus',
  },
  trailed: {
    kind: 'trailed',
    reason: 'the stars are long trails: the telescope did not follow the sky',
  },
};

export interface Fitted {
  readonly outcome: MeasureOutcome;
  readonly record: PsfRecord | undefined;
  readonly fit: { readonly equations: Equations; readonly pairs: Pairs } | undefined;
  readonly thresholdSigma: number;
  readonly crowding: CrowdingTerm;
}
