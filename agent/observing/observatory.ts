import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater, TellOperator } from '../../base/errors.ts';
import { Wake } from '../../base/wake.ts';
import type { Config, InstrumentConfig } from '../../config/schema.ts';
import type { Camera, Devices } from '../../drivers/contract.ts';
import type { Tell } from '../happenings.ts';
import type { Logger } from '../health/log.ts';
import type { Limits } from '../planning/constraints.ts';
import type { SiteSafety } from '../safety/site-safety.ts';
import { mayMove, type SafetyState } from '../safety/state.ts';
import type { Store } from '../store/open.ts';
import type { Order, VisitResult } from '../store/visit.ts';
import { Executor, usualDeadlines } from './executor.ts';
import { frameWriter } from './frame-writer.ts';
import { OrderQueue } from './order-queue.ts';
import { reductionWaiter } from './reduction-waiter.ts';
import { checkVisibility, possibleStarts, type Visibility } from './visibility.ts';

export interface ObservatoryParts {
  readonly config: Config;
  readonly instrument: InstrumentConfig;
  readonly devices: Devices;
  readonly site: SiteSafety;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly software: string;
  /** The requests of the store have changed: tell the centres. */
  readonly onChange: () => void;
  readonly tell?: Tell;
  /** A person must look at this. */
  readonly onAlarm?: (message: string) => void;
}

/** The store is looked at this often even when nothing wakes us: windows open and the sky turns. */
const restMs = 10_000;
/** Visibility is checked this far ahead, so much sky at a time. */
const horizonMs = 7 * 86_400_000;
const pieceMs = 3_600_000;
/** How far from the target a mount may say that it points. */
const pointingToleranceDeg = 0.1;

/**
 * One robotic unit: its devices, and the requests that it executes, one at a time, under the safety of its site.
 */
export class Observatory {
  readonly #parts: ObservatoryParts;
  readonly #limits: Limits;
  readonly #executor: Executor;
  readonly #queue: OrderQueue;
  readonly #stopping = new AbortController();
  readonly #due = new Wake();
  readonly #ended = new Wake();
  #running: Promise<unknown> = Promise.resolve();
  #unlisten: (() => void)[] = [];

  constructor(parts: ObservatoryParts) {
    const { config, instrument, devices, store, clock, log, software } = parts;
    const { camera } = devices;
    if (!camera) {
      throw new TellOperator('NO_CAMERA', `The drivers of instrument "${instrument.id}" bring no camera.`);
    }
    this.#parts = parts;
    this.#limits = { ...config.observing, filters: devices.filterWheel?.filters ?? instrument.filters };
    const alarm = (message: string) => {
      log.error({ instrument: instrument.id, alarm: message }, 'ALARM');
      parts.onAlarm?.(message);
    };
    this.#executor = new Executor({
      store: store.visits,
      devices: devices as Devices & { camera: Camera },
      writer: frameWriter({ site: config.site, instrument, software, frames: store.frames }),
      clock,
      checkVisibility: (request, atMs, durationS) => this.checkVisibility(request, atMs, durationS),
      roof: parts.site.roof,
      alarm,
      deadlines: { ...usualDeadlines, reductionMs: config.observing.reductionWaitS * 1000 },
      pointingToleranceDeg,
      reductions: reductionWaiter(store, this.#ended, clock),
      safety: parts.site,
      lifetime: this.#stopping.signal,
      onStep: (visit, step) => {
        parts.tell?.({ kind: 'visit-step', instrument: instrument.id, visit, step });
        this.#due.wake(); // the roof is open: a rapid response need not wait for it any more
      },
    });
    this.#queue = new OrderQueue({
      ...{ instrument: instrument.id, requests: store.requests, clock },
      checkVisibility: (request, atMs) => this.checkVisibility(request, atMs),
    });
    parts.site.join({ mount: devices.mount, release: (reason) => this.#executor.abort(reason) });
  }

  /** Begins. `onFault` hears of the fault that ended the work, if one does. */
  start(onFault: (error: unknown) => void): void {
    const { log, instrument } = this.#parts;
    const { signal } = this.#stopping;
    this.#unlisten = [
      this.#parts.site.onChange((state) => {
        const { safe, reasons, attended } = state;
        log[safe ? 'info' : 'warn']({ instrument: instrument.id, reasons, attended }, safe ? 'safe' : 'not safe');
        this.#parts.tell?.({ kind: 'safety-changed', instrument: instrument.id, safe, reasons, attended });
        this.#due.wake();
      }),
    ];
    this.#running = this.#work(signal).catch((error: unknown) => {
      if (!signal.aborted) onFault(error);
    });
  }

  /** Requests were accepted or given up: look at the store. */
  wake(): void {
    this.#due.wake();
  }

  /** A frame came to the end of its way. */
  frameEnded(): void {
    this.#ended.wake();
  }

  safety(): SafetyState {
    return this.#parts.site.state();
  }

  /** Whether a request may be executed here from a moment on. */
  checkVisibility(request: Order['request'], atMs: number, durationS?: number): Visibility {
    const { config, instrument } = this.#parts;
    if (request.instrument !== undefined && request.instrument !== instrument.id) {
      return { ok: false, reason: `it is for the instrument "${request.instrument}"`, never: true };
    }
    return checkVisibility(request, config.site, atMs, this.#limits, durationS);
  }

  /**
   * Whether the request could ever be executed here: within its windows and the coming days there is a moment at which
   * sky and limits allow it. Looks in small pieces, so that nothing else waits.
   */
  async checkFeasible(request: Order['request']): Promise<{ ok: true } | { ok: false; reason: string }> {
    const nowMs = this.#parts.clock.nowMs();
    const now = this.checkVisibility(request, nowMs);
    if (now.ok || request.test) return { ok: true };
    if (now.never) return { ok: false, reason: now.reason };
    for (const window of request.windows) {
      const endMs = Math.min(Date.parse(window.end), nowMs + horizonMs);
      for (let atMs = Math.max(Date.parse(window.start), nowMs); atMs < endMs; atMs += pieceMs) {
        const piece = { startMs: atMs, endMs: Math.min(atMs + pieceMs, endMs) };
        if (possibleStarts(request, this.#parts.config.site, this.#limits, piece).length > 0) return { ok: true };
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return { ok: false, reason: `at no time in its windows is it possible here; now: ${now.reason}` };
  }

  /** Ends the visit under way without repeating anything at the next start, and lets go of the devices. */
  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('OBSERVATORY_STOPPED', 'The program is stopping.'));
    for (const unlisten of this.#unlisten) unlisten();
    await this.#running;
    await this.#parts.devices.close();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { clock, onChange } = this.#parts;
    const recovering = this.#executor.recover().then((results) => this.#note(results));
    recovering.catch(() => undefined); // reported where it is awaited
    while (!signal.aborted) {
      await this.#abortGivenUp();
      await this.#preempt();
      this.#endExpired();
      // A driver that rejects at once must not keep timers and sockets from their turn.
      await new Promise((resolve) => setImmediate(resolve));
      const resting = this.#executor.holdOff.leftMs;
      const barred = this.#executor.busy || resting > 0 || !mayMove(this.#parts.site.state());
      const order = barred ? this.#queue.nextTest() : this.#queue.next();
      if (!order) {
        const untilMs = resting > 0 ? Math.min(resting, restMs) : restMs;
        await Promise.race([this.#due.wait(clock, signal, untilMs), rejectionOf(recovering)]);
        continue;
      }
      const visit = this.#executor.execute(order);
      onChange();
      this.#parts.tell?.({ kind: 'visit-begun', instrument: order.instrument, request: order.request.id });
      visit.then(
        (result) => this.#note(result ? [result] : []),
        (error: unknown) => {
          if (!signal.aborted) this.#parts.log.error({ err: error, request: order.request.id }, 'visit broke off');
        },
      );
      // The telescope is free again before the photometry has come; the next order is looked for when it is.
      await Promise.race([visit.catch(() => undefined), this.#due.wait(clock, signal, 1000)]);
    }
    await recovering;
  }

  #note(results: readonly VisitResult[]): void {
    const { log, instrument, onChange, tell } = this.#parts;
    for (const { visitId, state, reason, frames } of results) {
      log.info({ instrument: instrument.id, visit: visitId, reason, frames: frames.length }, `visit ${state}`);
      tell?.({ kind: 'visit-ended', instrument: instrument.id, visit: visitId, state, reason });
    }
    onChange();
    this.#due.wake();
  }

  #endExpired(): void {
    const { log, onChange } = this.#parts;
    const expired = this.#queue.expire();
    for (const request of expired) log.info({ request }, 'request expired');
    if (expired.length > 0) onChange();
  }

  async #abortGivenUp(): Promise<void> {
    const { underWay } = this.#executor;
    const given = this.#parts.store.visits.givenUp().find(({ visitId }) => visitId === underWay?.visit.id);
    if (given) await this.#executor.abort(given.reason);
  }

  /**
   * Breaks off the visit that has the telescope for a rapid response; its request waits for another visit. A roof on its
   * way is not stopped half open for it: the rapid response needs it open too.
   */
  async #preempt(): Promise<void> {
    const { underWay } = this.#executor;
    if (!underWay || underWay.step === 'roof' || !mayMove(this.#parts.site.state())) return;
    const order = this.#queue.preempting(underWay.visit.order.request);
    if (order)
      await this.#executor.abort(`the rapid response ${order.request.id} (${order.request.name}) goes before it`);
  }
}

/** Never resolves; rejects when the promise does. */
function rejectionOf(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch((error: unknown) => reject(new RetryLater('RECOVERY', describeError(error), { cause: error })));
  });
}
