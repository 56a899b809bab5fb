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

/** Saturated pixels beside each other in one row: columns [from, to). */
export interface Run {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/** Runs whose pixels touch (8-connected), by row, then column. */
export type SaturatedPatch = readonly Run[];

/** Numbers a run in what `saturatedRuns` gives. */
const RUN_STRIDE = 3;

/** The saturated pixels of a plane, patch by patch in the order of the first pixel. */
export async function saturatedPatches(
  plane: Plane,
  crew: Crew<{ saturatedRuns: typeof saturatedRuns }>,
): Promise<SaturatedPatch[]> {
  const runs: Run[] = [];
  for (const part of await crew.run('saturatedRuns', plane, Math.ceil(plane.height / 96))) {
    for (let i = 0; i < part.length; i += RUN_STRIDE)
      runs.push({ row: part[i]!, from: part[i + 1]!, to: part[i + 2]! });
  }
  const patches = new Map<number, Run[]>();
  const first = connect(runs);
  for (const [i, run] of runs.entries()) {
    const patch = patches.get(first(i));
    if (patch) patch.push(run);
    else patches.set(i, [run]);
  }
  return [...patches.values()];
}

/** Finds the runs that touch; gives, for each, the first one of its patch. `runs` are in the order of rows and columns. */
function connect(runs: readonly Run[]): (i: number) => number {
  const earlier = Int32Array.from(runs.keys());
  const first = (i: number): number => {
    let k = i;
    while (earlier[k] !== k) k = earlier[k] = earlier[earlier[k]!]!;
    return k;
  };
  // `above` is the first run of the row before that may touch one still to come.
  let above = 0;
  for (let i = 0; i < runs.length; i++) {
    const { row, from, to } = runs[i]!;
    while (above < i && (runs[above]!.row < row - 1 || (runs[above]!.row === row - 1 && runs[above]!.to < from)))
      above++;
    for (let k = above; k < i && runs[k]!.row === row - 1 && runs[k]!.from <= to; k++) {
      const [a, b] = [first(i), first(k)];
      earlier[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return first;
}

/** The runs of saturated pixels in the rows of one part: row, first column, and the column after the last. */
export const saturatedRuns: Kernel<Plane, Int32Array> = (plane, part, parts) => {
  const rows = rowsOfPart(plane.height, part, parts);
  const found: number[] = [];
  for (let y = rows.from; y < rows.to; y++) if (hasSaturated(plane, y * plane.width)) addRuns(plane, y, found);
  return Int32Array.from(found);
};

/** Nearly every row has none, and is gone through without a turn. */
function hasSaturated({ electrons, mask, width, noise }: Plane, at: number): boolean {
  const limit = noise.saturationE;
  let brightest = Number.NEGATIVE_INFINITY;
  let bits = 0;
  for (let p = at; p < at + width; p++) {
    brightest = Math.max(brightest, electrons[p]!);
    bits |= mask[p]!;
  }
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
  for (const { row, from, to } of patch) {
    pixels += to - from;
    sx += ((to - from) * (from + to - 1)) / 2;
    sy += (to - from) * row;
  }
  const x = sx / pixels;
  const y = sy / pixels;
  let half = 0;
  for (const { row, from, to } of patch) half = Math.max(half, x - from, to - 1 - x, Math.abs(row - y));
  return { x, y, pixels, half: Math.ceil(half) };
}
