import { skyToPixel } from '../astrometry/wcs.ts';
import { SourceFlag } from '../flags.ts';
import { instrumentalMag, magError } from '../products/catalogue.ts';
import type { ForcedMeasurement } from '../sources.ts';
import type { Stage } from '../stage.ts';
import { nearestStar } from '../standardisation/nearest-star.ts';
import { bjdTdb } from '../time/barycentre.ts';
import { jdMinusMjd, mjdNumber } from '../time/mjd.ts';
import { epochOf } from './locate.ts';
import type {
  FrameState,
  LocatedState,
  MeasuredPlane,
  MeasuredState,
  PlaneStandard,
  ReduceTools,
  StandardisedState,
  Target,
  TargetResult,
  TargetState,
} from './state.ts';

/** Below this many sigma the flux is given all the same, and called a limit. */
const detectionSigma = 3;
/** The limit of a place is the magnitude of this many sigma. */
const limitSigma = 5;
/** Reference stars farther from a target tell nothing of it. */
const nearestWithinArcsec = 30;

/** Forced photometry at every target, on every plane, whatever the frame was taken for. */
export const targetsStage: Stage<
  FrameState & MeasuredState & LocatedState & StandardisedState,
  TargetState,
  ReduceTools
> = {
  name: 'targets',
  run(state) {
    return {
      targetResults: state.targets.flatMap((target) =>
        state.measured.map((measured, i) =>
          standardised(measureTarget(target, measured, state), state.standards[i]!, state),
        ),
      ),
    };
  },
};

function measureTarget(
  target: Target,
  { plane, measurement }: MeasuredPlane,
  { facts, location, site, leapTable }: FrameState & LocatedState,
): TargetResult {
  const mid = facts.midUtc?.value;
  const nothing: TargetResult = {
    ...target,
    plane: plane.name,
    pixel: undefined,
    bjdTdb: mid && mjdNumber(bjdTdb(mid, target.raDeg, target.decDeg, site, leapTable)) + jdMinusMjd,
    flux: undefined,
    fluxErr: undefined,
    mag: undefined,
    magErr: undefined,
    limit: undefined,
    nearestStar: undefined,
    flags: SourceFlag.forced,
    verdict: 'not located',
    reason: undefined,
  };
  if (location.kind === 'not located') return { ...nothing, reason: location.reason };
  const mosaic = skyToPixel(location.wcs, target);
  if (!mosaic) return { ...nothing, verdict: 'outside the frame', reason: 'the position lies beyond the projection' };
  const pixel = { x: mosaic.x + 1, y: mosaic.y + 1 };
  const { step, offsetX, offsetY } = plane.mosaic;
  const x = (mosaic.x - offsetX) / step;
  const y = (mosaic.y - offsetY) / step;
  if (!(x >= 0 && y >= 0 && x <= plane.width - 1 && y <= plane.height - 1)) {
    return { ...nothing, pixel, verdict: 'outside the frame', reason: undefined };
  }
  const forced = measurement.force([{ x, y }])[0];
  if (!forced) {
    const reason = measurement.outcome.kind === 'measured' ? undefined : measurement.outcome.reason;
    return { ...nothing, pixel, verdict: 'not measured', reason };
  }
  if (!Number.isFinite(forced.flux)) {
    return { ...nothing, pixel, flags: forced.flags, verdict: 'on unusable pixels', reason: whyUnusable(forced) };
  }
  const verdict = forced.flux > detectionSigma * forced.fluxErr ? 'detected' : 'limit';
  return { ...nothing, pixel, flux: forced.flux, fluxErr: forced.fluxErr, flags: forced.flags, verdict };
}

/** Adds magnitude or limit where the plane has a zero point. */
function standardised(
  result: TargetResult,
  standard: PlaneStandard,
  { facts, knowledge: { reference } }: FrameState,
): TargetResult {
  const { flux, fluxErr, verdict } = result;
  if (standard.outcome !== 'standardised' || flux === undefined || fluxErr === undefined) return result;
  const { zeroPoint, zeroPointErr, band } = standard.constant;
  const exposureS = facts.exposureS?.value;
  const nearest = reference && nearestStar(reference, result, epochOf(facts), band, nearestWithinArcsec);
  const known = { ...result, nearestStar: nearest };
  if (verdict === 'limit') return { ...known, limit: instrumentalMag(limitSigma * fluxErr, exposureS) + zeroPoint };
  const magErr = Math.hypot(magError(flux, fluxErr), zeroPointErr);
  return { ...known, mag: instrumentalMag(flux, exposureS) + zeroPoint, magErr };
}

function whyUnusable({ flags }: ForcedMeasurement): string {
  if (flags & SourceFlag.saturated) return 'the position lies on a saturated star';
  if (flags & SourceFlag.truncated) return 'the position lies on the edge of the frame';
  return 'more than half of the pixels around the position are bad';
}
