import { ARCSEC_PER_RAD, gnomonicPosition, type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import { orientation, pixelToSky, skyToPixel, type Wcs } from '../astrometry/wcs.ts';
import { SourceFlag } from '../flags.ts';
import { instrumentalMag, magError } from '../magnitude.ts';
import { fitsPixel } from '../plane.ts';
import type { Stage } from '../stage.ts';
import { standardMagnitude } from '../standardisation/apply.ts';
import { completeFromGaia } from '../standardisation/gaia-relations.ts';
import type { ReferenceStars } from '../standardisation/reference.ts';
import { starsNear } from '../standardisation/stars-near.ts';
import { archiveWord } from '../targets/archive.ts';
import { catalogueAbout } from '../targets/catalogue-about.ts';
import { type Counterpart, counterpart } from '../targets/counterpart.ts';
import { limitFluxE } from '../targets/limit-flux.ts';
import { type Surroundings, surroundings } from '../targets/surroundings.ts';
import { bjdTdb } from '../time/barycentre.ts';
import { jdMinusMjd, mjdNumber } from '../time/mjd.ts';
import { isConfirmed } from './confirmed.ts';
import { epochOf } from './locate.ts';
import type {
  FrameState,
  LocatedState,
  Location,
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
/** Where a target's own position errs by less than this, nobody says so, arcsec. */
const targetSigmaArcsec = 0.3;
/** A solution that nothing was held against may be off by this much, arcsec. */
const unverifiedSigmaArcsec = 1;

type State = FrameState & MeasuredState & LocatedState & StandardisedState;

/** Forced photometry at every target, on every plane, whatever the frame was taken for, and what stands there. */
export const targetsStage: Stage<State, TargetState, ReduceTools> = {
  name: 'targets',
  run(state) {
    const results = state.targets.flatMap((target) =>
      state.measured.map((measured, i) => resultOf(target, measured, state.standards[i]!, state)),
    );
    return { targetResults: results.filter(isTold) };
  },
};

/** Targets of the whole network are told only by the frames that show them. */
function isTold({ onlyInside, verdict }: TargetResult): boolean {
  return !onlyInside || (verdict !== 'outside the frame' && verdict !== 'not located');
}

function resultOf(target: Target, measured: MeasuredPlane, standard: PlaneStandard, state: State): TargetResult {
  const { plane, measurement } = measured;
  const { facts, location, site, leapTable } = state;
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
    magBest: undefined,
    magBestErr: undefined,
    limit: undefined,
    fracFlux: undefined,
    host: undefined,
    remarks: [],
    counterpart: undefined,
    flags: SourceFlag.forced,
    verdict: 'not located',
    reason: undefined,
  };
  if (location.kind === 'not located') return { ...nothing, reason: location.reason };
  if (!isConfirmed(location, state.standards)) {
    const reason = location.reason ?? "the header's WCS was not confirmed";
    return { ...nothing, reason: `${reason}: what stands at the position is not known` };
  }
  const mosaic = skyToPixel(location.wcs, onSolution(target, location, standard, -1));
  if (!mosaic) return { ...nothing, verdict: 'outside the frame', reason: 'the position lies beyond the projection' };
  const pixel = { x: mosaic.x + 1, y: mosaic.y + 1 };
  const { step, offsetX, offsetY } = plane.mosaic;
  const at = { x: (mosaic.x - offsetX) / step, y: (mosaic.y - offsetY) / step };
  if (!(at.x >= 0 && at.y >= 0 && at.x <= plane.width - 1 && at.y <= plane.height - 1)) {
    return { ...nothing, pixel, verdict: 'outside the frame', reason: undefined };
  }
  const forced = measurement.force([at])[0];
  const fwhmPx = measurement.psf?.fwhmPx;
  if (!forced || fwhmPx === undefined) {
    const reason = measurement.outcome.kind === 'measured' ? undefined : measurement.outcome.reason;
    return { ...nothing, pixel, verdict: 'not measured', reason };
  }
  const about = surroundings(plane, measurement.sources, fwhmPx, at);
  const flags = forced.flags | about.flags;
  const remarks = [
    ...about.troubles,
    ...trailOf(target, facts.exposureS?.value, fwhmPx * arcsecPerPixel(location.wcs, plane)),
  ];
  const placed = { ...nothing, pixel, flags, remarks, host: hostOf(about, location.wcs, plane) };
  if (!Number.isFinite(forced.flux)) {
    const reason = `the position lies ${about.troubles.join(', ') || 'where more than half of the pixels are bad'}`;
    return { ...placed, verdict: 'on unusable pixels', reason };
  }
  const result: TargetResult = {
    ...placed,
    flux: forced.flux,
    fluxErr: forced.fluxErr,
    fracFlux: Number.isNaN(forced.fracFlux) ? undefined : forced.fracFlux,
    verdict: forced.flux > detectionSigma * forced.fluxErr ? 'detected' : 'limit',
    ...magnitudesOf(forced, standard, facts.exposureS?.value, measurement.psf!.beta),
    ...bestOf(target, forced, about.found, standard, facts.exposureS?.value),
  };
  return { ...result, counterpart: counterpartOf(result, about, measured, standard, { ...state, location }) };
}

/**
 * A position as the solution has it (`way` -1), or back again (+1). A solution that comes from the header may be off as
 * a whole, which the reference stars tell; one of our own solver has no such offset.
 */
function onSolution(position: SkyPosition, location: Location, standard: PlaneStandard, way: 1 | -1): SkyPosition {
  if (location.kind === 'not located' || location.from === 'solver' || standard.outcome !== 'standardised')
    return position;
  const { eastArcsec, northArcsec } = standard.match.offset;
  return gnomonicPosition(position, (way * eastArcsec) / ARCSEC_PER_RAD, (way * northArcsec) / ARCSEC_PER_RAD);
}

/** Magnitude or limit, where the plane has a zero point. */
function magnitudesOf(
  { flux, fluxErr }: { readonly flux: number; readonly fluxErr: number },
  standard: PlaneStandard,
  exposureS: number | undefined,
  beta: number,
): Partial<Pick<TargetResult, 'mag' | 'magErr' | 'limit'>> {
  if (standard.outcome !== 'standardised') return {};
  const { zeroPoint, zeroPointErr } = standard.constant;
  if (!(flux > detectionSigma * fluxErr)) {
    return { limit: instrumentalMag(limitFluxE(fluxErr, limitSigma, beta), exposureS) + zeroPoint };
  }
  const magErr = Math.hypot(magError(flux, fluxErr), zeroPointErr);
  return { mag: instrumentalMag(flux, exposureS) + zeroPoint, magErr };
}

/** A trail longer than this many FWHM loses light that the profile of a star does not hold. */
const trailFwhm = 0.3;

function trailOf({ motion }: Target, exposureS: number | undefined, fwhmArcsec: number): string[] {
  const trailArcsec = ((motion?.arcsecPerMin ?? 0) * (exposureS ?? 0)) / 60;
  if (trailArcsec < trailFwhm * fwhmArcsec) return [];
  const fwhms = (trailArcsec / fwhmArcsec).toFixed(1);
  return [
    `trailed by ${trailArcsec.toFixed(1)}" (${fwhms} FWHM) in this exposure: its flux is too small, expose shorter`,
  ];
}

function arcsecPerPixel(wcs: Wcs, plane: MeasuredPlane['plane']): number {
  return orientation(wcs).scaleArcsecPerPx * plane.mosaic.step;
}

/** The magnitude of a detection by the best fit; its colour is the catalogue's where the source was matched. */
function bestOf(
  target: Target,
  { flux, fluxErr }: { readonly flux: number; readonly fluxErr: number },
  row: number | undefined,
  standard: PlaneStandard,
  exposureS: number | undefined,
): Partial<Pick<TargetResult, 'magBest' | 'magBestErr'>> {
  if (standard.outcome !== 'standardised' || standard.best.model === 'constant' || !(flux > detectionSigma * fluxErr))
    return {};
  const { best, place, colours } = standard;
  const star = { raDeg: target.raDeg, decDeg: target.decDeg, mag: instrumentalMag(flux, exposureS) };
  const { mag, extraErr } = standardMagnitude(best, place, {
    ...star,
    colour: row === undefined ? undefined : colours[row],
  });
  return { magBest: mag, magBestErr: Math.hypot(magError(flux, fluxErr), best.zeroPointErr, extraErr) };
}

function hostOf({ host }: Surroundings, wcs: Wcs, plane: MeasuredPlane['plane']): TargetResult['host'] {
  if (!host) return undefined;
  const arcsecPerPx = arcsecPerPixel(wcs, plane);
  return { where: host.where, separationArcsec: host.distancePx * arcsecPerPx };
}

/** The verdict on what stands at the place, from catalogue, archive and the pixels about it. */
function counterpartOf(
  result: TargetResult,
  about: Surroundings,
  { plane, measurement }: MeasuredPlane,
  standard: PlaneStandard,
  state: State & { readonly location: Extract<Location, { kind: 'located' }> },
): Counterpart {
  const { facts, location, knowledge } = state;
  const { sources, psf } = measurement;
  const { wcs, from, rmsArcsec } = location;
  const scale = arcsecPerPixel(wcs, plane);
  const isStandard = standard.outcome === 'standardised';
  const band = isStandard ? standard.constant.band : undefined;
  const solutionSigma =
    from === 'solver'
      ? (rmsArcsec ?? unverifiedSigmaArcsec)
      : isStandard
        ? standard.match.offset.sigmaArcsec
        : unverifiedSigmaArcsec;

  const row = about.found;
  const found = row === undefined ? undefined : fitsPixel(plane, sources.x[row]!, sources.y[row]!);
  const light = found
    ? onSolution(pixelToSky(wcs, found.x - 1, found.y - 1), location, standard, 1)
    : { raDeg: result.raDeg, decDeg: result.decDeg };
  const centreSigma =
    row === undefined ? targetSigmaArcsec : Math.hypot(sources.xErr[row]!, sources.yErr[row]!) * scale * Math.SQRT1_2;
  const { reference } = knowledge;
  const stars = reference && starsNear(reference, light, epochOf(facts), band ?? '', nearestWithinArcsec);
  const counts = once(() => {
    const magnitudes = reference && band !== undefined ? everyMagnitude(reference, band) : undefined;
    return reference && catalogueAbout(reference, magnitudes, light);
  });
  const significance = result.flux! / result.fluxErr!;
  return counterpart({
    significance,
    ...{ mag: result.mag, magErr: result.magErr, band, flags: result.flags, troubles: about.troubles, stars },
    limit: isStandard
      ? instrumentalMag(limitFluxE(result.fluxErr!, limitSigma, psf!.beta), facts.exposureS?.value) +
        standard.constant.zeroPoint
      : undefined,
    placeSigmaArcsec: Math.hypot(centreSigma, solutionSigma),
    fwhmArcsec: psf!.fwhmPx * scale,
    isDetected: row !== undefined,
    isExtended: row !== undefined && (sources.flags[row]! & SourceFlag.extended) !== 0,
    isSeenApart: (star) => isSeenApart(star, row, measurement, plane, wcs, solutionSigma),
    density: (mag) => counts()?.density(mag) ?? 0,
    catalogueDepth: () => counts()?.depth(),
    archive:
      result.archive &&
      archiveWord(result.archive, {
        mjd: facts.midUtc ? mjdNumber(facts.midUtc.value) : Number.POSITIVE_INFINITY,
        band: band ?? '',
        ...(result.mag !== undefined && { mag: result.mag, magErr: result.magErr! }),
      }),
  });
}

/** Whether a source other than the one in `row` stands where the catalogue has a star. */
function isSeenApart(
  star: SkyPosition,
  row: number | undefined,
  { sources, psf }: MeasuredPlane['measurement'],
  plane: MeasuredPlane['plane'],
  wcs: Wcs,
  sigmaArcsec: number,
): boolean {
  const within = Math.max(3 * sigmaArcsec, 0.3 * psf!.fwhmPx * arcsecPerPixel(wcs, plane));
  for (let k = 0; k < sources.count; k++) {
    if (k === row) continue;
    const pixel = fitsPixel(plane, sources.x[k]!, sources.y[k]!);
    if (separationDeg(star, pixelToSky(wcs, pixel.x - 1, pixel.y - 1)) * 3600 < within) return true;
  }
  return false;
}

function everyMagnitude(reference: ReferenceStars, band: string): Float64Array | undefined {
  const bands = new Map(
    [...(reference.asGiven ?? reference.bands)].map(([name, one]) => [name, { derived: 0, ...one }]),
  );
  return completeFromGaia({ ...reference, bands }).bands.get(band)?.mag;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
