import type { CalibrationFacts } from '../store/master.ts';
import { byWorth, type Judgement, type JudgeOptions, judge, type MasterCandidate } from './judge.ts';

/** The kinds of master that a light frame can use. */
export type UsedKind = 'bias' | 'dark' | 'flat';
export const usedKinds: readonly UsedKind[] = ['bias', 'dark', 'flat'];

/** What was chosen for one frame, and how all candidates were judged: best first. */
export interface Choice<Candidate extends MasterCandidate = MasterCandidate> {
  readonly chosen: { readonly [kind in UsedKind]?: Judgement<Candidate> };
  readonly judged: { readonly [kind in UsedKind]: readonly Judgement<Candidate>[] };
  /** What every product must say. */
  readonly warnings: readonly string[];
}

/**
 * Chooses the masters for a light frame by the rules of `judge`. A bias is chosen only where it is needed: without a dark,
 * or to scale one; a dark that fits holds the bias already.
 */
export function chooseMasters<Candidate extends MasterCandidate>(
  candidates: readonly Candidate[],
  frame: CalibrationFacts,
  options: Omit<JudgeOptions, 'hasBias'>,
): Choice<Candidate> {
  const judgedFor = (kind: UsedKind, hasBias: boolean) =>
    candidates
      .filter((candidate) => candidate.kind === kind)
      .map((candidate) => judge(candidate, frame, { ...options, hasBias }))
      .sort(byWorth);
  const best = (judged: readonly Judgement<Candidate>[]) => judged.find(({ forbids }) => forbids.length === 0);
  const biases = judgedFor('bias', false);
  const bias = best(biases);
  const darks = judgedFor('dark', bias !== undefined);
  const flats = judgedFor('flat', bias !== undefined);
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
    judged: { bias: biases, dark: darks, flat: flats },
    warnings: [
      ...usedKinds.flatMap((kind) => (chosen[kind]?.flags ?? []).map((text) => `master ${kind}: ${text}`)),
      ...(bias && !dark ? ['no dark frame: dark current and hot pixels stay in'] : []),
    ],
  };
}

function needsScaling({ master }: Judgement, { exposureS }: CalibrationFacts): boolean {
  return exposureS !== null && Math.abs(exposureS / (master.facts.exposureS ?? 0) - 1) > 0.02;
}
