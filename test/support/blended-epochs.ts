import { Random } from '../../base/random.ts';
import { type Epoch, epochOf } from '../../pipeline/blend/epoch.ts';
import { cutPatch } from '../../pipeline/blend/patch.ts';
import { soloCrew } from '../../pipeline/crew.ts';
import { kernels } from '../../pipeline/kernels.ts';
import { measurePlane } from '../../pipeline/measure.ts';
import { type ExposureScene, exposeField, onFrame, type SkyStar, skyStars } from './host-field.ts';
import { median } from './photometry.ts';

const sizePx = 220;
/** One arcsecond a pixel: places are told in pixels from the middle of the field. */
const field = skyStars(40, sizePx + 40, 2e4, 3e5, 5, [{ x: 0, y: 0 }], 30);
const crew = soloCrew(kernels);

export interface BlendedEpoch {
  readonly epoch: Epoch;
  /** True flux of the target as this frame normalises fluxes. */
  readonly truth: number;
  /** What the frame makes of the target by itself: the nearest source within 0.6 FWHM of its place. */
  readonly alone: { readonly flux: number; readonly fluxErr: number } | undefined;
}

export interface EpochChoices {
  readonly fwhmPx: number;
  readonly targetE: number;
  readonly neighbours: readonly SkyStar[];
  readonly seed: number;
  /** Pixels about the target without a value, half the side of their square. */
  readonly maskedPx?: number;
}

/** One frame of a field whose middle holds the target (the origin) and its neighbours, shifted and turned by its seed. */
export async function blendedEpoch(choices: EpochChoices): Promise<BlendedEpoch> {
  const { fwhmPx, targetE, neighbours, seed, maskedPx = 0 } = choices;
  const random = new Random(seed);
  const scene: ExposureScene = {
    ...{ width: sizePx, height: sizePx, fwhmPx, skyE: 400, seed: seed + 1 },
    shift: [5 * random.normal(), 5 * random.normal()],
    turnDeg: 360 * random.uniform(),
  };
  const plane = exposeField([...field, ...neighbours, { x: 0, y: 0, flux: targetE }], [], scene);
  const origin = onFrame(scene, 0, 0);
  for (let j = -maskedPx; maskedPx > 0 && j <= maskedPx; j++)
    for (let i = -maskedPx; i <= maskedPx; i++)
      plane.mask[Math.round(origin.y + j) * sizePx + Math.round(origin.x + i)] = 1;
  const measurement = await measurePlane(plane, {}, crew);
  const { sources } = measurement;
  const nearest = (x: number, y: number, within: number): number | undefined =>
    [...sources.x.keys()].find((row) => Math.hypot(sources.x[row]! - x, sources.y[row]! - y) < within);
  const ratios = field.flatMap((star) => {
    const { x, y } = onFrame(scene, star.x, star.y);
    const row = nearest(x, y, 0.5);
    return row === undefined ? [] : [sources.flux[row]! / star.flux];
  });
  const [east, north] = [onFrame(scene, 1, 0), onFrame(scene, 0, 1)];
  const toFitsPixel = Float64Array.of(
    ...[origin.x + 1, east.x - origin.x, north.x - origin.x],
    ...[origin.y + 1, east.y - origin.y, north.y - origin.y],
  );
  const row = nearest(origin.x, origin.y, 0.6 * fwhmPx);
  return {
    epoch: epochOf(cutPatch({ plane, measurement }, origin.x, origin.y)!, toFitsPixel, 0),
    truth: targetE * median(ratios),
    alone: row === undefined ? undefined : { flux: sources.flux[row]!, fluxErr: sources.fluxErr[row]! },
  };
}
