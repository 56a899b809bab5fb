import type { Crew, Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { MaskBit, type Plane } from '../plane.ts';

/** A connected patch of saturated pixels: the core of one star, or of several that have grown together. */
export interface SaturatedCore {
  readonly x: number;
  readonly y: number;
  readonly pixels: number;
  /** Half width of the smallest square about (x, y) that holds the patch. */
  readonly half: number;
}

/** Numbers a run of saturated pixels beside each other: row, first column, and the column after the last. */
export const RUN_STRIDE = 3;

/**
 * Runs whose pixels touch (8-connected), `RUN_STRIDE` numbers each, by row, then column. Plain numbers, because a frame near
 * saturation may have millions of runs.
 */
export type SaturatedPatch = Int32Array;

/** The saturated pixels of a plane, patch by patch in the order of the first pixel. */
export async function saturatedPatches(
  plane: Plane,
  crew: Crew<{ saturatedRuns: typeof saturatedRuns }>,
): Promise<SaturatedPatch[]> {
  const parts = await crew.run('saturatedRuns', plane, Math.ceil(plane.height / 96));
  const runs = new Int32Array(parts.reduce((n, part) => n + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    runs.set(part, filled);
    filled += part.length;
  }
  const first = connect(runs);
  const next = new Int32Array(first.length);
  for (const i of first) next[i]!++;
  // Where the patch that begins with a run has its runs in `ordered`, which are filled in from there.
  let start = 0;
  for (let i = 0; i < next.length; i++) {
    const size = next[i]!;
    next[i] = start;
    start += size;
  }
  const ordered = new Int32Array(runs.length);
  for (let i = 0; i < first.length; i++) {
    const to = RUN_STRIDE * next[first[i]!]!++;
    for (let k = 0; k < RUN_STRIDE; k++) ordered[to + k] = runs[RUN_STRIDE * i + k]!;
  }
  const patches: SaturatedPatch[] = [];
  let from = 0;
  for (let i = 0; i < first.length; i++) {
    if (first[i] !== i) continue;
    const to = RUN_STRIDE * next[i]!;
    patches.push(ordered.subarray(from, to));
    from = to;
  }
  return patches;
}

/** For each run the first one of its patch; `runs` are in the order of rows and columns. */
function connect(runs: Int32Array): Int32Array {
  const n = runs.length / RUN_STRIDE;
  const earlier = new Int32Array(n);
  for (let i = 0; i < n; i++) earlier[i] = i;
  const firstOf = (i: number): number => {
    let k = i;
    while (earlier[k] !== k) {
      earlier[k] = earlier[earlier[k]!]!;
      k = earlier[k]!;
    }
    return k;
  };
  // `above` is the first run of the row before that may touch one still to come.
  let above = 0;
  for (let i = 0; i < n; i++) {
    const row = runs[RUN_STRIDE * i]!;
    const from = runs[RUN_STRIDE * i + 1]!;
    const to = runs[RUN_STRIDE * i + 2]!;
    const isPast = (k: number) =>
      runs[RUN_STRIDE * k]! < row - 1 || (runs[RUN_STRIDE * k] === row - 1 && runs[RUN_STRIDE * k + 2]! < from);
    while (above < i && isPast(above)) above++;
    for (let k = above; k < i && runs[RUN_STRIDE * k] === row - 1 && runs[RUN_STRIDE * k + 1]! <= to; k++) {
      const a = firstOf(i);
      const b = firstOf(k);
      earlier[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return earlier.map((_, i) => firstOf(i));
}

/** The runs of saturated pixels in the rows of one part. */
export const saturatedRuns: Kernel<Plane, Int32Array> = (plane, part, parts) => {
  const rows = rowsOfPart(plane.height, part, parts);
  const found: number[] = [];
  for (let y = rows.from; y < rows.to; y++) if (hasSaturated(plane, y * plane.width)) addRuns(plane, y, found);
  return Int32Array.from(found);
};

/** Nearly every row has none, and is gone through without a turn. */
function hasSaturated({ electrons, mask, width, noise }: Plane, at: number): boolean {
  const limit = noise.saturationE;
  // Two chains of comparisons that do not wait for one another, or for a branch.
  let brightest = Number.NEGATIVE_INFINITY;
  let brighter = Number.NEGATIVE_INFINITY;
  let bits = 0;
  const end = at + width;
  for (let p = at; p + 1 < end; p += 2) {
    brightest = Math.max(brightest, electrons[p]!);
    brighter = Math.max(brighter, electrons[p + 1]!);
    bits |= mask[p]! | mask[p + 1]!;
  }
  brightest = Math.max(brightest, brighter, electrons[end - 1]!);
  bits |= mask[end - 1]!;
  return !(brightest < limit) || (bits & MaskBit.saturated) !== 0;
}

function addRuns({ electrons, mask, width, noise }: Plane, y: number, found: number[]): void {
  const isSaturated = (x: number) => {
    const p = y * width + x;
    return electrons[p]! >= noise.saturationE || (mask[p]! & MaskBit.saturated) !== 0;
  };
  for (let x = 0; x < width; x++) {
    if (!isSaturated(x)) continue;
    const from = x;
    while (x < width && isSaturated(x)) x++;
    found.push(y, from, x);
  }
}

/** The core that a patch is. */
export function saturatedCore(patch: SaturatedPatch): SaturatedCore {
  let pixels = 0;
  let sx = 0;
  let sy = 0;
  for (let i = 0; i < patch.length; i += RUN_STRIDE) {
    const [row, from, to] = [patch[i]!, patch[i + 1]!, patch[i + 2]!];
    pixels += to - from;
    sx += ((to - from) * (from + to - 1)) / 2;
    sy += (to - from) * row;
  }
  const x = sx / pixels;
  const y = sy / pixels;
  let half = 0;
  for (let i = 0; i < patch.length; i += RUN_STRIDE) {
    half = Math.max(half, x - patch[i + 1]!, patch[i + 2]! - 1 - x, Math.abs(patch[i]! - y));
  }
  return { x, y, pixels, half: Math.ceil(half) };
}
