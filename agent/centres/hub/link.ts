import type { Logger } from 'pino';
import WebSocket from 'ws';
import { type BackoffPolicy, backoffMs, defaultBackoff } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { describeError, RetryLater, TellOperator } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { keepAlive } from '../../../protocol/heartbeat.ts';
import {
  type AgentMessage,
  type HubMessage,
  hubMessage,
  linkVersions,
  maxMessageBytes,
  readMessage,
  resultParts,
  type Said,
  subprotocolsOf,
  versionOf,
} from '../../../protocol/link.ts';
import type { RequestState } from '../../../protocol/request.ts';
import type { Health } from '../../health/health.ts';
import type { RequestDesk } from '../../requests/desk.ts';
import type { ChannelStatus, RequestChannel, SiteInstrument } from '../contract.ts';
import type { TokenSource } from '../token.ts';
import { messagesOf } from './report.ts';

export interface RequestLinkOptions {
  readonly destination: string;
  /** Address of the hub, http or https. */
  readonly url: string;
  readonly token: TokenSource;
  readonly site: string;
  readonly software: string;
  readonly instruments: readonly SiteInstrument[];
  readonly desk: RequestDesk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The way to the hub is open (again). */
  readonly onConnected?: () => void;
  readonly backoff?: BackoffPolicy;
}

const healthStates = { connected: 'well', disconnected: 'away', 'needs-operator': 'needs-operator' } as const;
const handshakeMs = 15_000;
/** A connection that lasted this long was a good one. */
const stableMs = 30_000;

/** So many reports are on their way at most; the next ones follow when the hub has noted some. */
const mostUnderWay = 100;

/**
 * The link to one hub, by which requests come and their fate goes back. What the hub says is in the store before it is
 * acknowledged, and what the store says is told until the hub has noted it, so a cut at any moment loses nothing.
 */
export class RequestLink implements RequestChannel {
  readonly #options: RequestLinkOptions;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The open connection, once the hub has said welcome. */
  #socket: WebSocket | undefined;
  /** What was said of each request on this connection. */
  readonly #said = new Map<string, RequestState>();
  /** Requests told of on this connection that the hub has neither noted nor complained about. */
  readonly #underWay = new Set<string>();
  #hubTakesParts = false;
  #state: ChannelStatus['state'] = 'disconnected';
  #reason = 'not connected yet';
  #clockAheadMs: number | undefined;

  constructor(options: RequestLinkOptions) {
    this.#options = options;
    options.desk.attach(this);
    this.#log = options.log.child({ destination: options.destination });
  }

  /** Begins to dial, and goes on until `stop`. `onFault` hears of a fault that ended it for good. */
  start(onFault: (error: unknown) => void): void {
    this.#running = this.#run().catch(onFault);
  }

  get destination(): string {
    return this.#options.destination;
  }

  /** Tells the hub the news of its requests, now or when it is there again. */
  report(): void {
    const { desk, destination } = this.#options;
    let row = 0;
    while (this.#socket !== undefined && this.#underWay.size < mostUnderWay) {
      const page = desk.unreported(destination, row);
      if (page.length === 0) return;
      for (const request of page) {
        row = request.row;
        if (this.#said.get(request.id) === request.state) continue;
        this.#said.set(request.id, request.state);
        this.#underWay.add(request.id);
        for (const message of messagesOf(request, this.#hubTakesParts)) this.#send(this.#socket, message);
      }
    }
  }

  status(): ChannelStatus {
    return {
      destination: this.#options.destination,
      state: this.#state,
      reason: this.#reason,
      clockAheadMs: this.#clockAheadMs,
    };
  }

  health(): Health {
    return { state: healthStates[this.#state], reason: this.#reason };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random, backoff = defaultBackoff } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const startMs = clock.monotonicMs();
      const error = await this.#connection().catch((reason: unknown) => reason);
      if (signal.aborted) return;
      failures = clock.monotonicMs() - startMs >= stableMs ? 1 : failures + 1;
      this.#lost(error);
      const waitMs = error instanceof TellOperator ? backoff.capMs : backoffMs(failures, random, backoff);
      await clock.sleep(waitMs, signal).catch((reason: unknown) => {
        if (!signal.aborted) throw reason;
      });
    }
  }

  #lost(error: unknown): void {
    const state = error instanceof TellOperator ? 'needs-operator' : 'disconnected';
    const reason = describeError(error);
    if (state !== this.#state || reason !== this.#reason) {
      this.#log[state === 'needs-operator' ? 'error' : 'warn']({ reason }, 'no link to the hub');
    }
    this.#state = state;
    this.#reason = reason;
  }

  /** One connection, from dialling to its end; always rejects, with the reason of the end. */
  #connection(): Promise<never> {
    const { url, token } = this.#options;
    const address = `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/v1/link`;
    return new Promise((_, reject) => {
      const socket = new WebSocket(address, subprotocolsOf(linkVersions), {
        headers: { authorization: `Bearer ${token()}` },
        handshakeTimeout: handshakeMs,
        maxPayload: maxMessageBytes,
        perMessageDeflate: false,
        followRedirects: false,
      });
      const end = () => socket.terminate();
      this.#stopping.signal.addEventListener('abort', end);
      let reason: unknown;
      socket.on('error', (error) => {
        reason ??= error;
      });
      socket.on('unexpected-response', (request, response) => {
        reason = refusalOf(response.statusCode ?? 0);
        request.destroy();
        socket.terminate();
      });
      /** What fails here (the database, as a rule) ends the connection; what was not acknowledged is said again. */
      const attempt = (work: () => void) => {
        try {
          work();
        } catch (error) {
          reason = error;
          socket.terminate();
        }
      };
      socket.on('open', () => attempt(() => this.#greet(socket)));
      socket.on('message', (data) => attempt(() => this.#receive(socket, data.toString())));
      socket.on('close', (code, text) => {
        this.#stopping.signal.removeEventListener('abort', end);
        this.#socket = undefined;
        this.#said.clear();
        this.#underWay.clear();
        reject(
          reason ?? new Error(`the hub closed the link (${code}${text.length > 0 ? `, ${text.toString()}` : ''})`),
        );
      });
    });
  }

  #greet(socket: WebSocket): void {
    const { site, software, instruments, desk, destination } = this.#options;
    void keepAlive(socket, this.#options.clock);
    const news = (versionOf(socket.protocol) ?? 1) < 2 ? {} : { versions: linkVersions, capabilities: [] };
    this.#send(socket, {
      ...{ type: 'hello', site, software, cursor: desk.cursor(destination), ...news },
      instruments: instruments.map((one) => ({ ...one, filters: [...one.filters] })),
    });
  }

  #receive(socket: WebSocket, text: string): void {
    const heard = readMessage<HubMessage>(hubMessage, text);
    if (heard.kind === 'understood') {
      this.#obey(socket, heard.message);
      return;
    }
    const reason = heard.kind === 'unknown' ? `messages of the type "${heard.type}" are not known` : heard.reason;
    if (heard.said.type === undefined)
      throw new RetryLater('HUB_GARBAGE', `What the hub says makes no sense: ${reason}.`);
    this.#passOver(socket, heard.said, reason);
  }

  #obey(socket: WebSocket, message: HubMessage): void {
    const { desk, destination } = this.#options;
    switch (message.type) {
      case 'welcome':
        this.#welcome(socket, message);
        return;
      case 'offer':
        desk.offer(destination, message.request, message.seq);
        this.#send(socket, { type: 'ack', seq: message.seq });
        return;
      case 'cancel':
        desk.cancel(destination, message.requestId, message.reason, message.seq);
        this.#send(socket, { type: 'ack', seq: message.seq });
        return;
      case 'noted':
        desk.reported(destination, message.requestId, message.state);
        this.#settled(message.requestId);
        return;
      case 'error':
        // A report that the hub cannot take waits for the next connection; those after it go on.
        this.#log.error({ reason: message.reason, request: message.requestId }, 'the hub did not understand this site');
        if (message.requestId !== undefined) this.#settled(message.requestId);
    }
  }

  #settled(requestId: string): void {
    if (this.#underWay.delete(requestId) && this.#underWay.size < mostUnderWay / 2) this.report();
  }

  /** A newer hub may say things this version does not know: what has a number is passed over, an offer declined. */
  #passOver(socket: WebSocket, said: Said, reason: string): void {
    this.#log.warn({ reason }, 'a message of the hub was not understood');
    const { desk, destination } = this.#options;
    if (said.seq === undefined) return;
    const { id } = ((said.type === 'offer' ? said.request : undefined) as { id?: unknown }) ?? {};
    if (typeof id === 'string' && id.length > 0 && id.length <= 64) {
      desk.declineUnread(
        destination,
        id,
        said.request,
        `not understood by this site: ${reason}`.slice(0, 500),
        said.seq,
      );
    } else {
      desk.passOver(destination, said.seq);
    }
    this.#send(socket, { type: 'ack', seq: said.seq });
  }

  #welcome(socket: WebSocket, message: Extract<HubMessage, { type: 'welcome' }>): void {
    this.#socket = socket;
    this.#state = 'connected';
    this.#reason = '';
    this.#clockAheadMs = message.serverTimeMs - this.#options.clock.nowMs();
    this.#log.info({ hub: message.hub, clockAheadMs: this.#clockAheadMs }, 'linked to the hub');
    this.#hubTakesParts = message.capabilities?.includes(resultParts) ?? false;
    this.#options.onConnected?.();
    this.#options.desk.reconsider();
    this.report();
  }

  #send(socket: WebSocket, message: AgentMessage): void {
    socket.send(JSON.stringify(message));
  }
}

function refusalOf(status: number): Error {
  if (status === 401 || status === 403) {
    return new TellOperator('HUB_REFUSES', 'The hub refuses this site. Check url, site.name and the token.');
  }
  return new Error(`the hub answered HTTP ${status} instead of opening the link`);
}
