import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { Identification, IdentifyJob } from './identify.ts';
import type { Look } from './look.ts';

/** Reads files for the intake, away from the daemon's event loop. */
export interface Inspector {
  /** One look at the state of a file. */
  look(path: string): Promise<Look>;
  /** Reads a settled file from end to end. */
  identify(job: IdentifyJob): Promise<Identification>;
  close(): Promise<void>;
}

export type InspectorRequest = { readonly id: number } & (
  | { readonly look: { readonly path: string; readonly maxFileBytes: number } }
  | { readonly identify: IdentifyJob }
);
export type InspectorAnswer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

export interface InspectorOptions {
  readonly maxFileBytes: number;
  readonly clock: Clock;
  /** A request that takes longer costs the thread its life: a share that hangs, a file made to keep us busy. */
  readonly deadlineMs?: number;
}

type Open = { resolve: (result: never) => void; reject: (error: Error) => void };
type Ask = { look: { path: string; maxFileBytes: number } } | { identify: IdentifyJob };

/**
 * An inspector in a thread of its own, started when first needed and again after it was lost. Its promises reject with
 * RetryLater when the thread was lost: nothing is known of the file then.
 */
export function threadInspector({ maxFileBytes, clock, deadlineMs = 120_000 }: InspectorOptions): Inspector {
  let worker: Worker | undefined;
  let nextId = 1;
  let closed = false;
  const open = new Map<number, Open>();

  function lose(lost: Worker, reason: string, cause?: unknown): void {
    if (worker !== lost) return;
    worker = undefined;
    const waiting = [...open.values()];
    open.clear();
    for (const { reject } of waiting) reject(new RetryLater('INSPECTOR_LOST', reason, { cause }));
    void lost.terminate();
  }

  function start(): Worker {
    const started = new Worker(siblingModule(import.meta.url, './inspector-thread'));
    started.unref();
    started.on('message', (answer: InspectorAnswer) => {
      const request = open.get(answer.id);
      open.delete(answer.id);
      if (open.size === 0) started.unref();
      if ('result' in answer) request?.resolve(answer.result as never);
      else request?.reject(new RetryLater('INSPECTION_FAULT', `Reading the file failed: ${answer.error}`));
    });
    started.on('error', (error) => lose(started, 'The thread that reads files broke down.', error));
    started.on('exit', () => lose(started, 'The thread that reads files ended.'));
    return started;
  }

  async function ask<Result>(request: Ask): Promise<Result> {
    if (closed) throw new RetryLater('INSPECTOR_CLOSED', 'The program is stopping.');
    worker ??= start();
    const asked = worker;
    const id = nextId++;
    const done = new AbortController();
    const answered = new Promise<Result>((resolve, reject) => open.set(id, { resolve, reject }));
    asked.ref();
    asked.postMessage({ id, ...request });
    clock.sleep(deadlineMs, done.signal).then(
      () => lose(asked, `Reading the file took longer than ${deadlineMs / 1000} s. Is the network share still there?`),
      () => undefined, // answered in time
    );
    return answered.finally(() => done.abort());
  }

  return {
    look: (path) => ask({ look: { path, maxFileBytes } }),
    identify: (job) => ask({ identify: job }),
    async close() {
      closed = true;
      if (worker) lose(worker, 'The program is stopping.');
    },
  };
}
