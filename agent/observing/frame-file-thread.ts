import { parentPort } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import { exposureIdOf, type FrameFile, writeFrameFile } from './frame-file.ts';

/** What the thread is asked for, and what it answers. */
export type FrameFileTask = { readonly write: FrameFile } | { readonly identify: { readonly path: string } };
export type FrameFileAnswer = { readonly exposureId: string } | { readonly error: string };

// Encoding and hashing a large frame takes longer than the daemon's event loop may stand still.
parentPort!.on('message', (task: FrameFileTask) => {
  const work = 'write' in task ? writeFrameFile(task.write) : exposureIdOf(task.identify.path);
  work.then(
    (exposureId) => answer({ exposureId }),
    (error: unknown) => answer({ error: describeError(error) }),
  );
});

function answer(message: FrameFileAnswer): void {
  parentPort!.postMessage(message);
}
