import { parentPort } from 'node:worker_threads';
import { type PlanInput, planSpan } from './plan.ts';

// The thread behind `in-thread.ts`: plans one after another.
parentPort!.on('message', (input: PlanInput) => parentPort!.postMessage(planSpan(input)));
