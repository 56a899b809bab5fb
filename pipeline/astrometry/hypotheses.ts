import type { Points } from './point-grid.ts';
import { fitSimilarity } from './similarity.ts';
import { middleBin, RATIO_BINS, type ShapeIndex, shortBin, sizeBin, type Triangles } from './triangles.ts';

/**
 * Guesses where the frame lies, each from one triangle of detections laid on one triangle of the catalogue: columns of
 * the similarity (see `Similarity`) and the two triangles it came from.
 */
export interface Hypotheses {
  count: number;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
  readonly d: Float64Array;
  readonly mirrored: Uint8Array;
  readonly detected: Int32Array;
  readonly known: Int32Array;
}

export interface MatchLimits {
  /** Allowed size of the similarity, catalogue units per pixel. */
  readonly minScale: number;
  readonly maxScale: number;
  /** How well a detected position can be trusted, pixels. */
  readonly jitterPx: number;
  /** Relative change of shape that the camera's distortion may bring to a small figure. */
  readonly shear: number;
  readonly maxHypotheses: number;
}

/** Every detected triangle laid on every catalogue triangle of its shape and size. */
export function matchTriangles(
  detections: Points,
  detected: Triangles,
  catalogue: Points,
  index: ShapeIndex,
  limits: MatchLimits,
  isOver: () => boolean,
): Hypotheses {
  const found = emptyHypotheses(limits.maxHypotheses);
  const known = index.triangles;
  for (let t = 0; t < detected.count && found.count < limits.maxHypotheses; t++) {
    if ((t & 63) === 0 && isOver()) break;
    const longest = detected.longest[t]!;
    const tolerance = limits.shear + (2 * limits.jitterPx) / longest;
    const middle = detected.middleRatio[t]!;
    const short = detected.shortRatio[t]!;
    const minLongest = longest * limits.minScale;
    const maxLongest = longest * limits.maxScale;
    const fromSize = sizeBin(index, minLongest);
    const toSize = sizeBin(index, maxLongest);
    for (let m = middleBin(middle - tolerance); m <= middleBin(middle + tolerance); m++) {
      for (let s = shortBin(short - tolerance); s <= shortBin(short + tolerance); s++) {
        const row = (m * RATIO_BINS + s) * index.sizes;
        const end = index.start[row + toSize + 1]!;
        for (let k = index.start[row + fromSize]!; k < end; k++) {
          const n = index.members[k]!;
          const size = known.longest[n]!;
          if (size < minLongest || size > maxLongest) continue;
          if (Math.abs(known.middleRatio[n]! - middle) > tolerance) continue;
          if (Math.abs(known.shortRatio[n]! - short) > tolerance) continue;
          add(found, detections, detected, t, catalogue, known, n);
          if (found.count === limits.maxHypotheses) return found;
        }
      }
    }
  }
  return found;
}

function emptyHypotheses(capacity: number): Hypotheses {
  return {
    count: 0,
    a: new Float64Array(capacity),
    b: new Float64Array(capacity),
    c: new Float64Array(capacity),
    d: new Float64Array(capacity),
    mirrored: new Uint8Array(capacity),
    detected: new Int32Array(capacity),
    known: new Int32Array(capacity),
  };
}

function add(
  found: Hypotheses,
  detections: Points,
  detected: Triangles,
  t: number,
  catalogue: Points,
  known: Triangles,
  n: number,
): void {
  const mirrored = detected.turnsLeft[t] !== known.turnsLeft[n];
  const similarity = fitSimilarity(
    detections,
    catalogue,
    detected.vertices.subarray(3 * t, 3 * t + 3),
    known.vertices.subarray(3 * n, 3 * n + 3),
    3,
    mirrored,
  );
  if (!similarity) return;
  const h = found.count++;
  found.a[h] = similarity.a;
  found.b[h] = similarity.b;
  found.c[h] = similarity.c;
  found.d[h] = similarity.d;
  found.mirrored[h] = mirrored ? 1 : 0;
  found.detected[h] = t;
  found.known[h] = n;
}

export interface AgreementLimits {
  /** How far apart two guesses may put the image's centre, catalogue units. */
  readonly shift: number;
  /** How much their scales may differ, relatively, and their turns, in radians. */
  readonly turn: number;
}

export interface Agreement {
  /** All hypotheses, those with most votes first. */
  readonly order: Int32Array;
  /** Those that say the same as hypothesis `h`, itself included. */
  supporters(h: number): number[];
}

/**
 * Ranks hypotheses by how many others say the same: false ones agree by chance only, those of the true place all agree.
 * They are sorted into cells by the place of the image's centre, turn and mirroring, and compared with their
 * neighbourhood. What was not compared when `isOver` says true has no votes.
 */
export function agreement(found: Hypotheses, limits: AgreementLimits, isOver: () => boolean): Agreement {
  const { a, b, c, d, mirrored, count } = found;
  const turns = Math.floor((2 * Math.PI) / limits.turn);
  const buckets = 1 << Math.max(8, Math.ceil(Math.log2(2 * count + 1)));
  const head = new Int32Array(buckets).fill(-1);
  const next = new Int32Array(count);
  const bucketOf = (column: number, row: number, turn: number, mirror: number): number => {
    const mixed = Math.imul(column, 0x9e3779b1) ^ Math.imul(row, 0x85ebca6b) ^ Math.imul(2 * turn + mirror, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 15)) & (buckets - 1);
  };
  const column = new Int32Array(count);
  const row = new Int32Array(count);
  const turn = new Int32Array(count);
  for (let h = 0; h < count; h++) {
    column[h] = Math.floor(c[h]! / limits.shift);
    row[h] = Math.floor(d[h]! / limits.shift);
    turn[h] = Math.floor((Math.atan2(b[h]!, a[h]!) / (2 * Math.PI) + 0.5) * turns) % turns;
    const bucket = bucketOf(column[h]!, row[h]!, turn[h]!, mirrored[h]!);
    next[h] = head[bucket]!;
    head[bucket] = h;
  }
  const turn2 = limits.turn * limits.turn;
  const shift2 = limits.shift * limits.shift;
  const visit = (h: number, others: number[] | undefined): number => {
    const size2 = a[h]! * a[h]! + b[h]! * b[h]!;
    let votes = 0;
    for (let cell = 0; cell < 27; cell++) {
      const x = column[h]! + (cell % 3) - 1;
      const y = row[h]! + (Math.floor(cell / 3) % 3) - 1;
      const angle = (turn[h]! + Math.floor(cell / 9) - 1 + turns) % turns;
      for (let o = head[bucketOf(x, y, angle, mirrored[h]!)]!; o >= 0; o = next[o]!) {
        if (mirrored[o] !== mirrored[h] || turn[o] !== angle || column[o] !== x || row[o] !== y) continue;
        if ((c[o]! - c[h]!) ** 2 + (d[o]! - d[h]!) ** 2 > shift2) continue;
        if ((a[o]! - a[h]!) ** 2 + (b[o]! - b[h]!) ** 2 > turn2 * size2) continue;
        votes++;
        others?.push(o);
      }
    }
    return votes;
  };
  const votes = new Int32Array(count);
  for (let h = 0; h < count; h++) {
    if ((h & 1023) === 0 && isOver()) break;
    votes[h] = visit(h, undefined);
  }
  return {
    order: mostFirst(votes),
    supporters(h) {
      const others: number[] = [];
      visit(h, others);
      return others;
    },
  };
}

/** Places of the largest values first (a counting sort). */
function mostFirst(values: Int32Array): Int32Array {
  const most = values.reduce((max, value) => Math.max(max, value), 0);
  const start = new Int32Array(most + 2);
  for (const value of values) start[most - value + 1]!++;
  for (let k = 1; k < start.length; k++) start[k]! += start[k - 1]!;
  const order = new Int32Array(values.length);
  for (let k = 0; k < values.length; k++) order[start[most - values[k]!]!++] = k;
  return order;
}
