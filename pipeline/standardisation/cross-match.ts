import { ARCSEC_PER_RAD, RAD_PER_DEG, type SkyPosition, separationDeg } from '../../sky/sphere.ts';
import { projectStars } from '../astrometry/catalogue.ts';
import { nearestPoint, pointGrid } from '../astrometry/point-grid.ts';
import { medianOf } from '../numeric/statistics.ts';
import { findOffset, type Offset } from './offset.ts';

/** Positions on the sky, degrees, NaN where unknown; `mag` orders them by brightness. */
export interface SkyList {
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  readonly mag: Float64Array;
}

export interface MatchOptions {
  /** Pairs are looked for within this distance before the offset is known. */
  readonly searchRadiusArcsec: number;
  /** Julian year of the list, for the proper motions of the reference; the reference's own when absent. */
  readonly epochYear?: number | undefined;
}

/** Which list star is which reference star. */
export interface CrossMatch {
  readonly count: number;
  readonly listRow: Int32Array;
  readonly referenceRow: Int32Array;
  /** Reference minus list on the tangent plane, and how well it repeats. */
  readonly offset: Offset;
  /** Pairs farther apart than this after the offset were not taken. */
  readonly radiusArcsec: number;
  /** ln of the odds against chance of so many pairs, at the densities of both lists and for all offsets that were looked at. */
  readonly logOdds: number;
  readonly centre: SkyPosition;
  /** Tangent plane position of each pair's list star, east and north of `centre`, arcsec. */
  readonly eastArcsec: Float64Array;
  readonly northArcsec: Float64Array;
}

/** No match is narrower than this: centring and catalogue epochs are not better. */
const MIN_RADIUS_ARCSEC = 0.8;
/** Stars of the list, brightest first, that the offset is found from. */
const OFFSET_STARS = 1000;

/**
 * Matches a list with reference stars on the tangent plane at the middle of the list: first the common offset in RA
 * and Dec with its scatter and outlier fraction, robustly; then mutual nearest neighbours within five sigma of it.
 * Undefined when no offset stands out from chance or the list is empty.
 */
export function crossMatch(
  list: SkyList,
  reference: SkyList & { readonly pmRaMasYr?: Float64Array; readonly pmDecMasYr?: Float64Array; epochYear: number },
  options: MatchOptions,
): CrossMatch | undefined {
  const centre = middleOf(list);
  if (!centre) return undefined;
  const unit = 1 / ARCSEC_PER_RAD;
  let radiusDeg = 0;
  for (let k = 0; k < list.raDeg.length; k++) {
    const away = separationDeg(centre, { raDeg: list.raDeg[k]!, decDeg: list.decDeg[k]! });
    if (away > radiusDeg && away < 80) radiusDeg = away;
  }
  radiusDeg += options.searchRadiusArcsec / 3600;
  const epoch = options.epochYear ?? reference.epochYear;
  const here = projectStars({ ...list, epochYear: epoch }, centre, radiusDeg, epoch, 'gnomonic', unit);
  const known = projectStars(reference, centre, radiusDeg, epoch, 'gnomonic', unit);
  if (here.count === 0 || known.count === 0) return undefined;
  const knownGrid = pointGrid(known.x, known.y, known.count, options.searchRadiusArcsec);
  const offset = findOffset(here, Math.min(here.count, OFFSET_STARS), knownGrid, options.searchRadiusArcsec);
  if (!offset) return undefined;
  const radius = Math.min(options.searchRadiusArcsec, Math.max(MIN_RADIUS_ARCSEC, 5 * offset.sigmaArcsec));
  for (let k = 0; k < here.count; k++) {
    here.x[k]! += offset.eastArcsec;
    here.y[k]! += offset.northArcsec;
  }
  const hereGrid = pointGrid(here.x, here.y, here.count, radius);
  const listRow = new Int32Array(here.count);
  const referenceRow = new Int32Array(here.count);
  const eastArcsec = new Float64Array(here.count);
  const northArcsec = new Float64Array(here.count);
  let count = 0;
  for (let k = 0; k < here.count; k++) {
    const j = nearestPoint(knownGrid, here.x[k]!, here.y[k]!, radius);
    if (j < 0 || nearestPoint(hereGrid, known.x[j]!, known.y[j]!, radius) !== k) continue;
    listRow[count] = here.row[k]!;
    referenceRow[count] = known.row[j]!;
    eastArcsec[count] = here.x[k]!;
    northArcsec[count++] = here.y[k]!;
  }
  const logOdds = oddsAgainstChance(count, here.count, known, radius, options.searchRadiusArcsec);
  return {
    count,
    logOdds,
    listRow: listRow.subarray(0, count),
    referenceRow: referenceRow.subarray(0, count),
    offset,
    radiusArcsec: radius,
    centre,
    eastArcsec: eastArcsec.subarray(0, count),
    northArcsec: northArcsec.subarray(0, count),
  };
}

/**
 * Chernoff's bound on chance alone: pairs are Poisson about `nHere` times the known stars in a circle of the match; the two
 * coordinates of the offset cost one pair, and each place that the offset could have had is a try.
 */
function oddsAgainstChance(
  count: number,
  nHere: number,
  known: { readonly x: Float64Array; readonly y: Float64Array; readonly count: number },
  radius: number,
  searchRadius: number,
): number {
  const spread = (values: Float64Array): number => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = 0; k < known.count; k++) {
      least = Math.min(least, values[k]!);
      most = Math.max(most, values[k]!);
    }
    return most - least + 2 * searchRadius;
  };
  const mu = (nHere * known.count * Math.PI * radius * radius) / (spread(known.x) * spread(known.y));
  const pairs = count - 1;
  return pairs > mu ? pairs * Math.log(pairs / mu) - pairs + mu - 2 * Math.log(searchRadius / radius) : 0;
}

/** The direction of the mean of the unit vectors, after stars far from the median are left out. */
function middleOf({ raDeg, decDeg }: SkyList): SkyPosition | undefined {
  const n = raDeg.length;
  const parts = [new Float64Array(n), new Float64Array(n), new Float64Array(n)] as const;
  let count = 0;
  for (let k = 0; k < n; k++) {
    if (!Number.isFinite(raDeg[k]!) || !(Math.abs(decDeg[k]!) <= 90)) continue;
    const cosDec = Math.cos(decDeg[k]! * RAD_PER_DEG);
    parts[0][count] = cosDec * Math.cos(raDeg[k]! * RAD_PER_DEG);
    parts[1][count] = cosDec * Math.sin(raDeg[k]! * RAD_PER_DEG);
    parts[2][count++] = Math.sin(decDeg[k]! * RAD_PER_DEG);
  }
  if (count === 0) return undefined;
  const [x, y, z] = parts.map((part) => medianOf(part, count)) as [number, number, number];
  const ra = Math.atan2(y, x) / RAD_PER_DEG;
  return { raDeg: ra < 0 ? ra + 360 : ra, decDeg: Math.atan2(z, Math.hypot(x, y)) / RAD_PER_DEG };
}
