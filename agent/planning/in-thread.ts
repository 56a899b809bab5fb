import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../../base/sibling.ts';
import type { Plan, PlanInput } from './plan.ts';

/**
 * Plans in a thread of its own, for a program that has other things to do meanwhile. Rejects with what went wrong in the
 * thread, or the signal's reason when it is aborted first.
 */
export async function planInThread(input: PlanInput, signal?: AbortSignal): Promise<Plan> {
  signal?.throwIfAborted();
  const worker = new Worker(siblingModule(import.meta.url, './plan-thread'));
  try {
    worker.postMessage(input);
    const [plan] = (await once(worker, 'message', signal ? { signal } : {})) as [Plan];
    return plan;
  } finally {
    await worker.terminate();
  }
}
