import { join } from 'node:path';
import { cardsOf, writePixels } from '../../agent/observing/frame-file.ts';
import type { SiteConfig } from '../../config/schema.ts';
import { cameraSpec } from '../../drivers/simulator/sky/camera.ts';
import { lightExposure, type TrueStar } from '../../drivers/simulator/sky/render.ts';
import type { Renderer } from '../../drivers/simulator/sky/renderer.ts';
import type { Sky } from '../../drivers/simulator/sky/stars.ts';
import { demoCamera } from './sky.ts';

/** A frame that the simulated camera program saved, with the truth behind it. */
export interface SavedFrame {
  readonly path: string;
  readonly exposureId: string;
  readonly truth: readonly TrueStar[];
}

/** Exposes a field and saves the frame as a camera program would. */
export async function saveFrame(
  renderer: Renderer,
  folder: string,
  number: number,
  field: {
    readonly raDeg: number;
    readonly decDeg: number;
    readonly sky: Sky;
    readonly site: SiteConfig;
    /** Light lost in clouds, magnitudes. */
    readonly extinctionMag?: number;
    /** Of a colour camera. */
    readonly bayer?: 'RGGB';
  },
  nowMs: number,
): Promise<SavedFrame> {
  const { widthPx, heightPx, scaleArcsecPerPx, fwhmPx } = demoCamera;
  const plain = cameraSpec();
  const exposureS = 60;
  const { raDeg, decDeg, sky, site, extinctionMag = 0, bayer } = field;
  const optics = { widthPx, heightPx, scaleArcsecPerPx, psf: { ...plain.psf, fwhmPx } };
  const camera = cameraSpec({ ...optics, ...(bayer && { bayer }) });
  const exposure = lightExposure({
    raDeg,
    decDeg,
    exposureS,
    band: 'V',
    midMs: nowMs,
    skyGradient: 0.05,
    extinctionMag,
  });
  const { adu, width, height, truth, saturationAdu } = await renderer.render({
    sky,
    camera,
    exposure: { kind: 'light', ...exposure },
    seed: number,
  });
  const path = join(folder, `demo field ${String(number).padStart(3, '0')}.fits`);
  const cards = cardsOf({
    startMs: nowMs - exposureS * 500,
    exposureS,
    facts: { ...camera, camera: camera.name, binning: 1, saturationAdu, temperatureC: -15 },
    target: { name: 'demo field', raDeg, decDeg },
    filter: bayer ? '' : 'V',
    telescope: 'demo',
    scaleArcsecPerPx,
    site,
    requestId: undefined,
    visitId: undefined,
    software: 'simulated camera program',
  });
  const exposureId = await writePixels(path, { adu, width, height }, cards);
  return { path, exposureId, truth };
}
