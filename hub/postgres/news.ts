import { once } from 'node:events';
import { Client } from 'pg';
import type { Clock } from '../../base/clock.ts';
import { keepDialling } from '../../base/dial.ts';
import type { Queryable } from './database.ts';

const channel = 'bhtom_edge_news';
const connectMs = 10_000;

/** Tells all processes, once the transaction is committed, that there is something for a site to hear. */
export async function tellOthers(client: Queryable, site: string): Promise<void> {
  await client.query('SELECT pg_notify($1, $2)', [channel, site]);
}

/**
 * Hears of what any process has for a site, by LISTEN on a connection of its own that is made anew when it is lost. What
 * was told meanwhile is found by the sessions, which look every few seconds.
 */
export class News {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #onLost: (reason: string) => void;
  readonly #stopping = new AbortController();
  #client: Client | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(url: string, clock: Clock, onLost: (reason: string) => void) {
    this.#url = url;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  listen(onNews: (site: string) => void): void {
    const { signal } = this.#stopping;
    this.#running = keepDialling(() => this.#hear(onNews), this.#onLost, this.#clock, signal);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#client?.end();
    await this.#running;
  }

  async #hear(onNews: (site: string) => void): Promise<string> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: connectMs,
      application_name: 'bhtom-edge-hub news',
      keepAlive: true,
    });
    this.#client = client;
    let reason = 'the connection ended';
    client.on('error', ({ message }) => {
      reason = message;
    });
    client.on('notification', ({ payload }) => onNews(payload ?? ''));
    const ended = once(client, 'end');
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      await ended;
    } catch (error) {
      await client.end();
      throw error;
    }
    return reason;
  }
}
