import { type Crew, sharedFloat32 } from '../crew.ts';
import type { Kernels } from '../kernels.ts';
import type { Plane } from '../plane.ts';
import { weighedPixels } from './member.ts';
import { pixelArea, type Registration } from './register.ts';

/**
 * A plane resampled onto a grid of `width` x `height` pixels by its registration: its level `skyE` taken off, scaled
 * to the fluxes of the grid's own frame. Row-major; NaN where the plane has no pixel with weight.
 */
export async function resamplePlane(
  plane: Plane,
  skyE: number,
  registration: Registration,
  width: number,
  height: number,
  crew: Crew<Kernels>,
): Promise<Float32Array> {
  const target = sharedFloat32(width * height);
  const task = {
    source: weighedPixels(plane, skyE),
    sourceWidth: plane.width,
    sourceHeight: plane.height,
    map: registration.map,
    factor: pixelArea(registration) / registration.fluxScale,
    target,
    width,
    height,
  };
  await crew.run('resampleRows', task, Math.max(1, Math.ceil(height / 64)));
  return target;
}
