import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { FileState } from './file-state.ts';
import type { Identification, IdentifyJob } from './identify.ts';

/** Reads files for the intake, away from the daemon's event loop. */
export interface Inspector {
  /** One look at the state of a file. */
  fileState(path: string): Promise<FileState>;
  /** Reads a settled file from end to end. */
  identify(job: IdentifyJob): Promise<Identification>;
  close(): Promise<void>;
}

export type InspectorRequest = { readonly id: number } & (
  | { readonly fileState: { readonly path: string; readonly maxFileBytes: number } }
  | { readonly identify: IdentifyJob }
);
export type InspectorAnswer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

export interface InspectorOptions {
  readonly maxFileBytes: number;
  readonly clock: Clock;
  /** No answer for longer costs the thread its life: a share that hangs, a file made to keep us busy. */
  readonly deadlineMs?: number;
}

type Open = { sinceMs: number; resolve: (result: never) => void; reject: (error: Error) => void };
type InspectorTask = { fileState: { path: string; maxFileBytes: number } } | { identify: IdentifyJob };

/**
 * An inspector in a thread of its own, started when first needed and again after it was lost. Its promises reject with
 * RetryLater when the thread was lost: nothing is known of the file then.
 */
export function threadInspector({ maxFileBytes, clock, deadlineMs = 120_000 }: InspectorOptions): Inspector {
  let worker: Worker | undefined;
  let nextId = 1;
  const life = new AbortController();
  const open = new Map<number, Open>();
  let answeredMs = clock.monotonicMs();

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
      answeredMs = clock.monotonicMs();
      const request = open.get(answer.id);
      open.delete(answer.id);
      if (open.size === 0) started.unref();
      if ('result' in answer) request?.resolve(answer.result as never);
      else request?.reject(new RetryLater('INSPECTION_FAULT', `Reading the file failed: ${answer.error}`));
    });
    started.on('error', (error) => lose(started, 'The thread that reads files broke down.', error));
    started.on('exit', () => lose(started, 'The thread that reads files ended.'));
    void guard(started);
    return started;
  }

  async function guard(guarded: Worker): Promise<void> {
    for (;;) {
      await clock.sleep(deadlineMs / 4, life.signal).catch(() => undefined); // closed: the thread is gone below
      if (life.signal.aborted || worker !== guarded) return;
      const [oldest] = open.values();
      if (oldest === undefined || clock.monotonicMs() - Math.max(oldest.sinceMs, answeredMs) < deadlineMs) continue;
      lose(guarded, `Reading a file took longer than ${deadlineMs / 1000} s. Is the network share still there?`);
    }
  }

  async function run<Result>(request: InspectorTask): Promise<Result> {
    if (life.signal.aborted) throw new RetryLater('INSPECTOR_CLOSED', 'The program is stopping.');
    worker ??= start();
    const asked = worker;
    const id = nextId++;
    const sinceMs = clock.monotonicMs();
    const answered = new Promise<Result>((resolve, reject) => open.set(id, { sinceMs, resolve, reject }));
    asked.ref();
    asked.postMessage({ id, ...request });
    return answered;
  }

  return {
    fileState: (path) => run({ fileState: { path, maxFileBytes } }),
    identify: (job) => run({ identify: job }),
    async close() {
      life.abort();
      if (worker) lose(worker, 'The program is stopping.');
    },
  };
}
