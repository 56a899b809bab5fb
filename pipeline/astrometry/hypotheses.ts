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
  /** How much their scales and (radians) their turns may differ. */
  readonly turn: number;
}

export interface Agreement {
  /** For each hypothesis how many say the same within the limits, itself included. */
  readonly votes: Int32Array;
  /** Those that say the same as hypothesis `h`, itself included. */
  supporters(h: number): number[];
}

/**
 * How many hypotheses agree with each: false ones agree by chance only, those of the true place all say the same. They
 * are sorted into cells by the place of the image's centre; turn, scale and mirroring are compared one by one.
 */
export function agreement(found: Hypotheses, limits: AgreementLimits): Agreement {
  const { a, b, c, d, mirrored, count } = found;
  const buckets = 1 << Math.max(8, Math.ceil(Math.log2(count + 1)));
  const head = new Int32Array(buckets).fill(-1);
  const next = new Int32Array(count);
  const bucketOf = (column: number, row: number): number =>
    (Math.imul(column, 0x9e3779b1) ^ Math.imul(row, 0x85ebca6b)) & (buckets - 1);
  for (let h = 0; h < count; h++) {
    const bucket = bucketOf(Math.floor(c[h]! / limits.shift), Math.floor(d[h]! / limits.shift));
    next[h] = head[bucket]!;
    head[bucket] = h;
  }
  const turn2 = limits.turn * limits.turn;
  const shift2 = limits.shift * limits.shift;
  const visit = (h: number, seen: (other: number) => void): void => {
    const column = Math.floor(c[h]! / limits.shift);
    const row = Math.floor(d[h]! / limits.shift);
    const size2 = a[h]! * a[h]! + b[h]! * b[h]!;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        for (let o = head[bucketOf(column + dx, row + dy)]!; o >= 0; o = next[o]!) {
          if (mirrored[o] !== mirrored[h]) continue;
          if (Math.floor(c[o]! / limits.shift) !== column + dx || Math.floor(d[o]! / limits.shift) !== row + dy)
            continue;
          if ((c[o]! - c[h]!) ** 2 + (d[o]! - d[h]!) ** 2 > shift2) continue;
          if ((a[o]! - a[h]!) ** 2 + (b[o]! - b[h]!) ** 2 > turn2 * size2) continue;
          seen(o);
        }
      }
    }
  };
  const votes = new Int32Array(count);
  for (let h = 0; h < count; h++) {
    let n = 0;
    visit(h, () => n++);
    votes[h] = n;
  }
  return {
    votes,
    supporters(h) {
      const others: number[] = [];
      visit(h, (other) => others.push(other));
      return others;
    },
  };
}
