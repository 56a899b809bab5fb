import { solveField } from '../astrometry/solve.ts';
import { orientation, pixelToSky, type Wcs } from '../astrometry/wcs.ts';
import { wcsFromKeywords } from '../astrometry/wcs-keywords.ts';
import type { FrameFacts } from '../header/facts.ts';
import { fitsPixel } from '../products/catalogue.ts';
import type { Stage } from '../stage.ts';
import { mjdNumber } from '../time/mjd.ts';
import type { LocatedState, Location, MeasuredPlane, MeasuredState, RawState, ReduceTools } from './state.ts';

/** How far from the header's position the field is searched, and how wrong its scale may be. */
const hintRadiusDeg = 2;
export const scaleTolerance = 0.2;
/** Stars beyond this many add nothing to a solution. */
const maxStars = 3000;

/**
 * Where the frame looks: solved against the reference stars where there are some, else what the header's own solution
 * says, unverified. Not located is an outcome.
 */
export const locateStage: Stage<Omit<RawState, 'image'> & MeasuredState, LocatedState, ReduceTools> = {
  name: 'locate',
  run({ header, facts, size, measured, solving }, { isOver }) {
    const read = wcsFromKeywords((keyword) => header.value(keyword));
    const fromHeader: Location = read.wcs
      ? { kind: 'located', wcs: read.wcs, from: 'header', rmsArcsec: undefined, nMatched: undefined }
      : { kind: 'not located', reason: read.reason };
    if (!solving.catalogue) return { location: fromHeader };

    const hint = solving.hint ?? hintOf(facts, read.wcs, size);
    if (!hint) return { location: withReason(fromHeader, 'neither header nor command line says where it looks') };
    const scale = scaleOf(facts, read.wcs, solving.scaleArcsecPerPx);
    if (scale === undefined) {
      return { location: withReason(fromHeader, 'neither header nor configuration tells the plate scale') };
    }
    const stars = starsOf(measured);
    const solution = solveField(
      {
        ...stars,
        ...{ width: size.width, height: size.height },
        hint,
        scale: { arcsecPerPx: scale, toleranceFraction: scaleTolerance },
        catalogue: solving.catalogue,
        epochYear: epochOf(facts),
      },
      isOver,
    );
    if (!solution.solved) return { location: withReason(fromHeader, solution.reason) };
    const { wcs, rmsArcsec, nMatched } = solution;
    return { location: { kind: 'located', wcs, from: 'solver', rmsArcsec, nMatched } };
  },
};

function withReason(fromHeader: Location, reason: string): Location {
  return fromHeader.kind === 'located' ? fromHeader : { kind: 'not located', reason };
}

/** Where header or its solution say that the frame looks. */
export function hintOf(facts: FrameFacts, wcs: Wcs | undefined, image: { width: number; height: number }) {
  if (wcs) return { ...pixelToSky(wcs, (image.width - 1) / 2, (image.height - 1) / 2), radiusDeg: hintRadiusDeg };
  const { raDeg, decDeg } = facts;
  return raDeg && decDeg ? { raDeg: raDeg.value, decDeg: decDeg.value, radiusDeg: hintRadiusDeg } : undefined;
}

/** The plate scale as given, else as the header tells it. */
export function scaleOf(facts: FrameFacts, wcs: Wcs | undefined, given: number | undefined): number | undefined {
  if (given !== undefined) return given;
  if (wcs) return orientation(wcs).scaleArcsecPerPx;
  if (facts.scaleArcsecPerPx) return facts.scaleArcsecPerPx.value;
  const { pixelSizeUm, focalLengthMm } = facts;
  return pixelSizeUm && focalLengthMm && focalLengthMm.value > 0
    ? (pixelSizeUm.value / focalLengthMm.value) * 206.264806
    : undefined;
}

/** Julian year of the exposure; where its time is unknown, the middle of the years that the proper motions serve. */
export function epochOf(facts: FrameFacts): number {
  return facts.midUtc ? 2000 + (mjdNumber(facts.midUtc.value) - 51544.5) / 365.25 : 2025;
}

/** The brightest detections of the plane that shows most, on the full mosaic, 0-based. */
export function starsOf(measured: readonly MeasuredPlane[]): { x: Float64Array; y: Float64Array; flux: Float64Array } {
  const best = measured.reduce((a, b) => (b.measurement.sources.count > a.measurement.sources.count ? b : a));
  const { sources } = best.measurement;
  const n = Math.min(sources.count, maxStars);
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const pixel = fitsPixel(best.plane, sources.x[i]!, sources.y[i]!);
    x[i] = pixel.x - 1;
    y[i] = pixel.y - 1;
  }
  return { x, y, flux: sources.flux.slice(0, n) };
}
