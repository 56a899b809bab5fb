import { parentPort, workerData } from 'node:worker_threads';
import { Random } from '../../base/random.ts';
import { buildCamera, cameraSpec } from '../../drivers/simulator/sky/camera.ts';
import { lightExposure, renderExposure } from '../../drivers/simulator/sky/render.ts';
import { makeSky } from '../../drivers/simulator/sky/stars.ts';

export type FrameOrder = 'frame';

interface Chip {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly tilesPerSide: number;
  readonly seed: number;
}

// The thread behind `large-camera.ts`: makes one frame at the start and gives away a copy whenever one is ordered.
const { widthPx, heightPx, tilesPerSide, seed } = workerData as Chip;
const tileWidthPx = widthPx / tilesPerSide;
const tileHeightPx = heightPx / tilesPerSide;
const spec = { ...cameraSpec(), seed, widthPx: tileWidthPx, heightPx: tileHeightPx, scaleArcsecPerPx: 0.8 };
const sky = makeSky(seed, { starsPerSquareDegree: 2000 });
const tile = renderExposure(sky, buildCamera(spec), lightExposure({ exposureS: 3 }), new Random(seed)).adu;
const frame = new Uint16Array(widthPx * heightPx);
for (let y = 0; y < heightPx; y++) {
  const row = tile.subarray((y % tileHeightPx) * tileWidthPx, ((y % tileHeightPx) + 1) * tileWidthPx);
  for (let k = 0; k < tilesPerSide; k++) frame.set(row, y * widthPx + k * tileWidthPx);
}

parentPort!.on('message', () => {
  const copy = new Uint16Array(new SharedArrayBuffer(frame.byteLength));
  copy.set(frame);
  parentPort!.postMessage(copy);
});
parentPort!.postMessage('ready');
