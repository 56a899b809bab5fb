import type { ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Store } from '../store/open.ts';
import { pageHeaders } from './guard.ts';

/** The database is looked at so often while somebody watches. */
const everyMs = 500;
/** A sign of life, so that a page knows that it is not stale, and a connection that is gone is noticed. */
const aliveMs = 5000;

/**
 * Tells pages that are open that something has changed, as server-sent events (WHATWG HTML, 9.2): `changed` when the database
 * was written, `alive` when not. What it was the page asks for by itself.
 */
export class LiveEvents {
  readonly #store: Pick<Store, 'outsideVersion'>;
  readonly #clock: Clock;
  readonly #onTrouble: (error: unknown) => void;
  readonly #pages = new Set<ServerResponse>();
  readonly #stopping = new AbortController();
  #watching: Promise<void> | undefined;

  /** `onTrouble` hears why the database could not be looked at. */
  constructor(store: Pick<Store, 'outsideVersion'>, clock: Clock, onTrouble: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  /** Keeps an answer open and tells it what happens until its page is closed. */
  follow(response: ServerResponse): void {
    response.writeHead(200, { ...pageHeaders, 'content-type': 'text/event-stream' });
    response.write('retry: 2000\n\n');
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
    this.#watching ??= this.#watch().catch((error: unknown) => {
      // The pages notice that nothing comes, and ask again.
      for (const page of this.#pages) page.destroy();
      this.#watching = undefined;
      this.#onTrouble(error);
    });
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    for (const page of this.#pages) page.destroy();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    let version = this.#store.outsideVersion();
    let toldMs = this.#clock.monotonicMs();
    while (this.#pages.size > 0 && !signal.aborted) {
      await this.#clock.sleep(everyMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      const now = this.#store.outsideVersion();
      const nowMs = this.#clock.monotonicMs();
      if (now === version && nowMs - toldMs < aliveMs) continue;
      const event = now === version ? 'alive' : 'changed';
      for (const page of this.#pages) page.write(`event: ${event}\ndata: {}\n\n`);
      version = now;
      toldMs = nowMs;
    }
    this.#watching = undefined;
  }
}
