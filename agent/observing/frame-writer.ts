import { join } from 'node:path';
import { isMarkedAsUntransferable, Worker } from 'node:worker_threads';
import { RetryLater } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { InstrumentConfig, SiteConfig } from '../../config/schema.ts';
import type { CameraFrame } from '../../drivers/contract.ts';
import type { FrameStore } from '../store/frames.ts';
import type { Visit, WrittenFrame } from '../store/visit.ts';
import { cardsOf, type FrameContent, filesOf, pathOf } from './frame-file.ts';
import type { FrameFileAnswer, FrameFileTask } from './frame-file-thread.ts';
import type { FrameWriter, PlannedFrame } from './visit.ts';

/** The folder below the instrument's first watched folder into which visits write. */
const ownFolder = 'visits';

export interface FrameWriterOptions {
  readonly site: SiteConfig;
  readonly instrument: InstrumentConfig;
  readonly software: string;
  readonly frames: Pick<FrameStore, 'byVisit'>;
}

/** Writes the frames of visits into the watched folder, where they go the way of every frame. */
export function frameWriter({ site, instrument, software, frames }: FrameWriterOptions): FrameWriter {
  const folder = join(instrument.folders[0]!, ownFolder);
  return {
    async write(visit: Visit, planned: PlannedFrame, frame: CameraFrame): Promise<WrittenFrame> {
      const { request } = visit.order;
      const path = pathOf(folder, visit.id, planned.number);
      const cards = cardsOf({
        ...frame,
        target: request.target,
        filter: planned.filter,
        telescope: instrument.oname ?? instrument.id,
        scaleArcsecPerPx: instrument.camera.scaleArcsecPerPx,
        site,
        requestId: request.id,
        visitId: visit.id,
        software,
      });
      const { startMs, exposureS, facts: _, ...content } = frame;
      const exposureId = await inThread(path, { write: { path, content, cards, startMs, exposureS } });
      return { number: planned.number, file: path, exposureId };
    },

    async written(visit: Visit): Promise<readonly WrittenFrame[]> {
      const found = new Map<number, WrittenFrame>();
      for (const { path, exposureId } of frames.byVisit(visit.id)) {
        const number = Number(/-(\d+)\.fits$/.exec(path)?.[1]);
        if (exposureId !== null && number > 0) found.set(number, { number, file: path, exposureId });
      }
      for (const { number, path } of await filesOf(folder, visit.id)) {
        if (!found.has(number))
          found.set(number, { number, file: path, exposureId: await inThread(path, { identify: { path } }) });
      }
      return [...found.values()].sort((a, b) => a.number - b.number);
    },
  };
}

/** Does one task in a thread of its own and gives the exposureId of the frame. Pixels go to the thread for good. */
function inThread(path: string, task: FrameFileTask): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(siblingModule(import.meta.url, './frame-file-thread'));
    const [code, what] = 'write' in task ? ['FRAME_NOT_WRITTEN', 'written'] : ['FRAME_NOT_READ', 'read'];
    const fail = (cause: unknown) => reject(new RetryLater(code, `The frame ${path} could not be ${what}.`, { cause }));
    worker.once('error', fail);
    worker.once('exit', () => fail('the thread ended'));
    worker.once('message', (answer: FrameFileAnswer) => {
      if ('exposureId' in answer) resolve(answer.exposureId);
      else fail(answer.error);
      void worker.terminate();
    });
    worker.postMessage(task, 'write' in task ? transferred(task.write.content) : []);
  });
}

/** What is handed over and not copied: a copy of a large frame would stop the daemon's event loop for half a second. */
function transferred(content: FrameContent): ArrayBuffer[] {
  if (content.form === 'file') return [];
  const { buffer } = content.form === 'pixels' ? content.adu : content.bytes;
  // Shared memory stays where it is; small buffers may lie in a pool with others.
  return buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer) ? [buffer] : [];
}
