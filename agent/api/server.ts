import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { oneAtATime } from '../../base/one-at-a-time.ts';
import type { Config } from '../../config/schema.ts';
import { type Status, siteStatus } from '../status/status.ts';
import { readStore } from '../store/open.ts';
import { PageGuard, pageHeaders } from './guard.ts';
import { LiveEvents } from './live-events.ts';
import { answerCall } from './routes.ts';
import { Tonight } from './views/tonight.ts';

export interface ApiOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** The password of the page, where one is needed. */
  readonly token: string | undefined;
  /** The folder of the page's files. */
  readonly assets: string;
  /** Hears of failures of single calls. */
  readonly onTrouble: (error: unknown) => void;
}

export interface RunningApi {
  readonly port: number;
  close(): Promise<void>;
}

/** The files of the page: nothing else of the folder can be asked for. */
const assetTypes: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
};
/** The status is asked for anew when it is older. */
const statusMs = 1000;
const mostConnections = 50;

/** Serves the page and its API, for reading only, on a connection to the database of its own. Rejects when it cannot listen. */
export async function serveApi(options: ApiOptions): Promise<RunningApi> {
  const { config, clock, version, onTrouble } = options;
  const store = readStore(config.dataDir, clock);
  try {
    const guard = new PageGuard(config.page.names, options.token);
    const events = new LiveEvents(store, clock, onTrouble);
    const parts = {
      ...{ config, clock, store },
      status: rememberedStatus(config, clock, version),
      tonight: new Tonight(config, store, clock),
    };
    const onePreviewAtATime = oneAtATime();
    const server = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        onTrouble(error);
        if (!response.headersSent) say(response, 500, 'The page failed at this; the log of the daemon says why.');
        else response.destroy();
      });
    });
    server.maxConnections = mostConnections;
    server.headersTimeout = 10_000;
    server.requestTimeout = 10_000;

    async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      request.resume();
      const refusal = guard.refusal(request);
      if (refusal) return say(response, refusal.status, refusal.words);
      const url = URL.parse(request.url ?? '/', 'http://page');
      if (!url) return say(response, 400, 'The address is not understood.');
      if (url.pathname === '/api/v1/events') return events.follow(response);
      const call = () => answerCall(parts, url);
      // Pictures take memory: one after the other.
      const found = await (url.pathname.endsWith('/preview.png') ? onePreviewAtATime(call) : call());
      if (!found) return asset(response, url.pathname);
      if (found.kind === 'none') return say(response, found.status, found.words);
      const [type, body] =
        found.kind === 'json' ? ['application/json', JSON.stringify(found.body)] : [found.type, found.body];
      send(response, 200, type, body);
    }

    async function asset(response: ServerResponse, path: string): Promise<void> {
      const name = path === '/' ? 'index.html' : path.slice(1);
      const type = assetTypes[name];
      if (!type || !Object.hasOwn(assetTypes, name)) return say(response, 404, 'There is no such page.');
      // In a clone it is built by npm run demo, start and test; the API works without.
      if (!existsSync(options.assets)) return say(response, 503, 'The page was not built yet: npm run build:web');
      send(response, 200, type, await readFile(join(options.assets, name)));
    }

    await listen(server, options.host, options.port);
    return {
      port: (server.address() as AddressInfo).port,
      async close() {
        await events.close();
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response
    .writeHead(status, { ...pageHeaders, 'content-type': type, 'content-length': Buffer.byteLength(body) })
    .end(body);
}

function say(response: ServerResponse, status: number, words: string): void {
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="BHTOM Edge"');
  send(response, status, 'application/json', JSON.stringify({ error: words }));
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

/** The status of the site, asked for once however many look at the page. */
function rememberedStatus(config: Config, clock: Clock, version: string): () => Promise<Status> {
  let asked: Promise<Status> | undefined;
  let askedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    if (!asked || nowMs - askedMs > statusMs) {
      asked = siteStatus(config, clock, version);
      askedMs = nowMs;
    }
    return asked;
  };
}
