import { parentPort } from 'node:worker_threads';
import { Random } from '../../../base/random.ts';
import { buildCamera, type SimulatedCamera } from './camera.ts';
import { renderCalibration, renderExposure } from './render.ts';
import type { RenderedFrame, RenderJob } from './renderer.ts';

/** The thread of a Renderer: keeps the camera it has laid out as long as the spec stays the same. */
let camera: SimulatedCamera | undefined;
let cameraKey = '';

parentPort?.on('message', (job: RenderJob) => {
  const key = JSON.stringify(job.camera);
  if (camera === undefined || key !== cameraKey) {
    camera = buildCamera(job.camera);
    cameraKey = key;
  }
  const random = new Random(job.seed);
  const frame: RenderedFrame =
    job.exposure.kind === 'light'
      ? renderExposure(job.sky, camera, job.exposure, random)
      : {
          width: camera.spec.widthPx,
          height: camera.spec.heightPx,
          adu: renderCalibration(camera, job.exposure, random),
          truth: [],
        };
  const { width, height, adu, truth } = frame;
  parentPort?.postMessage({ width, height, adu, truth, saturationAdu: camera.saturationAdu }, [
    adu.buffer as ArrayBuffer,
  ]);
});
