import { parentPort } from 'node:worker_threads';
import { describeError } from '../base/errors.ts';
import { Refusal } from './http.ts';
import { readBatch, readParcel } from './parcel-content.ts';
import type { ThreadAnswer, ThreadJob } from './parcel-reader.ts';

// The thread behind `parcel-reader.ts`: inflating and parsing a body may take longer than the others can wait.
const port = parentPort!;

port.on('message', (job: ThreadJob) => {
  port.postMessage(answerTo(job));
});

function answerTo({ kind, sent, gzipped }: ThreadJob): ThreadAnswer {
  try {
    return { result: kind === 'batch' ? readBatch(sent, gzipped) : readParcel(sent, gzipped) };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: { code: error.code, reason: error.message } };
    return { fault: describeError(error) };
  }
}
