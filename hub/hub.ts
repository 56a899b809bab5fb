import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';
import { chooseVersion, linkVersions, subprotocolsOf } from '../protocol/link.ts';
import { maxParcelBytes } from '../protocol/photometry.ts';
import type { HubDescription } from '../protocol/rest.ts';
import { Admission, type AdmissionLimits, usualAdmission } from './admission.ts';
import { type Answer, authenticate, dispatch, Refusal, type Route, send } from './http.ts';
import { Links } from './links.ts';
import { openStores, type StorePlace } from './open-stores.ts';
import { ParcelReader } from './parcel-reader.ts';
import { photometryRoutes } from './photometry-api.ts';
import { requestRoutes } from './requests-api.ts';
import { hubCapabilities } from './session.ts';
import { targetRoutes } from './targets-api.ts';
import type { TokenBook } from './tokens.ts';

interface HubSettings {
  /** 0 takes any free port. */
  readonly port: number;
  /** Address to listen at; only this computer when absent. Put a proxy that speaks TLS before anything wider. */
  readonly host?: string;
  readonly tokens: TokenBook;
  readonly clock: Clock;
  readonly log: Logger;
  /** What one token may ask of the hub; the usual limits when absent. */
  readonly admission?: AdmissionLimits;
}

export type HubOptions = HubSettings & StorePlace;

export interface Hub {
  /** For example http://127.0.0.1:8080; the WebSocket is at /v1/link of the same address. */
  readonly url: string;
  close(): Promise<void>;
}

const description: HubDescription = {
  hub: 'bhtom-edge',
  link: linkVersions,
  parcels: { oldest: 1, newest: 1 },
  capabilities: [...hubCapabilities],
};

/**
 * Starts a hub: HTTP and WebSocket on one port, its rows where it is told. Throws TellOperator when the port is taken.
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { clock, log, tokens, host = '127.0.0.1' } = options;
  const stores = await openStores(options, clock, log);
  const links = new Links(stores, clock, log);
  const reader = new ParcelReader();
  const admission = new Admission(options.admission ?? usualAdmission, clock);
  const routes = [
    ...photometryRoutes(stores.parcels, reader, clock, log),
    ...requestRoutes(stores.requests, tokens, clock, (site) => links.announce(site), log),
    ...targetRoutes(stores.targets, log),
  ];

  const server = createServer((request, response) => void serve(request, response));
  server.on('upgrade', upgrade);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await answerTo(request, routes);
    if (response.destroyed) return;
    // A body that was refused unread must not be taken for the next request.
    send(response, request.complete ? answer : { ...answer, headers: { ...answer.headers, connection: 'close' } });
  }

  async function answerTo(request: IncomingMessage, table: readonly Route[]): Promise<Answer> {
    try {
      const url = addressOf(request);
      if (url.pathname === '/v1') return { status: 200, body: description };
      if (url.pathname === '/v1/health') return { status: 200, body: { status: 'ok', serverTimeMs: clock.nowMs() } };
      const caller = authenticate(request, tokens);
      const leave = admission.enter(caller.site, bodyBytesOf(request));
      return await dispatch(table, request, url, caller).finally(leave);
    } catch (error) {
      const refusal = asRefusal(error, request);
      return { status: refusal.status, body: refusal.body, headers: refusal.headers };
    }
  }

  function upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    connection.on('error', () => connection.destroy());
    try {
      if (addressOf(request).pathname !== '/v1/link') throw new Refusal('NOT_FOUND', 'The link is at /v1/link.');
      const caller = authenticate(request, tokens);
      if (caller.isOperator) throw new Refusal('FORBIDDEN', 'The link is for sites; use the token of one.');
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (chooseVersion(offered) === undefined) {
        throw new Refusal(
          'UNSUPPORTED',
          `This hub speaks ${subprotocolsOf(linkVersions).join(', ')}; none was offered in Sec-WebSocket-Protocol.`,
        );
      }
      links.accept(caller.site, request, connection, head);
    } catch (error) {
      const { status, body } = asRefusal(error, request);
      connection.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n${JSON.stringify(body)}`,
      );
    }
  }

  function asRefusal(error: unknown, request: IncomingMessage): Refusal {
    if (error instanceof Refusal) {
      log.warn({ method: request.method, url: request.url, reason: error.message }, 'refused');
      return error;
    }
    if (!request.destroyed) log.error({ err: error, method: request.method, url: request.url }, 'failed');
    return new Refusal('INTERNAL', 'The hub failed; the same may succeed later.');
  }

  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, host, resolve);
    });
  } catch (cause) {
    await stores.close();
    throw new TellOperator(
      'HUB_ADDRESS',
      `The hub cannot listen at ${host}:${options.port}. Is another program using it? Choose another with --port.`,
      { cause },
    );
  }
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  stores.onNews((site) => links.announce(site));
  log.info({ url, store: 'dataDir' in options ? options.dataDir : 'PostgreSQL' }, 'hub ready');

  return {
    url,
    async close() {
      await links.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await reader.close();
      await stores.close();
    },
  };
}

/** How large the body of a call is said to be; one that does not say so counts as the largest there can be. */
function bodyBytesOf({ method, headers }: IncomingMessage): number {
  if (method === 'GET' || method === 'HEAD') return 0;
  const bytes = Number(headers['content-length'] ?? Number.NaN);
  return Number.isFinite(bytes) ? bytes : maxParcelBytes.compressed;
}

function addressOf(request: IncomingMessage): URL {
  const url = URL.parse(request.url ?? '', 'http://hub');
  if (url === null) throw new Refusal('INVALID', 'The address is not understood.');
  return url;
}
