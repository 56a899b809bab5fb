import { once } from 'node:events';
import type { Logger } from 'pino';
import WebSocket from 'ws';
import { type BackoffPolicy, backoffMs, defaultBackoff } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater, TellOperator } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { keepAlive } from '../../protocol/heartbeat.ts';
import {
  type AgentMessage,
  type HubMessage,
  hubMessage,
  linkVersions,
  maxMessageBytes,
  readMessage,
  type Said,
  subprotocolsOf,
  versionOf,
} from '../../protocol/link.ts';
import type { ObservingRequest, RequestState } from '../../protocol/request.ts';
import type { TokenSource } from '../central/token.ts';
import type { Tell } from '../happenings.ts';
import type { RequestStore } from '../store/requests.ts';
import { messageOf } from './report.ts';

type Hello = Extract<AgentMessage, { type: 'hello' }>;

/** Whether this site can do what is asked, decided here and now. The reason is for people at the centre. */
export type Judge = (
  request: ObservingRequest,
) => Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;

export interface RequestLinkOptions {
  readonly destination: string;
  /** Address of the hub, http or https. */
  readonly url: string;
  readonly token: TokenSource;
  readonly site: string;
  readonly software: string;
  readonly instruments: Hello['instruments'];
  readonly requests: RequestStore;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tell?: Tell;
  /** Requests were accepted, or given up by the centre: look at the store. */
  readonly onChange: () => void;
  /** The way to the hub is open (again). */
  readonly onConnected?: () => void;
  readonly backoff?: BackoffPolicy;
}

export interface LinkStatus {
  readonly destination: string;
  readonly state: 'connected' | 'disconnected' | 'needs-operator';
  readonly reason: string;
  /** How far the hub's clock was ahead of this computer's at the last welcome, milliseconds. */
  readonly hubClockAheadMs: number | undefined;
}

const handshakeMs = 15_000;
/** A connection that lasted this long was a good one. */
const stableMs = 30_000;

/**
 * The link to one hub, by which requests come and their fate goes back. What the hub says is in the store before it is
 * acknowledged, and what the store says is told until the hub has noted it, so a cut at any moment loses nothing.
 */
export class RequestLink {
  readonly #options: RequestLinkOptions;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The open connection, once the hub has said welcome. */
  #socket: WebSocket | undefined;
  /** What was said of each request on this connection. */
  readonly #said = new Map<string, RequestState>();
  #judging: Promise<void> | undefined;
  #offersWait = false;
  #state: LinkStatus['state'] = 'disconnected';
  #reason = 'not connected yet';
  #hubClockAheadMs: number | undefined;

  constructor(options: RequestLinkOptions) {
    this.#options = options;
    this.#log = options.log.child({ destination: options.destination });
  }

  /** Begins to dial, and goes on until `stop`. `onFault` hears of a fault that ended it for good. */
  start(onFault: (error: unknown) => void): void {
    this.#running = this.#run().catch(onFault);
  }

  /** Requests may be judged now that could not be before: look at the unanswered ones again. */
  judgeAgain(): void {
    this.#judgeOffers();
  }

  /** The store has news of requests: tell the hub, now or when it is there again. */
  report(): void {
    if (this.#socket === undefined) return;
    for (const request of this.#options.requests.unreported(this.#options.destination)) {
      if (this.#said.get(request.id) === request.state) continue;
      this.#said.set(request.id, request.state);
      this.#send(this.#socket, messageOf(request));
    }
  }

  status(): LinkStatus {
    return {
      destination: this.#options.destination,
      state: this.#state,
      reason: this.#reason,
      hubClockAheadMs: this.#hubClockAheadMs,
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#judging;
  }

  async #run(): Promise<void> {
    const { clock, random, backoff = defaultBackoff } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    this.#judgeOffers();
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
        reject(
          reason ?? new Error(`the hub closed the link (${code}${text.length > 0 ? `, ${text.toString()}` : ''})`),
        );
      });
    });
  }

  #greet(socket: WebSocket): void {
    const { site, software, instruments, requests, destination } = this.#options;
    void keepAlive(socket, this.#options.clock);
    const news = (versionOf(socket.protocol) ?? 1) < 2 ? {} : { versions: linkVersions, capabilities: [] };
    this.#send(socket, { type: 'hello', site, software, instruments, cursor: requests.cursor(destination), ...news });
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
    const { requests, destination } = this.#options;
    switch (message.type) {
      case 'welcome':
        this.#welcome(socket, message);
        return;
      case 'offer': {
        const fresh = requests.receiveOffer(destination, message.seq, message.request);
        this.#send(socket, { type: 'ack', seq: message.seq });
        if (!fresh) return;
        this.#log.info({ request: message.request.id, target: message.request.target.name }, 'request received');
        this.#options.tell?.({ kind: 'request-received', destination, request: message.request.id });
        this.#judgeOffers();
        return;
      }
      case 'cancel': {
        const changed = requests.receiveCancel(destination, message.seq, message.requestId, message.reason);
        this.#send(socket, { type: 'ack', seq: message.seq });
        if (!changed) return;
        this.#log.info({ request: message.requestId, reason: message.reason }, 'request cancelled by the centre');
        this.report();
        this.#options.onChange();
        return;
      }
      case 'noted':
        requests.markReported(destination, message.requestId, message.state);
        return;
      case 'error':
        this.#log.error({ reason: message.reason, request: message.requestId }, 'the hub did not understand this site');
    }
  }

  /** A newer hub may say things this version does not know: what has a number is passed over, an offer declined. */
  #passOver(socket: WebSocket, said: Said, reason: string): void {
    this.#log.warn({ reason }, 'a message of the hub was not understood');
    const { requests, destination } = this.#options;
    if (said.seq === undefined) return;
    const { id } = ((said.type === 'offer' ? said.request : undefined) as { id?: unknown }) ?? {};
    if (typeof id === 'string' && id.length > 0 && id.length <= 64) {
      requests.refuseOffer(
        destination,
        said.seq,
        id,
        said.request,
        `not understood by this site: ${reason}`.slice(0, 500),
      );
    } else {
      requests.skip(destination, said.seq);
    }
    this.#send(socket, { type: 'ack', seq: said.seq });
    this.report();
  }

  #welcome(socket: WebSocket, message: Extract<HubMessage, { type: 'welcome' }>): void {
    this.#socket = socket;
    this.#state = 'connected';
    this.#reason = '';
    this.#hubClockAheadMs = message.serverTimeMs - this.#options.clock.nowMs();
    this.#log.info({ hub: message.hub, hubClockAheadMs: this.#hubClockAheadMs }, 'linked to the hub');
    this.#options.onConnected?.();
    this.#judgeOffers();
    this.report();
  }

  /** Answers what is unanswered, one after the other, and looks again when an offer came meanwhile. */
  #judgeOffers(): void {
    this.#offersWait = true;
    this.#judging ??= this.#judgeAll()
      .catch((error: unknown) => this.#log.error({ err: error }, 'requests cannot be judged'))
      .finally(() => {
        this.#judging = undefined;
        if (this.#offersWait && !this.#stopping.signal.aborted) this.#judgeOffers();
      });
  }

  async #judgeAll(): Promise<void> {
    const { requests, destination, judge } = this.#options;
    const failed = new Set<string>();
    const { signal } = this.#stopping;
    const stopped = once(signal, 'abort').then(() => undefined);
    while (!signal.aborted) {
      this.#offersWait = false;
      const offer = requests.unanswered(destination).find(({ id }) => !failed.has(id));
      if (offer === undefined) return;
      try {
        const verdict = refusalOutright(offer.request) ?? (await Promise.race([judge(offer.request!), stopped]));
        if (verdict === undefined) return; // left unanswered, for the next start
        requests.answer(destination, offer.id, verdict.ok ? 'accept' : 'decline', verdict.ok ? '' : verdict.reason);
        this.#log.info({ request: offer.id, ...verdict }, 'request judged');
        const reason = verdict.ok ? '' : verdict.reason;
        this.#options.tell?.({
          kind: 'request-answered',
          destination,
          request: offer.id,
          accepted: verdict.ok,
          reason,
        });
        if (verdict.ok) this.#options.onChange();
      } catch (error) {
        // Left unanswered: it is looked at again with the next offer or connection.
        failed.add(offer.id);
        this.#log.error({ err: error, request: offer.id }, 'a request could not be judged');
      }
      this.report();
    }
  }

  #send(socket: WebSocket, message: AgentMessage): void {
    socket.send(JSON.stringify(message));
  }
}

/** Why a request is declined without a look at the sky: this version cannot do it justice. */
function refusalOutright(request: ObservingRequest | undefined): { ok: false; reason: string } | undefined {
  if (request === undefined) return { ok: false, reason: 'the stored request cannot be read by this version' };
  const { requires = [] } = request;
  if (requires.length === 0) return undefined;
  return { ok: false, reason: `it requires what this version does not know: ${requires.join(', ')}` };
}

function refusalOf(status: number): Error {
  if (status === 401 || status === 403) {
    return new TellOperator('HUB_REFUSES', 'The hub refuses this site. Check url, site.name and the token.');
  }
  return new Error(`the hub answered HTTP ${status} instead of opening the link`);
}
