import { parentPort } from 'node:worker_threads';
import { kernels } from '../../pipeline/kernels.ts';
import type { RunMessage } from './thread-work.ts';
import { workThrough } from './thread-work.ts';

parentPort?.on('message', (message: RunMessage) => {
  try {
    parentPort!.postMessage(workThrough(kernels, message));
  } catch (failed) {
    parentPort!.postMessage({ failed });
  }
});
