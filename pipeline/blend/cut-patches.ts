import type { FrameProduct } from '../reduce.ts';
import { cutPatch, type Patch } from './patch.ts';

/** The surroundings of the targets on one plane of a frame, by the targets' names. */
export type Patches = ReadonlyMap<string, Patch>;

/** Cuts the surroundings of each target out of each plane of a reduced frame, in the order of its planes. */
export function cutPatches({ measured, targetResults }: Pick<FrameProduct, 'measured' | 'targetResults'>): Patches[] {
  return measured.map((one) => {
    const { name, mosaic } = one.plane;
    const patches = new Map<string, Patch>();
    for (const { name: target, plane, pixel } of targetResults) {
      if (plane !== name || !pixel) continue;
      const x = (pixel.x - 1 - mosaic.offsetX) / mosaic.step;
      const y = (pixel.y - 1 - mosaic.offsetY) / mosaic.step;
      const patch = cutPatch(one, x, y);
      if (patch) patches.set(target, patch);
    }
    return patches;
  });
}
