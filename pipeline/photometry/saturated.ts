import { MaskBit, type Plane } from '../plane.ts';

/** A connected patch of saturated pixels: the core of one star, or of several that have grown together. */
export interface SaturatedCore {
  readonly x: number;
  readonly y: number;
  readonly pixels: number;
  /** Half width of the smallest square about (x, y) that holds the patch. */
  readonly half: number;
}

/** Finds the saturated cores of a plane (8-connected), in the order of their first pixel. */
export function saturatedCores(plane: Plane): SaturatedCore[] {
  return saturatedPatches(plane).map((patch) => coreOf(patch, plane.width));
}

/** The saturated pixels of a plane by their indices, those that touch (8-connected) together, in the order of the first. */
export function saturatedPatches(plane: Plane): number[][] {
  const { width, height, electrons, mask } = plane;
  const limit = plane.noise.saturationE;
  const bit = MaskBit.saturated;
  const total = width * height;
  // Not a set of indices: most of a frame may be saturated, and those know a limit.
  const isLeft = new Uint8Array(total);
  for (let p = 0; p < total; p++) if (electrons[p]! >= limit || (mask[p]! & bit) !== 0) isLeft[p] = 1;
  const patches: number[][] = [];
  for (let seed = 0; seed < total; seed++) {
    if (isLeft[seed] === 0) continue;
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

function coreOf(patch: readonly number[], width: number): SaturatedCore {
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
