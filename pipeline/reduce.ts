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

/** The stages of one frame, in order; those inside `measure`, plane by plane, stand in `measure.ts`. */
export const frameStages = pipeline<RawState, ReduceTools>()
  .stage(calibrateStage)
  .stage(measureStage)
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
  const { width, height } = raw.image;
  const { image: _spent, ...state } = await frameStages.run(raw, tools, timings, nowMs);
  const best = state.measured.find(({ measurement }) => measurement.outcome.kind === 'measured') ?? state.measured[0]!;
  return { ...state, width, height, outcome: best.measurement.outcome.kind };
}
