import { nearestNeighbours, pointGrid } from './point-grid.ts';

/**
 * Triangles of neighbouring stars, described so that shift, turn, scale and mirroring do not matter: the ratios of the
 * two shorter sides to the longest (Groth 1986, AJ 91, 1244; Valdes et al. 1995, PASP 107, 1119). Vertices stand by the
 * side opposite to them, longest first, so that two triangles of equal shape have their vertices in the same order.
 */
export interface Triangles {
  count: number;
  /** Three star indices a triangle. */
  readonly vertices: Int32Array;
  readonly longest: Float64Array;
  /** Middle side over longest, in (0.5, 1]. */
  readonly middleRatio: Float64Array;
  /** Shortest side over longest, in (0, 1]. */
  readonly shortRatio: Float64Array;
  /** 1 when the vertices in their order turn counter-clockwise, else 0. */
  readonly turnsLeft: Uint8Array;
}

/** Each star with each pair of its `neighbours` nearest, each triangle once; none with a side below `minSide`. */
export function neighbourTriangles(
  x: Float64Array,
  y: Float64Array,
  count: number,
  neighbours: number,
  minSide: number,
): Triangles {
  const grid = pointGrid(x, y, count, 0);
  const near = nearestNeighbours(grid, count, neighbours);
  const isNear = (i: number, j: number): boolean => {
    for (let k = i * neighbours; k < (i + 1) * neighbours; k++) if (near[k] === j) return true;
    return false;
  };
  const capacity = (count * neighbours * (neighbours - 1)) / 2;
  const triangles: Triangles = {
    count: 0,
    vertices: new Int32Array(3 * capacity),
    longest: new Float64Array(capacity),
    middleRatio: new Float64Array(capacity),
    shortRatio: new Float64Array(capacity),
    turnsLeft: new Uint8Array(capacity),
  };
  for (let i = 0; i < count; i++) {
    for (let k = 1; k < neighbours; k++) {
      const a = near[i * neighbours + k]!;
      if (a < 0) break;
      for (let l = 0; l < k; l++) {
        const b = near[i * neighbours + l]!;
        if (a < i && isNear(a, i) && isNear(a, b)) continue;
        if (b < i && isNear(b, i) && isNear(b, a)) continue;
        addTriangle(triangles, x, y, i, a, b, minSide);
      }
    }
  }
  return triangles;
}

function addTriangle(
  triangles: Triangles,
  x: Float64Array,
  y: Float64Array,
  i: number,
  j: number,
  k: number,
  minSide: number,
): void {
  let [p, q, r] = [i, j, k];
  let oppositeP = Math.hypot(x[q]! - x[r]!, y[q]! - y[r]!);
  let oppositeQ = Math.hypot(x[p]! - x[r]!, y[p]! - y[r]!);
  let oppositeR = Math.hypot(x[p]! - x[q]!, y[p]! - y[q]!);
  if (oppositeP < oppositeQ) {
    [p, q] = [q, p];
    [oppositeP, oppositeQ] = [oppositeQ, oppositeP];
  }
  if (oppositeQ < oppositeR) {
    [q, r] = [r, q];
    [oppositeQ, oppositeR] = [oppositeR, oppositeQ];
  }
  if (oppositeP < oppositeQ) {
    [p, q] = [q, p];
    [oppositeP, oppositeQ] = [oppositeQ, oppositeP];
  }
  if (oppositeR < minSide) return;
  const n = triangles.count++;
  triangles.vertices[3 * n] = p;
  triangles.vertices[3 * n + 1] = q;
  triangles.vertices[3 * n + 2] = r;
  triangles.longest[n] = oppositeP;
  triangles.middleRatio[n] = oppositeQ / oppositeP;
  triangles.shortRatio[n] = oppositeR / oppositeP;
  const turn = (x[q]! - x[p]!) * (y[r]! - y[p]!) - (y[q]! - y[p]!) * (x[r]! - x[p]!);
  triangles.turnsLeft[n] = turn > 0 ? 1 : 0;
}

/** Triangles sorted into bins of shape and of the logarithm of size. */
export interface ShapeIndex {
  readonly triangles: Triangles;
  readonly start: Int32Array;
  readonly members: Int32Array;
  readonly minLogSize: number;
  readonly sizes: number;
}

export const RATIO_BINS = 50;
const SIZE_BINS_PER_E = 10;

export function shapeIndex(triangles: Triangles): ShapeIndex {
  let minLog = Infinity;
  let maxLog = -Infinity;
  for (let n = 0; n < triangles.count; n++) {
    const log = Math.log(triangles.longest[n]!);
    minLog = Math.min(minLog, log);
    maxLog = Math.max(maxLog, log);
  }
  const sizes = triangles.count > 0 ? Math.floor((maxLog - minLog) * SIZE_BINS_PER_E) + 1 : 1;
  const start = new Int32Array(RATIO_BINS * RATIO_BINS * sizes + 1);
  const binOf = new Int32Array(triangles.count);
  for (let n = 0; n < triangles.count; n++) {
    const size = Math.floor((Math.log(triangles.longest[n]!) - minLog) * SIZE_BINS_PER_E);
    const bin = (middleBin(triangles.middleRatio[n]!) * RATIO_BINS + shortBin(triangles.shortRatio[n]!)) * sizes + size;
    binOf[n] = bin;
    start[bin + 1]!++;
  }
  for (let bin = 1; bin < start.length; bin++) start[bin]! += start[bin - 1]!;
  const next = start.slice();
  const members = new Int32Array(triangles.count);
  for (let n = 0; n < triangles.count; n++) members[next[binOf[n]!]!++] = n;
  return { triangles, start, members, minLogSize: minLog, sizes };
}

/** The bin of middle/longest, which is never below a half. */
export function middleBin(ratio: number): number {
  return Math.min(RATIO_BINS - 1, Math.max(0, Math.floor((ratio - 0.5) * 2 * RATIO_BINS)));
}

export function shortBin(ratio: number): number {
  return Math.min(RATIO_BINS - 1, Math.max(0, Math.floor(ratio * RATIO_BINS)));
}

/** The bin of a longest side, cut to the index's range. */
export function sizeBin(index: ShapeIndex, longest: number): number {
  const bin = Math.floor((Math.log(longest) - index.minLogSize) * SIZE_BINS_PER_E);
  return Math.min(index.sizes - 1, Math.max(0, bin));
}
