import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Clock } from '../base/clock.ts';
import { chooseVersion, maxMessageBytes, subprotocolOf } from '../protocol/link.ts';
import type { HubStores } from './ports.ts';
import { Session } from './session.ts';

/**
 * The hub's end of the WebSockets to the sites: one for each site, the newest wins. Who speaks with a site is a lease in
 * the stores, so that a connection to another process of the same hub takes over in the same way.
 */
export class Links {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols(offered) {
      const version = chooseVersion(offered);
      return version === undefined ? false : subprotocolOf(version);
    },
  });
  readonly #sessions = new Map<string, Session>();
  /** Every session that has not come to its end, replaced ones too. */
  readonly #open = new Set<Session>();
  readonly #process = randomUUID();
  readonly #stores: HubStores;
  readonly #clock: Clock;
  readonly #log: Logger;
  #count = 0;

  constructor(stores: HubStores, clock: Clock, log: Logger) {
    this.#stores = stores;
    this.#clock = clock;
    this.#log = log;
  }

  /** Takes over the connection of an authenticated site. */
  accept(site: string, request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      const log = this.#log.child({ site });
      const holder = `${this.#process}/${++this.#count}`;
      const session = new Session({ site, socket, holder, stores: this.#stores, clock: this.#clock, log });
      this.#sessions.get(site)?.replace();
      this.#sessions.set(site, session);
      this.#open.add(session);
      void session.ended.then(() => {
        this.#open.delete(session);
        if (this.#sessions.get(site) === session) this.#sessions.delete(site);
        log.info('link closed');
      });
    });
  }

  /** Tells a site what is new, if it is linked; if not, it learns it when it comes back. */
  announce(site: string): void {
    this.#sessions.get(site)?.tell();
  }

  /** Ends every connection; resolves when none of them has work under way. */
  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await Promise.all([...this.#open].map(({ ended }) => ended));
  }
}
