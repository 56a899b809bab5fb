import type { PlaneMeasurement } from './measure.ts';
import { pipeline } from './stage.ts';
import { calibrateStage } from './stages/calibrate.ts';
import { circumstancesStage } from './stages/circumstances.ts';
import { locateStage } from './stages/locate.ts';
import { measureStage } from './stages/measure.ts';
import { standardiseStage } from './stages/standardise.ts';
import type {
  CalibratedState,
  CircumstancesState,
  LocatedState,
  MeasuredState,
  RawState,
  ReduceTools,
  StandardisedState,
  TargetState,
} from './stages/state.ts';
import { targetsStage } from './stages/targets.ts';

/** The stages of one frame, in order: pixels to stars; those inside `measure`, plane by plane, stand in `measure.ts`. */
const pixelStages = pipeline<RawState, ReduceTools>().stage(calibrateStage).stage(measureStage);

/** And stars to the sky: these can be run again when more is known of where the frame looks. */
const skyStages = pipeline<Omit<RawState, 'image'> & CalibratedState & MeasuredState, ReduceTools>()
  .stage(locateStage)
  .stage(circumstancesStage)
  .stage(standardiseStage)
  .stage(targetsStage);

/** What one light frame yields. */
export type FrameProduct = Omit<
  RawState & CalibratedState & MeasuredState & LocatedState & CircumstancesState & StandardisedState & TargetState,
  'image'
> & {
  readonly width: number;
  readonly height: number;
  /** `measured`, or why no plane gave a source: `no stars`, ... */
  readonly outcome: PlaneMeasurement['outcome']['kind'];
};

/**
 * Measures one frame. `timings` receives the milliseconds of each stage, by the clock that `nowMs` reads. Never rejects
 * for what a frame holds.
 */
export async function reduceFrame(
  raw: RawState,
  tools: ReduceTools,
  timings: Map<string, number>,
  nowMs: () => number,
): Promise<FrameProduct> {
  const { image: _spent, ...stars } = await pixelStages.run(raw, tools, timings, nowMs);
  const state = await skyStages.run(stars, tools, timings, nowMs);
  const best = state.measured.find(({ measurement }) => measurement.outcome.kind === 'measured') ?? state.measured[0]!;
  return { ...state, ...raw.size, outcome: best.measurement.outcome.kind };
}

/** The same frame laid on the sky again, by another hint and with the reference stars that lie there. */
export async function locateAgain(
  product: FrameProduct,
  knowing: Pick<RawState, 'solving' | 'knowledge'>,
  tools: ReduceTools,
  timings: Map<string, number>,
  nowMs: () => number,
): Promise<FrameProduct> {
  return { ...product, ...(await skyStages.run({ ...product, ...knowing }, tools, timings, nowMs)) };
}
