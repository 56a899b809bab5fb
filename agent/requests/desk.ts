import type { Logger } from 'pino';
import type { Clock } from '../../base/clock.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import { Wake } from '../../base/wake.ts';
import type { ObservingRequest } from '../../protocol/request.ts';
import type { Tell } from '../happenings.ts';
import type { RequestStore, StoredRequest, UnreportedRequest } from '../store/requests.ts';
import type { RequestSource } from './source.ts';
import { byUrgency } from './urgency.ts';

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface RequestDeskOptions {
  readonly requests: RequestStore;
  /** Whether this site can do what is asked, decided here and now. The reason is for people at the centre. */
  readonly checkFeasible: (request: ObservingRequest) => Promise<Verdict>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell?: Tell;
  /** Requests were accepted, or given up by a centre: look at the store. */
  readonly onChange: () => void;
}

/**
 * The one desk for the requests of all sources: what they hand in is stored, checked and answered here, and they are told
 * of what became of it. An offer is in the store before it is acknowledged, and unanswered until it was checked.
 */
export class RequestDesk {
  readonly #options: RequestDeskOptions;
  readonly #sources = new Map<string, RequestSource>();
  readonly #stopping = new AbortController();
  readonly #due = new Wake();
  #running: Promise<void> = Promise.resolve();

  constructor(options: RequestDeskOptions) {
    this.#options = options;
  }

  /** Makes a source known, which is told from here on when there is news of its requests. */
  attach(source: RequestSource): void {
    this.#sources.set(source.destination, source);
  }

  /** Begins to answer. `onFault` hears of a fault that ended it for good. */
  start(onFault: (error: unknown) => void): void {
    this.#due.wake();
    this.#running = this.#answerOffers().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  /** What was being checked stays unanswered, for the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** The last numbered message of a source that was dealt with; 0 at first. */
  cursor(destination: string): number {
    return this.#options.requests.cursor(destination);
  }

  /** Takes an offer. The same one again changes nothing. `seq` only where the source numbers its messages. */
  offer(destination: string, request: ObservingRequest, seq?: number): void {
    const { requests, log, tell } = this.#options;
    if (!requests.receiveOffer(destination, seq, request)) return;
    log.info({ destination, request: request.id, target: request.target.name }, 'request received');
    tell?.({ kind: 'request-received', destination, request: request.id });
    this.reconsider();
  }

  /** Takes an offer that cannot be understood, and declines it. */
  declineUnread(destination: string, id: string, payload: unknown, reason: string, seq?: number): void {
    this.#options.requests.refuseOffer(destination, seq, id, payload, reason);
    this.#tell(destination);
  }

  /** The centre gives a request up: at once when it waits, through its executor when it is under way. */
  cancel(destination: string, id: string, reason: string, seq?: number): void {
    const { requests, log, onChange } = this.#options;
    if (!requests.receiveCancel(destination, seq, id, reason)) return;
    log.info({ destination, request: id, reason }, 'request cancelled by the centre');
    this.#tell(destination);
    onChange();
  }

  /** Notes that a numbered message was seen of which nothing can be made. */
  passOver(destination: string, seq: number): void {
    this.#options.requests.skip(destination, seq);
  }

  /** Ids of the requests of a centre that have not come to their end. */
  open(destination: string): string[] {
    return this.#options.requests.open(destination);
  }

  /** What a centre has not confirmed to know, in the order the requests came; the page after `afterRow`. */
  unreported(destination: string, afterRow: number): UnreportedRequest[] {
    return this.#options.requests.unreported(destination, afterRow);
  }

  /** The centre has confirmed to know that a request is in this state. */
  reported(destination: string, id: string, state: string): void {
    this.#options.requests.markReported(destination, id, state);
  }

  /** Unanswered requests may be checked now that could not be before, or there are new ones. */
  reconsider(): void {
    this.#due.wake();
  }

  /** The store has news of requests: every source tells its centre. */
  changed(): void {
    for (const source of this.#sources.values()) source.report();
  }

  /**
   * The requests that wait for a visit and go before the given one, the most urgent first: for whoever executes that one
   * and may break it off.
   */
  waitingBefore(request: ObservingRequest): StoredRequest[] {
    const order = byUrgency(this.#options.clock.nowMs());
    return this.#options.requests
      .executable()
      .filter((waiting) => waiting.request !== undefined && order(waiting.request, request) < 0)
      .sort((a, b) => order(a.request!, b.request!));
  }

  async #answerOffers(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#due.wait(this.#options.clock, signal);
      await this.#answerUnanswered(signal);
    }
  }

  async #answerUnanswered(signal: AbortSignal): Promise<void> {
    const { requests, log } = this.#options;
    const failed = new Set<StoredRequest['row']>();
    while (!signal.aborted) {
      const offer = requests.unanswered().find(({ row }) => !failed.has(row));
      if (offer === undefined) return;
      const about = { destination: offer.destination, request: offer.id };
      try {
        const verdict = await untilAborted(this.#verdict(offer), signal);
        this.#answer(offer, verdict);
        log.info({ ...about, ...verdict }, 'request answered');
      } catch (error) {
        if (signal.aborted) return;
        // Left unanswered: it is looked at again with the next offer or connection.
        failed.add(offer.row);
        log.error({ err: error, ...about }, 'a request could not be checked');
      }
    }
  }

  async #verdict({ request }: StoredRequest): Promise<Verdict> {
    if (request === undefined) return { ok: false, reason: 'the stored request cannot be read by this version' };
    const { requires = [] } = request;
    if (requires.length > 0) {
      return { ok: false, reason: `it requires what this version does not know: ${requires.join(', ')}` };
    }
    return this.#options.checkFeasible(request);
  }

  #answer({ destination, id }: StoredRequest, verdict: Verdict): void {
    const { requests, onChange, tell } = this.#options;
    const reason = verdict.ok ? '' : verdict.reason;
    requests.answer(destination, id, verdict.ok ? 'accept' : 'decline', reason);
    tell?.({ kind: 'request-answered', destination, request: id, accepted: verdict.ok, reason });
    this.#tell(destination);
    if (verdict.ok) onChange();
  }

  #tell(destination: string): void {
    this.#sources.get(destination)?.report();
  }
}
