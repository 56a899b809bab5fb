import { type AlignmentBase, align, alignmentBase, applyLinear } from '../astrometry/align.ts';
import { applyMap, fitMap, type MapFit, type PlaneMap } from '../astrometry/plane-map.ts';
import { nearestPoint, type PointGrid, pointGrid } from '../astrometry/point-grid.ts';
import { sipLength } from '../astrometry/sip.ts';
import { UNCLEAN } from '../flags.ts';
import type { SourceTable } from '../sources.ts';

/** The measured stars of one plane: what planes are laid upon each other by. */
export interface StarList {
  readonly width: number;
  readonly height: number;
  readonly sources: SourceTable;
}

/** A plane that others are laid upon. */
export interface Grid extends StarList {
  readonly base: AlignmentBase;
  readonly points: PointGrid;
}

/** How a plane lies on a grid, and how bright its stars are there. */
export interface Registration {
  /** From pixels of the grid, counted from its middle, to 0-based pixels of the plane. */
  readonly map: PlaneMap;
  /** Robust rms distance of matched stars along one axis. */
  readonly rmsPx: number;
  readonly nMatched: number;
  /** Electrons of a star on this plane over its electrons on the grid's, and the error of that ratio. */
  readonly fluxScale: number;
  readonly fluxScaleErr: number;
  /** Rows of the same star: `frame[k]` of the plane's table, `grid[k]` of the grid's. */
  readonly pairs: { readonly frame: Int32Array; readonly grid: Int32Array };
}

export type RegisterOutcome = Registration | { readonly reason: string };

const MATCH_PX = 1.5;
/** Stars for a map of the next order: so many for each of its coefficients. */
const PER_TERM = 8;
const MOST_ORDER = 3;
/** A higher order must make left-out stars fall nearer by this factor. */
const WORTH = 0.95;
const ROUNDS = 3;
const LEAST_SNR = 20;
/** Relative error below which no two fluxes of one star are believed to agree. */
const FLOOR = 0.003;
/** Relative difference of fluxes of one star that a map overlooks. */
const UNLIKE = 0.02;
/** So many well measured stars need no help from faint ones. */
const ENOUGH = 25;
/** Fewer common stars give no ratio of fluxes. */
const LEAST_STARS = 5;

/** Prepares a plane to lay others upon; undefined with fewer than six stars. */
export function gridOf(list: StarList): Grid | undefined {
  const { x, y, count } = list.sources;
  const base = alignmentBase({ x: x.slice(0, count), y: y.slice(0, count) });
  return base && { ...list, base, points: pointGrid(x, y, count, 4) };
}

/**
 * Lays the stars of a plane upon a grid's: a linear map from triangles of bright stars, then a polynomial as high as
 * the stars in common carry. The ratio of fluxes is their robust mean (Tukey's biweight), so that variable stars have
 * no say. Not registered is an outcome, with its reason.
 */
export function register(list: StarList, grid: Grid): RegisterOutcome {
  const { sources } = list;
  const found = align({ x: sources.x, y: sources.y }, grid.base);
  if (!found) return { reason: 'its stars could not be laid upon those of the reference' };
  const near = grid.points;
  const frame: number[] = [];
  const rows: number[] = [];
  for (let k = 0; k < sources.count; k++) {
    if ((sources.flags[k]! & UNCLEAN) !== 0) continue;
    const { x, y } = applyLinear(found.map, sources.x[k]!, sources.y[k]!);
    const j = nearestPoint(near, x, y, MATCH_PX);
    if (j < 0 || (grid.sources.flags[j]! & UNCLEAN) !== 0) continue;
    frame.push(k);
    rows.push(j);
  }
  const all = { frame: Int32Array.from(frame), grid: Int32Array.from(rows) };
  const scale = fluxScale(grid.sources, sources, all);
  if (!scale) return { reason: `fewer than ${LEAST_STARS} good stars in common with the reference tell its depth` };
  let pairs = alike(grid.sources, sources, all, scale.fluxScale);
  let fit: MapFit | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    fit = bestMap(grid, sources, pairs);
    if (!fit) return { reason: `only ${pairs.frame.length} clean stars are in common with the reference` };
    pairs = within(grid, sources, pairs, fit);
  }
  return { map: fit!.map, rmsPx: fit!.sigma, nMatched: pairs.frame.length, ...scale, pairs };
}

type RowPairs = Registration['pairs'];

function select(pairs: RowPairs, keep: (frameRow: number, gridRow: number) => boolean): RowPairs {
  const kept = [...pairs.frame.keys()].filter((k) => keep(pairs.frame[k]!, pairs.grid[k]!));
  return {
    frame: Int32Array.from(kept, (k) => pairs.frame[k]!),
    grid: Int32Array.from(kept, (k) => pairs.grid[k]!),
  };
}

/**
 * The pairs that are as bright on both: a galaxy that was taken apart into stars, differently on each, tells no place.
 * Of those the well measured ones alone, where they are enough.
 */
function alike(grid: SourceTable, sources: SourceTable, pairs: RowPairs, scale: number): RowPairs {
  const agree = select(pairs, (f, g) => {
    const expected = scale * grid.flux[g]!;
    const error = Math.hypot(sources.fluxErr[f]!, scale * grid.fluxErr[g]!, UNLIKE * expected);
    return Math.abs(sources.flux[f]! - expected) < 4 * error;
  });
  const bright = select(agree, (f) => sources.flux[f]! > LEAST_SNR * sources.fluxErr[f]!);
  return bright.frame.length >= ENOUGH ? bright : agree;
}

function bestMap(grid: Grid, sources: SourceTable, pairs: RowPairs): MapFit | undefined {
  const half = { u: (grid.width - 1) / 2, v: (grid.height - 1) / 2 };
  const centred = { x: grid.sources.x.map((x) => x - half.u), y: grid.sources.y.map((y) => y - half.v) };
  const count = pairs.frame.length;
  const asPairs = { detected: pairs.grid, known: pairs.frame, count };
  let best: MapFit | undefined;
  for (let order = 1; order <= MOST_ORDER; order++) {
    if (order > 1 && count < PER_TERM * sipLength(order)) break;
    const fit = fitMap(centred, sources, asPairs, order, half);
    if (fit && (!best || fit.leaveOneOut < WORTH * best.leaveOneOut)) best = fit;
  }
  return best;
}

/** The pairs that the map brings together to within five sigma (a fifth of a pixel at least). */
function within(grid: Grid, sources: SourceTable, pairs: RowPairs, { map, sigma }: MapFit) {
  const place = new Float64Array(2);
  return select(pairs, (f, g) => {
    applyMap(map, grid.sources.x[g]! - (grid.width - 1) / 2, grid.sources.y[g]! - (grid.height - 1) / 2, place);
    return Math.hypot(place[0]! - sources.x[f]!, place[1]! - sources.y[f]!) < Math.max(0.2, 5 * sigma);
  });
}

function fluxScale(
  grid: SourceTable,
  sources: SourceTable,
  pairs: RowPairs,
): { fluxScale: number; fluxScaleErr: number } | undefined {
  const value: number[] = [];
  const variance: number[] = [];
  for (let k = 0; k < pairs.frame.length; k++) {
    const f = pairs.frame[k]!;
    const g = pairs.grid[k]!;
    const relative = [sources.fluxErr[f]! / sources.flux[f]!, grid.fluxErr[g]! / grid.flux[g]!] as const;
    if (!relative.every((r) => r > 0 && r < 1 / LEAST_SNR)) continue;
    value.push(Math.log(sources.flux[f]! / grid.flux[g]!));
    variance.push(relative[0] ** 2 + relative[1] ** 2 + FLOOR ** 2);
  }
  const n = value.length;
  if (n < LEAST_STARS) return undefined;
  const sorted = [...value].sort((a, b) => a - b);
  let mean = sorted[n >> 1]!;
  let error = Number.NaN;
  for (let round = 0; round < 10; round++) {
    const pulls = value.map((v, k) => (v - mean) / Math.sqrt(variance[k]!));
    const width = Math.max(1, 1.4826 * pulls.map(Math.abs).sort((a, b) => a - b)[n >> 1]!);
    let sum = 0;
    let weight = 0;
    for (let k = 0; k < n; k++) {
      const u = pulls[k]! / (4.685 * width);
      const w = Math.abs(u) < 1 ? (1 - u * u) ** 2 / variance[k]! : 0;
      sum += w * value[k]!;
      weight += w;
    }
    mean = sum / weight;
    error = width / Math.sqrt(weight);
  }
  return { fluxScale: Math.exp(mean), fluxScaleErr: Math.exp(mean) * error };
}

/** The area of the plane that one pixel of the grid covers at its middle. */
export function pixelArea({ map }: Pick<Registration, 'map'>): number {
  const x = new Float64Array(2);
  const y = new Float64Array(2);
  const middle = new Float64Array(2);
  applyMap(map, 0, 0, middle);
  applyMap(map, 1, 0, x);
  applyMap(map, 0, 1, y);
  return Math.abs((x[0]! - middle[0]!) * (y[1]! - middle[1]!) - (x[1]! - middle[1]!) * (y[0]! - middle[0]!));
}
