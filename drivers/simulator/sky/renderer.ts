import { Worker } from 'node:worker_threads';
import { siblingModule } from '../../../base/sibling.ts';
import type { CameraSpec } from './camera.ts';
import type { CalibrationExposure, Exposure, TrueStar } from './render.ts';
import type { Sky } from './stars.ts';

export interface RenderJob {
  readonly sky: Sky;
  readonly camera: CameraSpec;
  readonly exposure: (Exposure & { readonly kind: 'light' }) | CalibrationExposure;
  /** Seed of the noise. */
  readonly seed: number;
}

export interface RenderedFrame {
  readonly width: number;
  readonly height: number;
  readonly adu: Uint16Array;
  /** Empty for a calibration frame. */
  readonly truth: readonly TrueStar[];
}

/** Renders frames on a thread of its own, one after the other, so that whoever waits for the camera is not held up. */
export class Renderer {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** The same job gives the same frame. Rejects when the thread dies. */
  render(job: RenderJob): Promise<RenderedFrame & { saturationAdu: number }> {
    const frame = this.#last.then(() => this.#renderNow(job));
    this.#last = frame.catch(() => undefined); // the failure goes to whoever asked for this frame, not to the next
    return frame;
  }

  /** Resolves when no frame is being rendered: what a test waits for before it lets simulated time pass. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #renderNow(job: RenderJob): Promise<RenderedFrame & { saturationAdu: number }> {
    this.#worker ??= new Worker(siblingModule(import.meta.url, './render-thread'));
    const worker = this.#worker;
    worker.ref(); // only a frame under way keeps the process alive
    return new Promise((resolve, reject) => {
      const settle = () => {
        worker.off('message', rendered).off('error', lost).off('exit', ended);
        worker.unref();
      };
      const rendered = (frame: RenderedFrame & { saturationAdu: number }) => {
        settle();
        resolve(frame);
      };
      const lost = (error: Error) => {
        settle();
        this.#worker = undefined;
        reject(error);
      };
      const ended = (code: number) => lost(new Error(`the thread that renders the simulated sky ended (code ${code})`));
      worker.once('message', rendered).once('error', lost).once('exit', ended);
      worker.postMessage(job);
    });
  }
}
