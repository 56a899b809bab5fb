import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RetryLater, TellOperator } from '../../base/errors.ts';
import { siblingModule } from '../../base/sibling.ts';
import type { ApiMessage, ApiSettings } from '../api/thread-main.ts';
import { type Health, well } from '../health/health.ts';
import type { Part } from '../part.ts';
import type { BootContext } from './context.ts';

const usualPort = 8642;
/** Where the page's files lie: built beside the sources, and in the package. */
const assets = join(import.meta.dirname, '..', '..', 'web', 'built');

/** The page for the browser, in a thread of its own: whoever looks at it never makes the telescope wait. */
export class PagePart implements Part {
  readonly name = 'page';
  readonly #context: BootContext;
  #worker: Worker | undefined;
  #isStopping = false;
  #address = '';
  #health: Health = well;

  constructor(context: BootContext) {
    this.#context = context;
  }

  /** Where the page is; empty before it is served. */
  get address(): string {
    return this.#address;
  }

  async start(onFault: (error: unknown) => void): Promise<void> {
    const { config, log, version } = this.#context;
    const { host, port = usualPort, tokenFile } = config.page;
    const settings: ApiSettings = {
      ...{ config, version, host, port, assets, token: tokenFile === undefined ? undefined : tokenOf(tokenFile) },
      anyPort: config.page.port === undefined,
    };
    const worker = new Worker(siblingModule(import.meta.url, '../api/thread-main'), {
      name: 'page',
      workerData: settings,
    });
    this.#worker = worker;
    worker.on('error', (error) => {
      this.#health = { state: 'stalled', reason: 'its thread has ended' };
      if (!this.#isStopping) onFault(error);
    });
    const [first] = (await once(worker, 'message')) as [ApiMessage];
    if (first.kind === 'refused') {
      await worker.terminate();
      throw refusal(first, host, port);
    }
    worker.on('message', (message: ApiMessage) => {
      if (message.kind === 'trouble') log.warn({ reason: message.reason }, 'the page failed at a call');
    });
    const name = host.includes(':') ? `[${host}]` : host;
    this.#address = `http://${name}:${(first as { port: number }).port}/`;
    log.info({ page: this.#address }, 'the page for your browser');
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (!worker || this.#address === '') return;
    this.#isStopping = true;
    const closed = once(worker, 'exit');
    worker.postMessage('close');
    await closed;
  }

  health(): Health {
    return this.#health;
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

function refusal({ code, reason }: { code: string; reason: string }, host: string, port: number): Error {
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
