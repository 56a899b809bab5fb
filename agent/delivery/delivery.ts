import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { type BackoffPolicy, backoffMs, defaultBackoff } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import type { DeliveryAdapter, DeliveryOutcome, RetryLaterOutcome } from '../centres/contract.ts';
import type { Tell } from '../happenings.ts';
import type { Health } from '../health/health.ts';
import { Progress } from '../health/progress.ts';
import type { ClaimedParcel, Outbox, Receipt, Settlement } from '../store/outbox.ts';

export interface DeliveryOptions {
  readonly outbox: Outbox;
  readonly adapter: DeliveryAdapter;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tell?: Tell | undefined;
  /** Parcels in flight at once while all goes well. */
  readonly concurrency?: number;
  readonly backoff?: BackoffPolicy;
}

export interface DeliveryStatus {
  readonly destination: string;
  /** `delivering` all is well · `waiting` the last try failed, another follows · `needs-operator` a person must act. */
  readonly state: 'delivering' | 'waiting' | 'needs-operator';
  readonly reason: string;
  readonly inFlight: number;
}

const defaultConcurrency = 4;
/** The loop looks at the outbox this often even when nothing calls it. */
const longestRestMs = 60_000;
/** Between two turns of the loop it only rests and asks the database: later than this it stands still. */
const latestTurnMs = 5 * longestRestMs;
/** How long a stop waits for what is in flight before it breaks it off. */
const stopGraceMs = 5_000;
/** No destination waits longer than this, whatever a centre asks for. */
const longestWaitMs = 60 * 60_000;
/** A clock that was put back by more than this was wrong. */
const putBackMs = 60_000;
/** A parcel not found at a centre this often, so far apart or as late as it may show up there, has not arrived. */
const looks = { needed: 2, apartMs: 10 * 60_000 };
/** When a centre that judges later is asked first, how often then, and for how many parcels at once. */
const verdicts = { firstMs: 5 * 60_000, apartMs: 30 * 60_000, atOnce: 100 };

/**
 * Sends the parcels of one destination, and is the only place where anything is tried again. After a failure of the way
 * the whole destination waits, then one parcel goes as a probe; after a failure of a parcel that parcel waits too.
 */
export class Delivery {
  readonly #outbox: Outbox;
  readonly #adapter: DeliveryAdapter;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Logger;
  readonly #tell: Tell | undefined;
  readonly #concurrency: number;
  readonly #backoff: BackoffPolicy;
  readonly #queue: PQueue;
  readonly #stopping = new AbortController();
  readonly #breakOff = new AbortController();
  readonly #progress: Progress;
  #running: Promise<void> = Promise.resolve();
  #rouse = new AbortController();
  /** Tries in a row that failed for any parcel. */
  #failures = 0;
  /** No try before this moment of the monotonic clock. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #needsOperator = false;
  #reason = '';
  /** Wall clock less monotonic clock, as it was at the last turn; undefined before the first. */
  #clockOffsetMs: number | undefined;
  /** The database did not take the end of a try; to be settled anew when nothing is in flight. */
  #unsettled = true;
  #looking = false;
  #askingVerdicts = false;

  constructor(options: DeliveryOptions) {
    this.#outbox = options.outbox;
    this.#adapter = options.adapter;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#log = options.log.child({ destination: options.adapter.destination });
    this.#tell = options.tell;
    this.#concurrency = options.concurrency ?? options.adapter.capabilities.atOnce ?? defaultConcurrency;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#progress = new Progress(options.clock, latestTurnMs);
    this.#queue = new PQueue({ concurrency: this.#concurrency });
  }

  /** Begins to send. Nothing else may send for this destination. `onFault` hears of a fault that ended it for good. */
  start(onFault: (error: unknown) => void): void {
    this.#running = this.#run().catch(onFault);
  }

  /** A parcel was enqueued: look at once. It does not shorten a wait after a failure. */
  wake(): void {
    this.#rouse.abort();
  }

  /** The way to the destination is known to be open again (its link connected): try at once. */
  retryNow(): void {
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.wake();
  }

  status(): DeliveryStatus {
    const state = this.#needsOperator ? 'needs-operator' : this.#failures > 0 ? 'waiting' : 'delivering';
    return {
      destination: this.#adapter.destination,
      state,
      reason: this.#reason,
      inFlight: this.#inFlight(),
    };
  }

  health(): Health {
    if (this.#needsOperator) return { state: 'needs-operator', reason: this.#reason };
    const { state, reason } = this.#progress.health();
    if (state === 'well' && this.#failures > 0) return { state: 'away', reason: this.#reason };
    return { state, reason };
  }

  /** Takes nothing new, gives what is in flight a few seconds, then breaks it off. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    const over = new AbortController();
    await Promise.race([this.#queue.onIdle(), this.#clock.sleep(stopGraceMs, over.signal).catch(ignoreAbort(over))]);
    over.abort();
    this.#breakOff.abort();
    await this.#queue.onIdle();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#progress.made();
      this.#rouse = new AbortController();
      let restMs = longestRestMs;
      try {
        restMs = this.#takeDue();
      } catch (error) {
        this.#log.error({ err: error }, 'the outbox cannot be read');
        this.#holdBack(undefined);
      }
      await this.#clock.sleep(Math.min(restMs, longestRestMs), this.#rouse.signal).catch(ignoreAbort(this.#rouse));
    }
  }

  /** Sends what can be sent now; gives how long there will be nothing to do unless something happens, milliseconds. */
  #takeDue(): number {
    const { destination, capabilities } = this.#adapter;
    if (this.#unsettled && this.#inFlight() === 0) {
      const interrupted = this.#outbox.recover(destination, capabilities.keyed);
      if (interrupted > 0) this.#log.info({ parcels: interrupted }, 'found parcels interrupted while being sent');
      this.#unsettled = false;
    }
    this.#heedClock();
    const waitMs = this.#notBeforeMs - this.#clock.monotonicMs();
    if (waitMs > 0) return waitMs;
    if (!this.#looking) this.#lookForUnknown();
    if (!this.#askingVerdicts) this.#askForVerdicts();
    const room = (this.#failures > 0 ? 1 : this.#concurrency) - this.#inFlight();
    const claimed = room > 0 ? this.#outbox.claim(destination, room) : [];
    for (const parcel of claimed) void this.#queue.add(() => this.#send(parcel));
    if (this.#inFlight() > 0) return longestRestMs; // each end of a try wakes the loop
    const dueMs = this.#outbox.nextDueMs(destination);
    return dueMs === undefined ? longestRestMs : Math.max(dueMs - this.#clock.nowMs(), 0);
  }

  /** After a start, and when the clock was put back: moments that a wrong clock has set must not be waited for. */
  #heedClock(): void {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    if (this.#clockOffsetMs === undefined || offsetMs < this.#clockOffsetMs - putBackMs) {
      const { destination, capabilities } = this.#adapter;
      const lookedForMs = Math.max(this.#backoff.capMs, capabilities.showsAfterMs ?? 0, looks.apartMs);
      const n = this.#outbox.waitNoLonger(destination, this.#backoff.capMs, lookedForMs);
      if (n > 0) this.#log.info({ parcels: n }, 'the clock was ahead: parcels that waited for its time wait no longer');
    }
    this.#clockOffsetMs = offsetMs;
  }

  async #send(parcel: ClaimedParcel): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    try {
      const outcome = await this.#adapter.deliver(parcel, this.#breakOff.signal);
      this.#settle(parcel, outcome, this.#clock.monotonicMs() - startMs);
    } catch (error) {
      // Neither an adapter nor the database should throw here; the parcel is settled anew once nothing is in flight.
      this.#log.error({ err: error, key: parcel.key }, 'delivery failed unexpectedly');
      this.#unsettled = true;
      this.#holdBack(undefined);
    }
    this.wake();
  }

  #settle(parcel: ClaimedParcel, outcome: DeliveryOutcome, tookMs: number): void {
    const about = { exposureId: parcel.exposureId, subject: parcel.subject, key: parcel.key };
    switch (outcome.kind) {
      case 'accepted':
      case 'duplicate':
        this.#outbox.settle(parcel.id, this.#taken(outcome.receipt));
        this.#wayIsOpen();
        this.#log.info({ ...about, tookMs: Math.round(tookMs) }, 'delivered');
        this.#tell?.({ kind: 'parcel-delivered', destination: this.#adapter.destination, key: parcel.key });
        return;
      case 'rejected':
        this.#outbox.settle(parcel.id, { state: 'rejected', reason: outcome.reason });
        this.#wayIsOpen();
        this.#log.error({ ...about, reason: outcome.reason }, 'refused for good and set aside');
        this.#tell?.({
          kind: 'parcel-parked',
          destination: this.#adapter.destination,
          key: parcel.key,
          reason: outcome.reason,
        });
        return;
      case 'retry-later':
        this.#retryLater(parcel, outcome);
        this.#log.warn({ ...about, reason: outcome.reason }, 'not delivered, will be tried again');
        return;
      case 'unknown':
        this.#outbox.settle(parcel.id, {
          state: 'unknown',
          failures: 0,
          nextAtMs: this.#clock.nowMs(),
          reason: outcome.reason,
        });
        this.#log.warn({ ...about, reason: outcome.reason }, 'may have arrived; will be looked for');
        // Sent into the same trouble, the next ones would only have to be looked for too.
        this.#reason = outcome.reason;
        this.#holdBack(undefined);
        return;
      case 'tell-operator':
        this.#outbox.settle(parcel.id, {
          state: 'queued',
          failures: parcel.failures,
          nextAtMs: this.#clock.nowMs(),
          reason: outcome.reason,
        });
        if (!this.#needsOperator) this.#log.error({ reason: outcome.reason }, 'delivery needs the operator');
        this.#needsOperator = true;
        this.#reason = outcome.reason;
        this.#holdBack(this.#backoff.capMs);
    }
  }

  #retryLater(parcel: ClaimedParcel, outcome: RetryLaterOutcome): void {
    const nowMs = this.#clock.nowMs();
    const failures = parcel.failures + 1;
    // What breaks the way again and again may be the parcel itself: it waits too, and another one probes the way.
    const isSuspect = outcome.scope === 'parcel' || failures > 1;
    const ownWaitMs = isSuspect ? backoffMs(failures, this.#random, this.#backoff) : 0;
    this.#outbox.settle(parcel.id, {
      state: 'queued',
      failures,
      nextAtMs: Math.round(nowMs + ownWaitMs),
      reason: outcome.reason,
    });
    this.#reason = outcome.reason;
    this.#needsOperator = false;
    this.#holdBack(outcome.waitMs);
  }

  /** Looks at the centre for one parcel of which nobody knows whether it arrived. */
  #lookForUnknown(): void {
    const parcel = this.#outbox.nextUnknown(this.#adapter.destination);
    if (parcel === undefined) return;
    this.#looking = true;
    void this.#queue.add(() => this.#look(parcel));
  }

  async #look(parcel: ClaimedParcel): Promise<void> {
    try {
      const found = await this.#adapter.reconcile(parcel, this.#breakOff.signal);
      const failures = parcel.failures + (found === 'absent' ? 1 : 0);
      const apartMs = Math.max(looks.apartMs, this.#adapter.capabilities.showsAfterMs ?? 0);
      if (found === 'held') {
        this.#outbox.settle(parcel.id, this.#taken(undefined));
        this.#wayIsOpen();
      } else {
        const missing = failures >= looks.needed;
        this.#outbox.settle(parcel.id, {
          state: missing ? 'queued' : 'unknown',
          failures: missing ? 0 : failures,
          nextAtMs: this.#clock.nowMs() + (missing ? 0 : apartMs),
          reason: missing ? 'looked for and not found at the centre' : 'may have arrived',
        });
      }
      this.#log.info({ key: parcel.key, found }, 'looked for a parcel at the centre');
    } catch (error) {
      this.#log.error({ key: parcel.key, reason: describeError(error) }, 'a parcel could not be looked for');
      this.#holdBack(undefined);
    }
    this.#looking = false;
    this.wake();
  }

  /** What a parcel becomes that the centre has: done, unless it judges later. */
  #taken(receipt: Receipt | undefined): Settlement {
    if (!this.#adapter.verdicts) return { state: 'done', ...(receipt && { receipt }) };
    return { state: 'accepted', receipt: receipt ?? {}, nextAtMs: this.#clock.nowMs() + verdicts.firstMs };
  }

  /** Asks what the centre has come to think of parcels that it accepted a while ago. */
  #askForVerdicts(): void {
    if (!this.#adapter.verdicts) return;
    const due = this.#outbox.nextAccepted(this.#adapter.destination, verdicts.atOnce);
    if (due.length === 0) return;
    this.#askingVerdicts = true;
    void this.#queue.add(() => this.#follow(due));
  }

  async #follow(parcels: readonly ClaimedParcel[]): Promise<void> {
    const nextAtMs = this.#clock.nowMs() + verdicts.apartMs;
    try {
      const told = await this.#adapter.verdicts!(parcels, this.#breakOff.signal);
      for (const { id, key } of parcels) {
        const verdict = told.get(id);
        if (!verdict) {
          this.#outbox.settle(id, { state: 'accepted', receipt: {}, nextAtMs });
          continue;
        }
        this.#outbox.settle(id, { state: 'done', verdict: verdict.words });
        this.#log[verdict.isGood ? 'info' : 'warn']({ key, verdict: verdict.words }, 'judged by the centre');
      }
    } catch (error) {
      // Nothing is lost by asking again later, and nothing that waits to be sent waits for a verdict.
      this.#log.warn({ reason: describeError(error) }, 'the centre did not say what it thinks of parcels');
      for (const { id } of parcels) this.#outbox.settle(id, { state: 'accepted', receipt: {}, nextAtMs });
    }
    this.#askingVerdicts = false;
    this.wake();
  }

  #inFlight(): number {
    return this.#queue.pending + this.#queue.size;
  }

  #wayIsOpen(): void {
    this.#failures = 0;
    this.#needsOperator = false;
    this.#reason = '';
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
  }

  /** Lets the whole destination wait: as long as the centre asked for, within reason, else by backoff. */
  #holdBack(askedMs: number | undefined): void {
    this.#failures++;
    const waitMs = askedMs ?? backoffMs(this.#failures, this.#random, this.#backoff);
    this.#notBeforeMs = this.#clock.monotonicMs() + Math.min(waitMs, longestWaitMs);
  }
}

function ignoreAbort({ signal }: AbortController): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
