import { parentPort } from 'node:worker_threads';
import { LoopDelay } from './loop-delay.ts';

// A loop that does nothing: what it waits for is the machine's, not ours.
let delay = new LoopDelay();
parentPort!.on('message', (order: 'start' | 'stop') => {
  if (order === 'start') delay = new LoopDelay();
  else parentPort!.postMessage(delay.stop());
});
