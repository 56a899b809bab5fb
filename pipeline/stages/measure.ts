import { joinPlanes } from '../colour/join-planes.ts';
import { measurePlane } from '../measure.ts';
import { trailWarning } from '../photometry/trailed.ts';
import type { Stage } from '../stage.ts';
import type { CalibratedState, MeasuredPlane, MeasuredState, RawState, ReduceTools } from './state.ts';

/** Finds and measures the stars of each plane; those of a colour camera at one position over its planes. */
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
    const joined = isOver() ? measured : await joinPlanes(measured);
    return { measured: joined.map(withTrailWarning) };
  },
};

function withTrailWarning({ plane, measurement }: MeasuredPlane): MeasuredPlane {
  const warning = trailWarning(measurement.psf);
  if (warning === undefined) return { plane, measurement };
  return { plane, measurement: { ...measurement, warnings: [...measurement.warnings, warning] } };
}
