import type { CalibrationFacts } from '../store/master.ts';
import { type AssessmentOptions, assessMaster, byWorth, type MasterCandidate, type Suitability } from './assess.ts';

/** The kinds of master that a light frame can use. */
export type UsedKind = 'bias' | 'dark' | 'flat';
export const usedKinds: readonly UsedKind[] = ['bias', 'dark', 'flat'];

/** What was chosen for one frame, and how all candidates were assessed: best first. */
export interface Choice<Candidate extends MasterCandidate = MasterCandidate> {
  readonly chosen: { readonly [kind in UsedKind]?: Suitability<Candidate> };
  readonly assessed: { readonly [kind in UsedKind]: readonly Suitability<Candidate>[] };
  /** What every product must say. */
  readonly warnings: readonly string[];
}

/**
 * Chooses the masters for a light frame by the rules of `assessMaster`. A bias is chosen only where it is needed: without a dark,
 * or to scale one; a dark that fits holds the bias already.
 */
export function chooseMasters<Candidate extends MasterCandidate>(
  candidates: readonly Candidate[],
  frame: CalibrationFacts,
  options: Omit<AssessmentOptions, 'hasBias'>,
): Choice<Candidate> {
  const assessedFor = (kind: UsedKind, hasBias: boolean) =>
    candidates
      .filter((candidate) => candidate.kind === kind)
      .map((candidate) => assessMaster(candidate, frame, { ...options, hasBias }))
      .sort(byWorth);
  const best = (assessed: readonly Suitability<Candidate>[]) => assessed.find(({ forbids }) => forbids.length === 0);
  const biases = assessedFor('bias', false);
  const bias = best(biases);
  const darks = assessedFor('dark', bias !== undefined);
  const flats = assessedFor('flat', bias !== undefined);
  const dark = best(darks);
  const flat = best(flats);
  const isScaled = dark !== undefined && needsScaling(dark, frame);
  const chosen = {
    ...(bias && (!dark || isScaled) && { bias }),
    ...(dark && { dark }),
    ...(flat && { flat }),
  };
  return {
    chosen,
    assessed: { bias: biases, dark: darks, flat: flats },
    warnings: [
      ...usedKinds.flatMap((kind) => (chosen[kind]?.flags ?? []).map((text) => `master ${kind}: ${text}`)),
      ...(bias && !dark ? ['no dark frame: dark current and hot pixels stay in'] : []),
    ],
  };
}

function needsScaling({ master }: Suitability, { exposureS }: CalibrationFacts): boolean {
  return exposureS !== null && Math.abs(exposureS / (master.facts.exposureS ?? 0) - 1) > 0.02;
}
