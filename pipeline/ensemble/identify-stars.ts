import { ARCSEC_PER_RAD, localFrame, type SkyPosition } from '../../sky/sphere.ts';
import { type AlignmentBase, align, alignmentBase, applyLinear, type RankedPositions } from '../astrometry/align.ts';
import { nearestPoint, pointGrid } from '../astrometry/point-grid.ts';
import { solveAndInvert } from '../numeric/linear.ts';
import type { EnsembleFrame } from './frame.ts';

/** Which stars of the frames are the same: star 0 is the target. */
export interface IdentifiedStars {
  readonly nStars: number;
  /** For each frame, the star of each of its rows, -1 for rows that are nobody's. */
  readonly starOfRow: readonly (Int32Array | undefined)[];
  /** Why a frame could not be used, by frame; undefined for used ones. */
  readonly reasons: readonly (string | undefined)[];
  /** Tangent plane position of each star about the target, arcsec. */
  readonly eastArcsec: Float64Array;
  readonly northArcsec: Float64Array;
  /** The same of the target in each frame: 0, 0 unless it moves; NaN where it is not known. */
  readonly targetEastArcsec: Float64Array;
  readonly targetNorthArcsec: Float64Array;
}

/** Two positions are one star within this many pixels, and at least this many arcseconds. */
const RADIUS_PX = 1.5;
const MIN_RADIUS_ARCSEC = 1;
/** A frame counts as located when at least this share of its stars has a position on the sky. */
const LOCATED_SHARE = 0.5;

interface AlignedFrame {
  readonly east: Float64Array;
  readonly north: Float64Array;
  readonly radius: number;
}

/**
 * Brings all frames onto the tangent plane at the target, those with positions on the sky by them, the others by
 * laying their stars on a located frame, and names the stars. Only rows with a magnitude become stars. `path` tells where
 * a target that moves stood in each frame; the plane is then that at `target`, any place near.
 */
export function identifyStars(
  frames: readonly EnsembleFrame[],
  target: SkyPosition,
  path?: readonly (SkyPosition | undefined)[],
): IdentifiedStars {
  const baseAt = richest(frames);
  const aligned = alignAll(frames, target, baseAt);
  const places = frames.map((_, at) => (path ? path[at] && onPlane(target, path[at]) : ([0, 0] as const)));
  const order = [...frames.keys()].sort((a, b) => Number(b === baseAt) - Number(a === baseAt));
  const east: number[] = [0];
  const north: number[] = [0];
  const starOfRow: (Int32Array | undefined)[] = frames.map(() => undefined);
  for (const at of order) {
    const frame = aligned[at]!;
    if (typeof frame === 'string') continue;
    starOfRow[at] = nameStars(frame, frames[at]!, path ? (places[at] ?? 'unknown') : 'fixed', east, north);
  }
  return {
    nStars: east.length,
    starOfRow,
    reasons: aligned.map((frame) => (typeof frame === 'string' ? frame : undefined)),
    eastArcsec: Float64Array.from(east),
    northArcsec: Float64Array.from(north),
    targetEastArcsec: Float64Array.from(places, (place) => place?.[0] ?? Number.NaN),
    targetNorthArcsec: Float64Array.from(places, (place) => place?.[1] ?? Number.NaN),
  };
}

/** The located frame with most stars, or undefined. */
function richest(frames: readonly EnsembleFrame[]): number | undefined {
  let best: number | undefined;
  frames.forEach((frame, at) => {
    if (isLocated(frame) && (best === undefined || frame.x.length > frames[best]!.x.length)) best = at;
  });
  return best;
}

function isLocated({ raDeg }: EnsembleFrame): boolean {
  let known = 0;
  for (const value of raDeg) if (Number.isFinite(value)) known++;
  return known >= 3 && known >= LOCATED_SHARE * raDeg.length;
}

function alignAll(
  frames: readonly EnsembleFrame[],
  target: SkyPosition,
  baseAt: number | undefined,
): (AlignedFrame | string)[] {
  let base: (AlignmentBase & { aligned: AlignedFrame }) | undefined;
  if (baseAt !== undefined) {
    const prepared = alignmentBase(ranked(frames[baseAt]!));
    const aligned = alignBySky(frames[baseAt]!, target);
    if (prepared) base = { ...prepared, aligned };
  }
  return frames.map((frame) => {
    if (isLocated(frame)) return alignBySky(frame, target);
    if (!base) return 'neither this frame nor any other has positions on the sky: solve one of them';
    const found = align(ranked(frame), base);
    if (!found) return 'its stars could not be matched with those of the solved frames';
    return alignByPixels(frame, found.map, frames[baseAt!]!, base.aligned);
  });
}

/** Positions of the rows with magnitudes, brightest first. */
function ranked({ x, y, mag }: EnsembleFrame): RankedPositions {
  const rows = [...mag.keys()].filter((k) => Number.isFinite(mag[k]!)).sort((a, b) => mag[a]! - mag[b]!);
  return { x: Float64Array.from(rows, (k) => x[k]!), y: Float64Array.from(rows, (k) => y[k]!) };
}

function alignBySky(frame: EnsembleFrame, target: SkyPosition): AlignedFrame {
  const n = frame.x.length;
  const e = new Float64Array(n).fill(Number.NaN);
  const w = new Float64Array(n).fill(Number.NaN);
  for (let k = 0; k < n; k++) {
    const place = onPlane(target, { raDeg: frame.raDeg[k]!, decDeg: frame.decDeg[k]! });
    if (place) [e[k], w[k]] = place;
  }
  return { east: e, north: w, radius: Math.max(MIN_RADIUS_ARCSEC, RADIUS_PX * scaleOf(frame, e, w)) };
}

/** East and north of the centre on its tangent plane, arcsec; undefined far from it. */
function onPlane(centre: SkyPosition, position: SkyPosition): readonly [number, number] | undefined {
  const { up, east, north } = localFrame(centre);
  const [x, y, z] = localFrame(position).up;
  const depth = x * up[0] + y * up[1] + z * up[2];
  if (!(depth > 0.1)) return undefined;
  return [
    ((x * east[0] + y * east[1] + z * east[2]) / depth) * ARCSEC_PER_RAD,
    ((x * north[0] + y * north[1] + z * north[2]) / depth) * ARCSEC_PER_RAD,
  ];
}

/** Arcseconds per pixel, from the two stars farthest apart along x. */
function scaleOf({ x, y }: EnsembleFrame, east: Float64Array, north: Float64Array): number {
  let low = -1;
  let high = -1;
  for (let k = 0; k < x.length; k++) {
    if (!Number.isFinite(east[k]!)) continue;
    if (low < 0 || x[k]! < x[low]!) low = k;
    if (high < 0 || x[k]! > x[high]!) high = k;
  }
  if (low < 0 || low === high) return 1;
  const pixels = Math.hypot(x[high]! - x[low]!, y[high]! - y[low]!);
  return pixels > 0 ? Math.hypot(east[high]! - east[low]!, north[high]! - north[low]!) / pixels : 1;
}

/** The frame's pixels to the base's, and from there to the sky as the base's own stars show the way. */
function alignByPixels(
  frame: EnsembleFrame,
  map: Float64Array,
  base: EnsembleFrame,
  aligned: AlignedFrame,
): AlignedFrame {
  const toSky = skyOfPixels(base, aligned);
  const n = frame.x.length;
  const east = new Float64Array(n);
  const north = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const at = applyLinear(map, frame.x[k]!, frame.y[k]!);
    [east[k], north[k]] = toSky(at.x, at.y);
  }
  return { east, north, radius: aligned.radius };
}

const TERMS = 6;

/** Quadratic polynomials from the base's pixels to its tangent plane, by least squares. */
function skyOfPixels({ x, y }: EnsembleFrame, aligned: AlignedFrame): (x: number, y: number) => [number, number] {
  let extent = 1;
  for (let k = 0; k < x.length; k++) extent = Math.max(extent, Math.abs(x[k]!), Math.abs(y[k]!));
  const scale = 1 / extent;
  const normal = new Float64Array(TERMS * TERMS);
  const east = new Float64Array(TERMS);
  const north = new Float64Array(TERMS);
  for (let k = 0; k < x.length; k++) {
    if (!Number.isFinite(aligned.east[k]!)) continue;
    const row = quadratic(x[k]! * scale, y[k]! * scale);
    for (let i = 0; i < TERMS; i++) {
      east[i]! += row[i]! * aligned.east[k]!;
      north[i]! += row[i]! * aligned.north[k]!;
      for (let j = 0; j < TERMS; j++) normal[TERMS * i + j]! += row[i]! * row[j]!;
    }
  }
  if (!solveAndInvert(normal.slice(), east, TERMS) || !solveAndInvert(normal, north, TERMS))
    return () => [Number.NaN, Number.NaN];
  return (px, py) => {
    const row = quadratic(px * scale, py * scale);
    let [e, n] = [0, 0];
    for (let i = 0; i < TERMS; i++) {
      e += row[i]! * east[i]!;
      n += row[i]! * north[i]!;
    }
    return [e, n];
  };
}

function quadratic(u: number, v: number): readonly number[] {
  return [1, u, v, u * u, u * v, v * v];
}

/**
 * Names the rows by the stars known so far, mutual nearest ones, and adds the rest as new stars. The target's row: a fixed
 * one is star 0 like any other; one that moves is at its `target` place in this frame, and star 0 is nobody's place.
 */
function nameStars(
  { east, north, radius }: AlignedFrame,
  { mag }: EnsembleFrame,
  target: 'fixed' | 'unknown' | readonly [number, number],
  knownEast: number[],
  knownNorth: number[],
): Int32Array {
  const starOfRow = new Int32Array(mag.length).fill(-1);
  const all = [...mag.keys()].filter((k) => Number.isFinite(mag[k]!) && Number.isFinite(east[k]!));
  const own = typeof target === 'string' ? undefined : nearestRow(all, east, north, target, radius);
  if (own !== undefined) starOfRow[own] = 0;
  const rows = all.filter((k) => k !== own);
  const e = Float64Array.from(rows, (k) => east[k]!);
  const n = Float64Array.from(rows, (k) => north[k]!);
  const first = target === 'fixed' ? 0 : 1;
  const [knownE, knownN] = [knownEast.slice(first), knownNorth.slice(first)].map((v) => Float64Array.from(v));
  const known = pointGrid(knownE!, knownN!, knownE!.length, radius);
  const here = pointGrid(e, n, rows.length, radius);
  for (let k = 0; k < rows.length; k++) {
    const at = nearestPoint(known, e[k]!, n[k]!, radius);
    if (at >= 0) {
      if (nearestPoint(here, knownE![at]!, knownN![at]!, radius) === k) starOfRow[rows[k]!] = first + at;
      continue;
    }
    starOfRow[rows[k]!] = knownEast.length;
    knownEast.push(e[k]!);
    knownNorth.push(n[k]!);
  }
  return starOfRow;
}

function nearestRow(
  rows: readonly number[],
  east: Float64Array,
  north: Float64Array,
  [e, n]: readonly [number, number],
  radius: number,
): number | undefined {
  const distance = (row: number) => Math.hypot(east[row]! - e, north[row]! - n);
  const nearest = rows.reduce<number | undefined>(
    (best, row) => (best === undefined || distance(row) < distance(best) ? row : best),
    undefined,
  );
  return nearest !== undefined && distance(nearest) < radius ? nearest : undefined;
}
