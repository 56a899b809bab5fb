import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { keepAlive } from '../protocol/heartbeat.ts';
import {
  type AgentMessage,
  agentMessage,
  type HubMessage,
  linkVersions,
  readMessage,
  resultParts,
  type Said,
  versionOf,
} from '../protocol/link.ts';
import { photometryBatches } from '../protocol/photometry-batch.ts';
import { isRequestState, type RequestState } from '../protocol/request.ts';
import { Allowance } from './allowance.ts';
import type { HubStores, RequestReport } from './ports.ts';

/** What this hub can do beyond what every speaker of the newest version can. */
export const hubCapabilities: readonly string[] = [resultParts, photometryBatches];

const helloDeadlineMs = 10_000;
/** Why a connection was closed: 4000 and above are free for applications, 1011 is the server's own failure. */
const closeCodes = { replaced: 4000, notUnderstood: 4001, failed: 1011 } as const;
/** A lease that is not renewed runs out after this long; it is renewed three times as often. */
const leaseMs = 30_000;
/** Messages of one site: a site that comes back after weeks has hundreds to say, and none has more for long. */
const messageLimits = { perSecond: 100, burst: 1000 };
/** The connection is read no further while so many messages wait. */
const mostWaiting = 100;

export interface SessionParts {
  readonly site: string;
  readonly socket: WebSocket;
  /** Names this connection among all of all processes. */
  readonly holder: string;
  readonly stores: HubStores;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * One connection of one site. What comes is dealt with one message after the other, each in a turn of its own and no
 * faster than a site may speak, so that no site keeps the hub from the others.
 */
export class Session {
  /** Resolves when the connection is closed and nothing of it is under way. */
  readonly ended: Promise<void>;
  readonly #parts: SessionParts;
  readonly #version: number;
  readonly #closed = new AbortController();
  readonly #allowance: Allowance;
  /** The work that is under way and what follows it. */
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** The last message said on this connection; undefined before the hello. */
  #saidSeq: number | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { socket, clock, log } = parts;
    this.#version = versionOf(socket.protocol) ?? 1;
    this.#allowance = new Allowance(messageLimits, clock);
    const deadline = setTimeout(() => {
      if (this.#saidSeq === undefined) this.#refuse('No hello came.');
    }, helloDeadlineMs);
    const { promise: closing, resolve: onClosed } = Promise.withResolvers<void>();
    socket.once('close', () => {
      clearTimeout(deadline);
      this.#closed.abort();
      onClosed();
    });
    socket.on('error', (error) => log.warn({ reason: describeError(error) }, 'link failed'));
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? '' : data.toString()));
    void keepAlive(socket, clock);
    const lease = this.#keepLease();
    this.ended = closing
      .then(() => lease)
      .then(() => this.#work)
      .then(() => parts.stores.leases.release(parts.site, parts.holder))
      .catch((error: unknown) => log.error({ err: error }, 'the end of a link failed'));
  }

  replace(): void {
    this.#parts.socket.close(closeCodes.replaced, 'replaced by a newer connection');
  }

  /** Says everything that was not said on this connection yet. */
  tell(): void {
    this.#enqueue(() => this.#tell());
  }

  /** Holds the lease of the site; when another connection has taken it, this one is over. */
  async #keepLease(): Promise<void> {
    const { site, holder, stores, clock, log } = this.#parts;
    const { signal } = this.#closed;
    try {
      await stores.leases.take(site, holder, clock.nowMs() + leaseMs);
      while (!signal.aborted) {
        await clock.sleep(leaseMs / 3, signal);
        if (!(await stores.leases.renew(site, holder, clock.nowMs() + leaseMs))) this.replace();
        else this.tell(); // what another process of the hub has stored meanwhile
      }
    } catch (error) {
      if (signal.aborted) return;
      log.error({ err: error }, 'the lease of a link cannot be kept');
      this.#parts.socket.close(closeCodes.failed);
    }
  }

  #receive(text: string): void {
    if (++this.#waiting >= mostWaiting) this.#parts.socket.pause();
    this.#enqueue(async () => {
      const waitMs = this.#allowance.waitMs();
      if (waitMs > 0) await this.#parts.clock.sleep(waitMs, this.#closed.signal);
      this.#allowance.use(1);
      await nextTurn();
      if (--this.#waiting < mostWaiting / 2 && this.#parts.socket.isPaused) this.#parts.socket.resume();
      await this.#hear(text);
    });
  }

  #enqueue(work: () => Promise<void>): void {
    const { log, socket } = this.#parts;
    this.#work = this.#work.then(work).catch((error: unknown) => {
      if (this.#closed.signal.aborted) return;
      log.error({ err: error }, 'link failed');
      socket.close(closeCodes.failed);
    });
  }

  async #tell(): Promise<void> {
    if (this.#saidSeq === undefined) return;
    for (const message of await this.#parts.stores.requests.messagesAfter(this.#parts.site, this.#saidSeq)) {
      this.#send(message);
      this.#saidSeq = message.seq;
    }
  }

  async #hear(text: string): Promise<void> {
    const heard = readMessage<AgentMessage>(agentMessage, text);
    if (heard.kind === 'understood') return this.#answer(heard.message);
    if (this.#saidSeq === undefined) this.#refuse('The first message must be a hello that this hub understands.');
    else if (heard.kind === 'unknown') this.#parts.log.info({ type: heard.type }, 'a newer message passed over');
    else this.#complain(heard.reason, heard.said);
  }

  async #answer(message: AgentMessage): Promise<void> {
    const { site, stores, clock } = this.#parts;
    if (message.type === 'hello') return this.#welcome(message);
    if (this.#saidSeq === undefined) return this.#refuse('The first message must be a hello.');
    if (message.type === 'ack') return stores.requests.acknowledge(site, message.seq, clock.nowMs());
    if (message.type === 'result') return this.#keepPart(message);
    return this.#report(message);
  }

  async #welcome(hello: Extract<AgentMessage, { type: 'hello' }>): Promise<void> {
    const { site, stores, clock, log } = this.#parts;
    if (hello.site !== site) return this.#refuse(`The token is that of ${site}, not of ${hello.site}.`);
    if (await stores.requests.catchUp(site, hello.cursor)) {
      log.warn({ cursor: hello.cursor }, 'the site has seen more than this hub remembers; numbering from there');
    }
    const { software, cursor, capabilities } = hello;
    log.info({ software, cursor, version: this.#version, capabilities }, 'site linked');
    const news = this.#version < 2 ? {} : { versions: linkVersions, capabilities: [...hubCapabilities] };
    this.#send({ type: 'welcome', hub: 'bhtom-edge', serverTimeMs: clock.nowMs(), ...news });
    this.#saidSeq = cursor;
    return this.#tell();
  }

  async #keepPart(message: Extract<AgentMessage, { type: 'result' }>): Promise<void> {
    const { site, stores } = this.#parts;
    const { requestId, part, visitId, exposureIds, measurements } = message;
    if (!(await stores.requests.keepPart(site, requestId, part, { visitId, exposureIds, measurements }))) {
      this.#parts.log.warn({ request: requestId }, 'the site speaks of a request that it was never given');
    }
  }

  async #report(message: Report): Promise<void> {
    const { site, stores, clock, log } = this.#parts;
    const said = contentOf(message);
    const { requestId } = message;
    const outcome = await stores.requests.report(site, requestId, said, clock.nowMs());
    if (outcome === 'parts missing') return this.#complain('parts of its result have not come', message);
    if (outcome === 'unknown') {
      log.warn({ request: requestId }, 'the site speaks of a request that it was never given');
    } else {
      log.info({ request: requestId, state: said.state, reason: said.reason }, `request ${message.type}`);
    }
    // Noted in either case: what is not known here will not be known by saying it again. The word is given back as it
    // was said, for the agent compares it.
    this.#send({ type: 'noted', requestId, state: 'state' in message ? message.state : said.state });
  }

  /** Says that a message could not be taken; the link goes on, for the next one may be understood. */
  #complain(reason: string, { requestId }: Said): void {
    this.#parts.log.warn({ reason, request: requestId }, 'a message of the site was not understood');
    const which = this.#version < 2 || requestId === undefined ? {} : { requestId };
    this.#send({ type: 'error', reason: `A message was not understood: ${reason}`, ...which });
  }

  #refuse(reason: string): void {
    this.#parts.log.warn({ reason }, 'link refused');
    this.#send({ type: 'error', reason });
    this.#parts.socket.close(closeCodes.notUnderstood);
  }

  #send(message: HubMessage): void {
    this.#parts.socket.send(JSON.stringify(message));
  }
}

type Report = Exclude<AgentMessage, { type: 'hello' | 'ack' | 'result' }>;

function contentOf(message: Report): RequestReport {
  switch (message.type) {
    case 'accept':
      return { state: 'PENDING', reason: '', answer: 'accept' };
    case 'decline':
      return { state: 'NOT_ATTEMPTED', reason: message.reason, answer: 'decline' };
    case 'progress':
      return { ...known(message.state, message.note, 'IN_PROGRESS'), answer: 'accept' };
    case 'done': {
      const { visitId, exposureIds, measurements, parts } = message;
      return {
        ...known(message.state, message.reason, 'FAILED'),
        result: { visitId, exposureIds, measurements },
        ...(parts === undefined ? {} : { parts }),
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
