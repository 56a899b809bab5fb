import { Worker } from 'node:worker_threads';
import { RetryLater } from '../base/errors.ts';
import { siblingModule } from '../base/sibling.ts';
import type { HubErrorCode } from '../protocol/rest.ts';
import { Refusal } from './http.ts';
import type { BatchItem, ParcelContent } from './parcel-content.ts';

export interface ThreadJob {
  readonly kind: 'parcel' | 'batch';
  readonly sent: Uint8Array;
  readonly gzipped: boolean;
}
export type ThreadAnswer =
  | { readonly result: ParcelContent | BatchItem[] }
  | { readonly refusal: { readonly code: HubErrorCode; readonly reason: string } }
  | { readonly fault: string };

interface Job extends ThreadJob {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** What the thread may hold: the largest parcel as text and as values, several times over. */
const memoryMb = 768;

/**
 * Reads parcels in a thread of its own, one after the other and the sites in turn, so that the large or hostile bodies of
 * one site delay another's by one body at most. The thread is started when first needed, and again after it was lost.
 */
export class ParcelReader {
  #worker: Worker | undefined;
  #running: Job | undefined;
  /** What waits, by site; the first site is the next one. */
  readonly #waiting = new Map<string, Job[]>();

  /** Rejects with Refusal for what is no parcel, with RetryLater when the thread was lost over it. */
  read(site: string, sent: Uint8Array, gzipped: boolean): Promise<ParcelContent> {
    return this.#ask(site, { kind: 'parcel', sent, gzipped });
  }

  /** Rejects with Refusal for what is no batch; what is no parcel in it is an item that says so. */
  readBatch(site: string, sent: Uint8Array, gzipped: boolean): Promise<BatchItem[]> {
    return this.#ask(site, { kind: 'batch', sent, gzipped });
  }

  #ask<Result>(site: string, job: ThreadJob): Promise<Result> {
    return new Promise((resolve, reject) => {
      const jobs = this.#waiting.get(site) ?? [];
      jobs.push({ ...job, resolve, reject });
      this.#waiting.set(site, jobs);
      this.#next();
    });
  }

  /** What is under way or waits is rejected. */
  async close(): Promise<void> {
    const waiting = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const { reject } of waiting) reject(lost('The hub is stopping.'));
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#lost(worker, 'The hub is stopping.');
    await worker.terminate();
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#worker?.unref();
      return;
    }
    const [site, jobs] = first;
    this.#waiting.delete(site);
    const job = jobs.shift()!;
    if (jobs.length > 0) this.#waiting.set(site, jobs);
    this.#running = job;
    this.#worker ??= this.#start();
    this.#worker.ref();
    const { kind, sent, gzipped } = job;
    this.#worker.postMessage({ kind, sent, gzipped } satisfies ThreadJob);
  }

  #start(): Worker {
    const worker = new Worker(siblingModule(import.meta.url, './parcel-thread'), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    worker.on('message', (answer: ThreadAnswer) => {
      const job = this.#running;
      this.#running = undefined;
      if ('result' in answer) job?.resolve(answer.result as never);
      else if ('refusal' in answer) job?.reject(new Refusal(answer.refusal.code, answer.refusal.reason));
      else job?.reject(lost(answer.fault));
      this.#next();
    });
    worker.on('error', (error) => this.#lost(worker, error.message));
    worker.on('exit', () => this.#lost(worker, 'The thread ended.'));
    return worker;
  }

  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const job = this.#running;
    this.#running = undefined;
    job?.reject(lost(reason));
    this.#next();
  }
}

function lost(reason: string): RetryLater {
  return new RetryLater('PARCEL_THREAD', `The thread that reads parcels was lost: ${reason}`);
}
