import { instrumentalMag, magError } from '../magnitude.ts';
import type { FrameProduct } from '../reduce.ts';
import type { TargetResult } from '../stages/state.ts';
import type { Difference, DifferenceMeasurement } from './subtract.ts';

/** A target on the difference of one plane; fluxes are electrons of the frame. */
export interface DifferenceTarget
  extends Pick<TargetResult, 'name' | 'raDeg' | 'decDeg' | 'plane' | 'pixel' | 'bjdTdb'> {
  readonly flux: number | undefined;
  readonly fluxErr: number | undefined;
  /** PSF flux at the place on the reference: flux + referenceFlux is what a star that was in both has in all. */
  readonly referenceFlux: number | undefined;
  readonly referenceFluxErr: number | undefined;
  /** Standard magnitude of the change, by the frame's zero point, where it is a detected brightening. */
  readonly mag: number | undefined;
  readonly magErr: number | undefined;
  /** Standard magnitude of a change of 5 sigma at this very place. */
  readonly limit: number | undefined;
  readonly flags: number;
  /** brighter, fainter: beyond 3 sigma; else unchanged, or why there is no number. */
  readonly verdict: 'brighter' | 'fainter' | 'unchanged' | TargetResult['verdict'];
  readonly reason: string | undefined;
}

const detectionSigma = 3;
const limitSigma = 5;

/** The targets of a frame on the difference of its plane `index`, at the places where the frame's own product has them. */
export function differenceTargets(
  product: FrameProduct,
  index: number,
  difference: Pick<Difference, 'force'>,
): DifferenceTarget[] {
  const { plane } = product.measured[index]!;
  const { step, offsetX, offsetY } = plane.mosaic;
  return product.targetResults
    .filter((target) => target.plane === plane.name)
    .map((target) => {
      const { pixel } = target;
      const inside = pixel !== undefined && target.verdict !== 'outside the frame';
      const measured =
        inside && difference.force([{ x: (pixel.x - 1 - offsetX) / step, y: (pixel.y - 1 - offsetY) / step }])[0];
      return targetOf(product, index, target, measured || undefined);
    });
}

function targetOf(
  product: FrameProduct,
  index: number,
  { name, raDeg, decDeg, plane, pixel, bjdTdb, verdict, reason, flags }: TargetResult,
  measured: DifferenceMeasurement | undefined,
): DifferenceTarget {
  const place = { name, raDeg, decDeg, plane, pixel, bjdTdb };
  const none = { mag: undefined, magErr: undefined, limit: undefined };
  if (!measured || !Number.isFinite(measured.flux)) {
    const flux = { flux: undefined, fluxErr: undefined, referenceFlux: undefined, referenceFluxErr: undefined };
    const why = measured ? 'on unusable pixels' : verdict;
    return { ...place, ...flux, ...none, flags: measured?.flags ?? flags, verdict: why, reason };
  }
  const { flux, fluxErr, referenceFlux, referenceFluxErr } = measured;
  const known = (value: number) => (Number.isFinite(value) ? value : undefined);
  const changed = Math.abs(flux) > detectionSigma * fluxErr;
  return {
    ...place,
    flux,
    fluxErr,
    referenceFlux: known(referenceFlux),
    referenceFluxErr: known(referenceFluxErr),
    ...magnitudes(product, index, flux, fluxErr),
    flags: measured.flags,
    verdict: changed ? (flux > 0 ? 'brighter' : 'fainter') : 'unchanged',
    reason: undefined,
  };
}

function magnitudes({ facts, standards }: FrameProduct, index: number, flux: number, fluxErr: number) {
  const standard = standards[index]!;
  if (standard.outcome !== 'standardised') return { mag: undefined, magErr: undefined, limit: undefined };
  const { zeroPoint, zeroPointErr } = standard.constant;
  const exposureS = facts.exposureS?.value;
  const limit = instrumentalMag(limitSigma * fluxErr, exposureS) + zeroPoint;
  if (!(flux > detectionSigma * fluxErr)) return { mag: undefined, magErr: undefined, limit };
  return {
    mag: instrumentalMag(flux, exposureS) + zeroPoint,
    magErr: Math.hypot(magError(flux, fluxErr), zeroPointErr),
    limit,
  };
}
