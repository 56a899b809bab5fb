import { Worker } from 'node:worker_threads';
import { ProgrammingFault } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { Crew } from '../../pipeline/crew.ts';
import type { Kernels } from '../../pipeline/kernels.ts';
import { kernels } from '../../pipeline/kernels.ts';
import type { PartResult, RunMessage } from './thread-work.ts';
import { workThrough } from './thread-work.ts';

/** A crew over worker threads, and the way to send it home. */
export interface ThreadedCrew extends Crew<Kernels> {
  close(): Promise<void>;
}

/**
 * A crew of `threads`: the calling thread and `threads - 1` workers. Parts are claimed one by one from a shared
 * counter, so a slow thread costs no waiting; results are put in the order of the parts, so who did what leaves no
 * trace. One run at a time.
 * @throws ProgrammingFault when a kernel throws in a worker, or a worker dies.
 */
export function threadedCrew(threads: number): ThreadedCrew {
  const workers = Array.from(
    { length: Math.max(0, threads - 1) },
    () => new Worker(siblingModule(import.meta.url, './thread-main'), { name: 'reduction' }),
  );
  for (const worker of workers) worker.unref();
  let last: Promise<unknown> = Promise.resolve();

  async function runNow(name: keyof Kernels, args: unknown, parts: number): Promise<unknown[]> {
    const results = new Array<unknown>(parts);
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const place = (done: PartResult[]) => {
      for (const { part, result } of done) results[part] = result;
    };
    const helpers = parts > 1 ? workers.slice(0, parts - 1) : [];
    const message: RunMessage = { name, args, parts, counter };
    const answers = helpers.map((worker) => ask(worker, message));
    // Ours is the first share: it starts while the workers wake.
    const own = Promise.resolve().then(() => workThrough(kernels, message));
    for (const done of await Promise.all([own, ...answers])) place(done);
    return results;
  }

  return {
    threads: workers.length + 1,
    run(name, args, parts) {
      const next = last.then(() => runNow(name, args, parts));
      last = next.catch(() => undefined);
      return next as Promise<never[]>;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function ask(worker: Worker, message: RunMessage): Promise<PartResult[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      worker.unref();
      act();
    };
    const fail = (cause: unknown) =>
      settle(() =>
        reject(new ProgrammingFault('thread-failed', `A worker thread failed in kernel ${message.name}.`, { cause })),
      );
    const onMessage = (answer: PartResult[] | { failed: unknown }) =>
      Array.isArray(answer) ? settle(() => resolve(answer)) : fail(answer.failed);
    const onError = (error: unknown) => fail(error);
    const onExit = (code: number) => fail(new Error(`exit code ${code}`));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.ref();
    worker.postMessage(message);
  });
}
