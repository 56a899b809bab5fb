import { parentPort } from 'node:worker_threads';
import { describeError } from '../../base/errors.ts';
import { type FrameFile, writeFrameFile } from './frame-file.ts';

// Encoding and hashing a large frame takes longer than the daemon's event loop may stand still.
parentPort!.on('message', (frame: FrameFile) => {
  writeFrameFile(frame).then(
    (exposureId) => parentPort!.postMessage({ exposureId }),
    (error: unknown) => parentPort!.postMessage({ error: describeError(error) }),
  );
});
