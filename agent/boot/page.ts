import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describeError, RetryLater, TellOperator } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { ApiMessage, ApiSettings } from '../api/thread-main.ts';
import { type Health, well } from '../health/health.ts';
import type { Part } from '../part.ts';
import type { BootContext } from './context.ts';

const usualPort = 8642;
const againMs = 10_000;
/** The boot waits so long for the page. */
const slowMs = 3000;
/** Where the page's files lie: built beside the sources, and in the package. */
const assets = join(import.meta.dirname, '..', '..', 'web', 'built');

/**
 * The page for the browser, in a thread of its own: whoever looks at it never makes the telescope wait. A thread that ends
 * is started again, and ends nothing else.
 */
export class PagePart implements Part {
  readonly name = 'page';
  readonly #context: BootContext;
  readonly #stopping = new AbortController();
  #worker: Worker | undefined;
  #running: Promise<void> = Promise.resolve();
  #health: Health = well;
  #url: string | undefined;

  constructor(context: BootContext) {
    this.#context = context;
  }

  /** Where it is served, once it is. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Waits for a moment only: on a busy computer the page comes later, and the telescope does not wait for it. */
  async start(onFault: (error: unknown) => void): Promise<void> {
    const { config, version, clock } = this.#context;
    const { host, port, tokenFile } = config.page;
    const token = tokenFile === undefined ? undefined : tokenOf(tokenFile);
    const settings = {
      ...{ config, version, host, assets, token },
      port: port ?? usualPort,
      anyPort: port === undefined,
    };
    const opening = this.#open(settings);
    const over = new AbortController();
    const late = clock.sleep(slowMs, over.signal).then(
      () => 'late' as const,
      () => 'late' as const,
    );
    const first = await Promise.race([opening, late]).finally(() => over.abort());
    if (first === 'late') this.#health = { state: 'away', reason: 'it is being started' };
    this.#running = this.#keepOpen(opening, settings).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#worker?.postMessage('close');
    await this.#running;
  }

  health(): Health {
    return this.#health;
  }

  /** Starts the thread and gives the port it listens at. Rejects with the reason when it does not. */
  async #open(settings: ApiSettings): Promise<number> {
    const { log } = this.#context;
    const worker = new Worker(siblingModule(import.meta.url, '../api/thread-main'), {
      name: 'page',
      workerData: settings,
    });
    const [first] = (await once(worker, 'message')) as [ApiMessage];
    if (first.kind !== 'listening') {
      await worker.terminate();
      throw refusal(first, settings.host, settings.port);
    }
    worker.on('error', (error) => log.error({ err: error }, 'the thread of the page has failed'));
    worker.on('message', (message: ApiMessage) => {
      if (message.kind === 'trouble') log.warn({ reason: message.reason }, 'the page failed at a call');
    });
    this.#worker = worker;
    const name = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
    this.#url = `http://${name}:${first.port}/`;
    log.info({ page: this.#url }, 'the page for your browser');
    return first.port;
  }

  async #keepOpen(first: Promise<number>, settings: ApiSettings): Promise<void> {
    const { signal } = this.#stopping;
    let known = settings;
    for (let opening = first; ; opening = this.#open(known)) {
      try {
        known = { ...settings, port: await opening, anyPort: false };
        this.#health = well;
      } catch (error) {
        this.#health = { state: 'away', reason: describeError(error) };
      }
      // A stop that came meanwhile found no thread to end.
      if (signal.aborted) this.#worker?.postMessage('close');
      if (this.#worker) {
        await once(this.#worker, 'exit');
        this.#worker = undefined;
        this.#health = { state: 'away', reason: 'its thread has ended and is started again' };
      }
      if (signal.aborted) return;
      await this.#context.clock.sleep(againMs, signal);
    }
  }
}

function tokenOf(path: string): string {
  try {
    const token = readFileSync(path, 'utf8').trim();
    if (token !== '') return token;
  } catch (cause) {
    throw new TellOperator('PAGE_TOKEN', `The password of the page cannot be read from ${path}.`, { cause });
  }
  throw new TellOperator('PAGE_TOKEN', `The password of the page is missing: ${path} is empty.`);
}

function refusal(message: Exclude<ApiMessage, { kind: 'listening' }>, host: string, port: number): Error {
  if (message.kind !== 'refused') return new RetryLater('PAGE', 'The page cannot be served: its thread ended at once.');
  const { code, reason } = message;
  if (code === 'EADDRINUSE') {
    return new TellOperator(
      'PAGE_PORT',
      `The page cannot be served at ${host}:${port}: another program uses this port. Set page.port to another one.`,
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new TellOperator(
      'PAGE_PORT',
      `The page cannot be served at ${host}:${port}: ${reason}. Look at page.host and page.port.`,
    );
  }
  return new RetryLater('PAGE', `The page cannot be served: ${reason}`);
}
