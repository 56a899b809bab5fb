import { calibrate } from '../calibration/calibrate.ts';
import { findCodeStep } from '../calibration/code-step.ts';
import { type DetectorSources, resolveDetector } from '../calibration/detector.ts';
import type { FrameFacts } from '../header/facts.ts';
import type { Stage } from '../stage.ts';
import type { CalibratedState, RawState, ReduceTools } from './state.ts';

/** Raw ADU to planes of electrons with their masks. Overwrites the pixels of a mono frame: `image` is spent. */
export const calibrateStage: Stage<RawState, CalibratedState, ReduceTools> = {
  name: 'calibrate',
  async run({ facts, image, joined, masters, detector, linearity }, { crew }) {
    const { calibrated, pedestalAdu } = facts;
    // In raw frames it is in the bias and dark frames, too.
    const leftIn = calibrated.bias || calibrated.dark ? pedestalAdu?.value : undefined;
    const { planes, record } = await calibrate(
      {
        width: image.width,
        height: image.height,
        pixels: image.pixels,
        exposureS: facts.exposureS?.value,
        bayer: facts.bayer?.value.pattern,
        joined,
      },
      {
        detector: resolveDetector({ ...detectorIn(facts, detector), codeStep: findCodeStep(image.pixels) }),
        masters,
        linearity,
        alreadyCalibrated: calibrated,
        ...(leftIn !== undefined && { levelAdu: leftIn }),
        overscan: facts.biasSection?.value,
        exposed: (facts.trimSection ?? facts.dataSection)?.value,
      },
      crew,
    );
    return { planes, calibration: record };
  },
};

/** What is known of the detector; where the pixels are electrons already, no gain of the camera's counts. */
function detectorIn(facts: FrameFacts, detector: RawState['detector']): DetectorSources {
  if (facts.gainEPerAdu?.card !== 'BUNIT') return { ...detector, header: facts };
  const { gainEPerAdu: _configured, ...configured } = detector.configured ?? {};
  const { gainEPerAdu: _measured, ...measured } = detector.measured ?? {};
  return { ...detector, configured, measured, header: facts };
}
