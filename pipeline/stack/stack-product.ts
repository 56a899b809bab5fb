import type { Fact } from '../header/facts.ts';
import type { FrameProduct } from '../reduce.ts';
import { standardiseStage } from '../stages/standardise.ts';
import type { MeasuredPlane, ReduceTools } from '../stages/state.ts';
import { targetsStage } from '../stages/targets.ts';
import type { Stack } from './stack.ts';

const ofStack = <T>(value: T): Fact<T> => ({ value, card: 'stack', confidence: 'high' });

/**
 * What a stack yields, in the form of a frame's product: the solution and the calibration of the frame on whose pixels
 * it lies, its own stars, zero points and targets. `measured` are the planes of `stacks`, in that order. The exposure is
 * the one in which the reference would have counted as many electrons.
 */
export async function stackProduct(
  reference: FrameProduct,
  stacks: readonly Stack[],
  measured: readonly MeasuredPlane[],
  tools: ReduceTools,
): Promise<FrameProduct> {
  const { facts } = reference;
  const { midUtc, beginUtc, gain } = stacks[0]!;
  const state = {
    ...reference,
    measured,
    planes: measured.map(({ plane }) => plane),
    facts: {
      ...facts,
      exposureS: facts.exposureS && ofStack(facts.exposureS.value * gain),
      midUtc: midUtc && ofStack(midUtc),
      startUtc: beginUtc && ofStack(beginUtc),
    },
  };
  const { standards } = await standardiseStage.run(state, tools);
  const { targetResults } = await targetsStage.run({ ...state, standards }, tools);
  const best = measured.find(({ measurement }) => measurement.outcome.kind === 'measured') ?? measured[0]!;
  return { ...state, standards, targetResults, outcome: best.measurement.outcome.kind };
}
