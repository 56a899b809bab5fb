import { separationDeg } from '../../sky/sphere.ts';
import { type Solved, solveField } from '../astrometry/solve.ts';
import { orientation, pixelToSky } from '../astrometry/wcs.ts';
import { wcsFromKeywords } from '../astrometry/wcs-keywords.ts';
import type { FrameFacts } from '../header/facts.ts';
import { fitsPixel } from '../plane.ts';
import type { Stage } from '../stage.ts';
import { mjdNumber } from '../time/mjd.ts';
import { catalogueExtent, placeHints, scaleHints } from './hints.ts';
import { type SolvingTry, solvingTries } from './solving-tries.ts';
import type { LocatedState, Location, MeasuredPlane, MeasuredState, RawState, ReduceTools } from './state.ts';

/** Stars beyond this many add nothing to a solution. */
const maxStars = 3000;
/** Where the header's solution and its position are farther apart than this, one of them is wrong, degrees. */
const contradictionDeg = 5;

/**
 * Where the frame looks: solved against the reference stars where there are some, hints that fail dropped one after the other;
 * else what the header's own solution says, unverified. Not located is an outcome.
 */
export const locateStage: Stage<Omit<RawState, 'image'> & MeasuredState, LocatedState, ReduceTools> = {
  name: 'locate',
  run({ header, facts, size, measured, solving }, { isOver }) {
    const read = wcsFromKeywords((keyword) => header.value(keyword));
    const fromHeader = locationOfHeader(read, facts, size);
    const { catalogue } = solving;
    if (!catalogue) return { location: fromHeader };
    const stars = starsOf(measured);
    if (stars.x.length === 0) return { location: unsolved(fromHeader, 'no stars to solve it by') };

    const sources = { facts, wcs: read.wcs };
    const places = placeHints({ ...sources, given: solving.hint }, size);
    const scales = scaleHints({ ...sources, given: solving.scaleArcsecPerPx });
    const tried: SolvingTry[] = [];
    let reason: string | undefined;
    for (const one of solvingTries(places, scales, catalogueExtent(catalogue))) {
      if (solving.isHintAlone && tried.length > 0) break;
      if (isOver()) {
        reason = 'the time allowed for solving ran out';
        break;
      }
      const { hint, scale, attempts } = one;
      const problem = { ...stars, ...size, hint, scale, catalogue, epochYear: epochOf(facts) };
      const solution = solveField({ ...problem, ...(attempts !== undefined && { attempts }) }, isOver);
      if (solution.solved) {
        const { wcs, rmsArcsec, nMatched } = solution;
        const warnings = droppedHints(one, tried[0], solution);
        return { location: { kind: 'located', wcs, from: 'solver', rmsArcsec, nMatched, warnings } };
      }
      reason ??= solution.reason;
      tried.push(one);
    }
    return { location: unsolved(fromHeader, inAll(reason, tried)) };
  },
};

/** The header's own solution, which nothing has confirmed; none where the header's other cards look somewhere else. */
function locationOfHeader(
  read: ReturnType<typeof wcsFromKeywords>,
  { raDeg, decDeg }: FrameFacts,
  { width, height }: { readonly width: number; readonly height: number },
): Location {
  if (!read.wcs) return { kind: 'not located', reason: read.reason };
  if (raDeg && decDeg) {
    const centre = pixelToSky(read.wcs, (width - 1) / 2, (height - 1) / 2);
    const apart = separationDeg(centre, { raDeg: raDeg.value, decDeg: decDeg.value });
    const fieldDeg = (orientation(read.wcs).scaleArcsecPerPx * Math.hypot(width, height)) / 3600;
    if (apart > contradictionDeg + fieldDeg) {
      const reason = `the header's WCS looks ${apart.toFixed(0)} deg away from ${raDeg.card} and ${decDeg.card}`;
      return { kind: 'not located', reason: `${reason}: one of them is wrong` };
    }
  }
  const none = { rmsArcsec: undefined, nMatched: undefined };
  return { kind: 'located', wcs: read.wcs, from: 'header', ...none, reason: notConfirmed, warnings: [] };
}

const notConfirmed = "the header's WCS was not confirmed";

function unsolved(fromHeader: Location, reason: string): Location {
  return fromHeader.kind === 'located'
    ? { ...fromHeader, reason: `${notConfirmed}: ${reason}` }
    : { kind: 'not located', reason };
}

/** What is said of a solution that the likeliest hints did not lead to; `first` failed. */
function droppedHints(one: SolvingTry, first: SolvingTry | undefined, solution: Solved): string[] {
  if (!first) return [];
  const { raDeg, decDeg, scaleArcsecPerPx } = solution;
  const found = `solved at RA ${raDeg.toFixed(3)}, Dec ${decDeg.toFixed(3)} with ${scaleArcsecPerPx.toPrecision(4)}"/px`;
  const dropped = [one.dropsScale && first.size, one.dropsPlace && `the place ${first.place}`].filter(Boolean);
  return [
    `${dropped.join(' and ')} did not lead to a solution and ${dropped.length > 1 ? 'were' : 'was'} dropped: ${found}`,
  ];
}

/** Why a frame is lost: the solver's reason and all that was tried. */
function inAll(reason: string | undefined, tried: readonly SolvingTry[]): string {
  if (tried.length === 0) return reason ?? 'neither header nor command line says where it looks';
  const places = [...new Set(tried.map(({ place }) => place))];
  const sizes = [...new Set(tried.map(({ size }) => size))];
  return `${reason}; tried ${places.join(', ')}, with ${sizes.join(', ')}`;
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
