import { parentPort } from 'node:worker_threads';
import { describeError } from '../base/errors.ts';
import { Refusal } from './http.ts';
import { readParcel } from './parcel-content.ts';
import type { ThreadAnswer, ThreadJob } from './parcel-reader.ts';

// The thread behind `parcel-reader.ts`: inflating and parsing a body may take longer than the others can wait.
const port = parentPort!;

port.on('message', ({ sent, gzipped }: ThreadJob) => {
  port.postMessage(answerTo(sent, gzipped));
});

function answerTo(sent: Uint8Array, gzipped: boolean): ThreadAnswer {
  try {
    return { content: readParcel(sent, gzipped) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: { code: error.code, reason: error.message } };
    return { fault: describeError(error) };
  }
}
