import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import type { Camera, PixelFrame } from '../../drivers/contract.ts';
import type { FrameOrder } from './camera-thread.ts';

/** A full-frame chip of 61 megapixels, cut into tiles of which one is simulated and the others repeat it. */
export const chip = { widthPx: 9576, heightPx: 6388, tilesPerSide: 4 };

export interface LargeCamera {
  readonly expose: (...order: Parameters<Camera['expose']>) => Promise<PixelFrame>;
  /** When each frame was handed over, monotonic. */
  readonly deliveredMs: readonly number[];
  close(): Promise<void>;
}

/**
 * The readout of a camera that hands over a frame every `everyMs` as soon as it is asked for one. The pixels come from a thread, as from
 * a driver that takes them off a wire there, and belong to the frame.
 */
export async function largeCamera(seed: number, everyMs: number, clock: Clock): Promise<LargeCamera> {
  const worker = new Worker(new URL('./camera-thread.ts', import.meta.url), { workerData: { ...chip, seed } });
  await answerOf(worker);
  const deliveredMs: number[] = [];
  let nextMs = clock.monotonicMs();
  return {
    deliveredMs,
    async expose({ exposureS }, { signal }): Promise<PixelFrame> {
      const startMs = clock.nowMs();
      nextMs = Math.max(nextMs + everyMs, clock.monotonicMs() + exposureS * 1000);
      await clock.sleep(nextMs - clock.monotonicMs(), signal);
      const delivered = answerOf<Uint16Array>(worker);
      worker.postMessage('frame' satisfies FrameOrder);
      const adu = await delivered;
      deliveredMs.push(clock.monotonicMs());
      const { widthPx: width, heightPx: height } = chip;
      const facts = {
        ...{ camera: 'large', binning: 1, pixelSizeUm: 3.76, gainEPerAdu: 0.8, readNoiseE: 3, saturationAdu: 60_000 },
        ...{ temperatureC: -10, bayer: undefined },
      };
      return { form: 'pixels', adu, width, height, startMs, exposureS, facts };
    },
    close: async () => void (await worker.terminate()),
  };
}

function answerOf<Value>(worker: Worker): Promise<Value> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (value: Value) => {
      worker.off('error', reject);
      resolve(value);
    });
  });
}
