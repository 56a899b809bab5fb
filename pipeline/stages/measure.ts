import { measurePlane } from '../measure.ts';
import type { Stage } from '../stage.ts';
import type { CalibratedState, MeasuredPlane, MeasuredState, RawState, ReduceTools } from './state.ts';

/** Finds and measures the stars of each plane. */
export const measureStage: Stage<RawState & CalibratedState, MeasuredState, ReduceTools> = {
  name: 'measure',
  async run({ planes, thresholdSigma }, { crew, isOver }) {
    const measured: MeasuredPlane[] = [];
    for (const plane of planes) {
      measured.push({
        plane,
        measurement: await measurePlane(plane, { thresholdSigma, deadlinePassed: isOver }, crew),
      });
    }
    return { measured };
  },
};
