import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { keepAlive } from '../protocol/heartbeat.ts';
import {
  type AgentMessage,
  agentMessage,
  chooseVersion,
  type HubMessage,
  linkVersions,
  maxMessageBytes,
  readMessage,
  type Said,
  subprotocolOf,
  versionOf,
} from '../protocol/link.ts';
import { isRequestState, type RequestState } from '../protocol/request.ts';
import type { Requests } from './store/requests.ts';

/** What this hub can do beyond what every speaker of the newest version can. */
export const hubCapabilities: readonly string[] = [];

const helloDeadlineMs = 10_000;
/** Why a connection was closed: 4000 and above are free for applications, 1011 is the server's own failure. */
const closeCodes = { replaced: 4000, notUnderstood: 4001, failed: 1011 } as const;

/** The hub's end of the WebSockets to the sites: one for each site, the newest wins. */
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
  readonly #requests: Requests;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(requests: Requests, clock: Clock, log: Logger) {
    this.#requests = requests;
    this.#clock = clock;
    this.#log = log;
  }

  /** Takes over the connection of an authenticated site. */
  accept(site: string, request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      const log = this.#log.child({ site });
      const session = new Session(site, socket, this.#requests, this.#clock, log);
      this.#sessions.get(site)?.replace();
      this.#sessions.set(site, session);
      socket.once('close', () => {
        if (this.#sessions.get(site) === session) this.#sessions.delete(site);
        log.info('link closed');
      });
    });
  }

  /** Tells a site what is new, if it is linked; if not, it learns it when it comes back. */
  announce(site: string): void {
    this.#sessions.get(site)?.tell();
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}

/** One connection of one site. */
class Session {
  readonly #site: string;
  readonly #socket: WebSocket;
  readonly #requests: Requests;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #version: number;
  /** The last message said on this connection; undefined before the hello. */
  #saidSeq: number | undefined;

  constructor(site: string, socket: WebSocket, requests: Requests, clock: Clock, log: Logger) {
    this.#site = site;
    this.#socket = socket;
    this.#requests = requests;
    this.#clock = clock;
    this.#log = log;
    this.#version = versionOf(socket.protocol) ?? 1;
    const deadline = setTimeout(() => {
      if (this.#saidSeq === undefined) this.#refuse('No hello came.');
    }, helloDeadlineMs);
    socket.once('close', () => clearTimeout(deadline));
    socket.on('error', (error) => log.warn({ reason: describeError(error) }, 'link failed'));
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? '' : data.toString()));
    void keepAlive(socket, clock);
  }

  replace(): void {
    this.#socket.close(closeCodes.replaced, 'replaced by a newer connection');
  }

  /** Says everything that was not said on this connection yet. */
  tell(): void {
    if (this.#saidSeq === undefined) return;
    for (const message of this.#requests.messagesAfter(this.#site, this.#saidSeq)) {
      this.#send(message);
      this.#saidSeq = message.seq;
    }
  }

  #receive(text: string): void {
    const heard = readMessage<AgentMessage>(agentMessage, text);
    try {
      if (heard.kind === 'understood') this.#answer(heard.message);
      else if (this.#saidSeq === undefined)
        this.#refuse('The first message must be a hello that this hub understands.');
      else if (heard.kind === 'unknown') this.#log.info({ type: heard.type }, 'a message of a newer agent passed over');
      else this.#complain(heard.reason, heard.said);
    } catch (error) {
      this.#log.error({ err: error }, 'link failed');
      this.#socket.close(closeCodes.failed);
    }
  }

  #answer(message: AgentMessage): void {
    if (message.type === 'hello') this.#welcome(message);
    else if (this.#saidSeq === undefined) this.#refuse('The first message must be a hello.');
    else if (message.type === 'ack') this.#requests.acknowledge(this.#site, message.seq, this.#clock.nowMs());
    else if (message.type === 'result') this.#complain('this hub takes no parts of results', message);
    else this.#report(message);
  }

  #welcome(hello: Extract<AgentMessage, { type: 'hello' }>): void {
    if (hello.site !== this.#site) {
      this.#refuse(`The token is that of ${this.#site}, not of ${hello.site}.`);
      return;
    }
    if (this.#requests.catchUp(this.#site, hello.cursor)) {
      this.#log.warn({ cursor: hello.cursor }, 'the site has seen more than this hub remembers; numbering from there');
    }
    this.#log.info({ software: hello.software, cursor: hello.cursor }, 'site linked');
    const news = this.#version < 2 ? {} : { versions: linkVersions, capabilities: [...hubCapabilities] };
    this.#send({ type: 'welcome', hub: 'bhtom-edge', serverTimeMs: this.#clock.nowMs(), ...news });
    this.#saidSeq = hello.cursor;
    this.tell();
  }

  #report(message: Exclude<AgentMessage, { type: 'hello' | 'ack' | 'result' }>): void {
    const said = contentOf(message);
    if (!this.#requests.report(this.#site, message.requestId, said, this.#clock.nowMs())) {
      this.#log.warn({ request: message.requestId }, 'the site speaks of a request that it was never given');
    } else {
      this.#log.info({ request: message.requestId, state: said.state, reason: said.reason }, `request ${message.type}`);
    }
    // Noted in either case: what is not known here will not be known by saying it again.
    // The word is given back as it was said, for the agent compares it.
    this.#send({ type: 'noted', requestId: message.requestId, state: 'state' in message ? message.state : said.state });
  }

  /** Says that a message could not be taken; the link goes on, for the next one may be understood. */
  #complain(reason: string, { requestId }: Said): void {
    this.#log.warn({ reason, request: requestId }, 'a message of the site was not understood');
    const which = this.#version < 2 || requestId === undefined ? {} : { requestId };
    this.#send({ type: 'error', reason: `A message was not understood: ${reason}`, ...which });
  }

  #refuse(reason: string): void {
    this.#log.warn({ reason }, 'link refused');
    this.#send({ type: 'error', reason });
    this.#socket.close(closeCodes.notUnderstood);
  }

  #send(message: HubMessage): void {
    this.#socket.send(JSON.stringify(message));
  }
}

type Content = Parameters<Requests['report']>[2];

function contentOf(message: Exclude<AgentMessage, { type: 'hello' | 'ack' | 'result' }>): Content {
  switch (message.type) {
    case 'accept':
      return { state: 'PENDING', reason: '', answer: 'accept' };
    case 'decline':
      return { state: 'NOT_ATTEMPTED', reason: message.reason, answer: 'decline' };
    case 'progress':
      return { ...known(message.state, message.note, 'IN_PROGRESS'), answer: 'accept' };
    case 'done': {
      const { visitId, exposureIds, measurements } = message;
      const result = { visitId, exposureIds, measurements };
      return {
        ...known(message.state, message.reason, 'FAILED'),
        result,
        ...(visitId === null ? {} : { answer: 'accept' }),
      };
    }
  }
}

/** A state that a newer agent has added stands in the reason; here it counts as `otherwise`. */
function known(word: string, reason: string, otherwise: RequestState): { state: RequestState; reason: string } {
  if (isRequestState(word)) return { state: word, reason };
  return { state: otherwise, reason: reason === '' ? word : `${word}: ${reason}` };
}
