import type { Crew, Kernel } from '../crew.ts';
import { rowsOfPart, sharedUint8 } from '../crew.ts';
import { MaskBit, type Plane } from '../plane.ts';

/** A connected patch of saturated pixels: the core of one star, or of several that have grown together. */
export interface SaturatedCore {
  readonly x: number;
  readonly y: number;
  readonly pixels: number;
  /** Half width of the smallest square about (x, y) that holds the patch. */
  readonly half: number;
}

/** The cores that the saturated patches of a plane `width` pixels wide are. */
export function saturatedCores(patches: readonly SaturatedPatch[], width: number): SaturatedCore[] {
  return patches.map((patch) => coreOf(patch, width));
}

/** Indices of saturated pixels that touch (8-connected). */
export type SaturatedPatch = readonly number[];

/** The saturated pixels of a plane, patch by patch in the order of the first pixel. */
export async function saturatedPatches(
  plane: Plane,
  crew: Crew<{ markSaturated: typeof markSaturated }>,
): Promise<SaturatedPatch[]> {
  const { width, height } = plane;
  const total = width * height;
  // Not a set of indices: most of a frame may be saturated, and those know a limit.
  const isLeft = sharedUint8(total);
  await crew.run('markSaturated', { plane, isSaturated: isLeft }, Math.ceil(height / 96));
  const patches: SaturatedPatch[] = [];
  for (let seed = isLeft.indexOf(1); seed >= 0; seed = isLeft.indexOf(1, seed + 1)) {
    isLeft[seed] = 0;
    const patch = [seed];
    for (let k = 0; k < patch.length; k++) {
      const p = patch[k]!;
      const x = p % width;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (x + dx < 0 || x + dx >= width) continue;
          const q = p + dy * width + dx;
          if (q < 0 || q >= total || isLeft[q] === 0) continue;
          isLeft[q] = 0;
          patch.push(q);
        }
      }
    }
    patches.push(patch);
  }
  return patches;
}

/** Sets a 1 in `isSaturated` for each saturated pixel in the rows of one part. */
export const markSaturated: Kernel<{ plane: Plane; isSaturated: Uint8Array }, void> = (
  { plane, isSaturated },
  part,
  parts,
) => {
  const rows = rowsOfPart(plane.height, part, parts);
  for (let y = rows.from; y < rows.to; y++) markRow(plane, y * plane.width, isSaturated);
};

function markRow({ electrons, mask, width, noise }: Plane, at: number, isSaturated: Uint8Array): void {
  const limit = noise.saturationE;
  for (let p = at; p < at + width; p++) {
    if (electrons[p]! >= limit || (mask[p]! & MaskBit.saturated) !== 0) isSaturated[p] = 1;
  }
}

function coreOf(patch: SaturatedPatch, width: number): SaturatedCore {
  let sx = 0;
  let sy = 0;
  for (const p of patch) {
    sx += p % width;
    sy += Math.floor(p / width);
  }
  const x = sx / patch.length;
  const y = sy / patch.length;
  let half = 0;
  for (const p of patch) half = Math.max(half, Math.abs((p % width) - x), Math.abs(Math.floor(p / width) - y));
  return { x, y, pixels: patch.length, half: Math.ceil(half) };
}
