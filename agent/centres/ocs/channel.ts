import { backoffMs } from '../../../base/backoff.ts';
import type { Clock } from '../../../base/clock.ts';
import { describeError, Parked, RetryLater, TellOperator } from '../../../base/errors.ts';
import type { Random } from '../../../base/random.ts';
import { Wake } from '../../../base/wake.ts';
import type { Health } from '../../health/health.ts';
import type { Logger } from '../../health/log.ts';
import type { RequestDesk } from '../../requests/desk.ts';
import type { UnreportedRequest } from '../../store/requests.ts';
import type { ChannelStatus, RequestChannel } from '../contract.ts';
import { isWanted, type LocalNames, observationIdOf, requestIdOf, requestOf } from './observation.ts';
import type { Portal } from './portal.ts';
import { isToldOf, type StatusChange, statusChanges } from './status-report.ts';

export interface PortalChannelOptions {
  readonly destination: string;
  readonly portal: Portal;
  readonly names: LocalNames;
  /** How often the portal is asked whether anything was scheduled. */
  readonly pollMs: number;
  readonly desk: RequestDesk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly onConnected?: () => void;
}

/** A cancellation alone does not change the time of the last scheduling, so that the schedule is read now and then anyway. */
const scheduleEveryMs = 60_000;
const aheadMs = 24 * 3_600_000;
const behindMs = 3_600_000;
const backoff = { firstMs: 5000, capMs: 5 * 60_000 };
const healthStates = { connected: 'well', disconnected: 'away', 'needs-operator': 'needs-operator' } as const;

/**
 * Requests from an OCS Observation Portal: its schedule is read whenever something was scheduled, what it no longer wants
 * is given up, and the state of each execution is told until the portal has taken it. All that is told can be told again.
 */
export class PortalChannel implements RequestChannel {
  readonly #options: PortalChannelOptions;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  readonly #due = new Wake();
  #running: Promise<void> = Promise.resolve();
  #state: ChannelStatus['state'] = 'disconnected';
  #reason = 'not asked yet';
  #lastScheduled: string | undefined;
  #scheduleReadMs: number | undefined;

  constructor(options: PortalChannelOptions) {
    this.#options = options;
    this.#log = options.log.child({ destination: options.destination });
    options.desk.attach(this);
  }

  get destination(): string {
    return this.#options.destination;
  }

  start(onFault: (error: unknown) => void): void {
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  report(): void {
    this.#due.wake();
  }

  status(): ChannelStatus {
    const { destination } = this.#options;
    return { destination, state: this.#state, reason: this.#reason, clockAheadMs: undefined };
  }

  health(): Health {
    return { state: healthStates[this.#state], reason: this.#reason };
  }

  async #run(): Promise<void> {
    const { clock, pollMs, random, onConnected } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      let waitMs = pollMs;
      try {
        await this.#takeSchedule(signal);
        await this.#tellStates(signal);
        failures = 0;
        if (this.#state !== 'connected') onConnected?.();
        this.#become('connected', '');
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof RetryLater || error instanceof TellOperator)) throw error;
        this.#become(error instanceof TellOperator ? 'needs-operator' : 'disconnected', describeError(error));
        const askedMs = error instanceof RetryLater ? (error.notBeforeMs ?? 0) - clock.nowMs() : 0;
        waitMs = Math.max(pollMs, askedMs, backoffMs(++failures, random, backoff));
      }
      // News is told at once while the portal is there; while it is away it waits for the next try.
      if (failures === 0) await this.#due.wait(clock, signal, waitMs).catch(() => undefined);
      else await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  async #takeSchedule(signal: AbortSignal): Promise<void> {
    const { portal, clock, desk, destination, names } = this.#options;
    const scheduled = await portal.lastScheduled(signal);
    const isOld = this.#scheduleReadMs === undefined || clock.monotonicMs() - this.#scheduleReadMs >= scheduleEveryMs;
    if (scheduled === this.#lastScheduled && !isOld) return;
    const nowMs = clock.nowMs();
    const { observations, unread } = await portal.schedule(nowMs - behindMs, nowMs + aheadMs, signal);
    const wanted = new Set<string>(unread.map(({ id }) => requestIdOf(id)));
    for (const observation of observations.filter(isWanted)) {
      const id = requestIdOf(observation.id);
      wanted.add(id);
      const read = requestOf(observation, names);
      if ('request' in read) desk.offer(destination, read.request);
      else desk.declineUnread(destination, id, observation, read.refusal);
    }
    for (const { id, payload, reason } of unread) desk.declineUnread(destination, requestIdOf(id), payload, reason);
    for (const id of desk.open(destination)) {
      if (!wanted.has(id)) desk.cancel(destination, id, 'the portal does not want it any more');
    }
    this.#lastScheduled = scheduled;
    this.#scheduleReadMs = clock.monotonicMs();
  }

  async #tellStates(signal: AbortSignal): Promise<void> {
    const { desk, destination } = this.#options;
    let row = 0;
    for (;;) {
      const page = desk.unreported(destination, row);
      if (page.length === 0) return;
      for (const request of page) {
        row = request.row;
        await this.#tell(request, signal);
        desk.reported(destination, request.id, request.state);
      }
    }
  }

  async #tell(request: UnreportedRequest, signal: AbortSignal): Promise<void> {
    const { portal } = this.#options;
    if (!isToldOf(request)) return;
    const id = observationIdOf(request.id);
    const observation = id === undefined ? undefined : await portal.observation(id, signal);
    if (observation === undefined) return;
    for (const change of statusChanges(request, observation)) {
      try {
        await this.#change(change, signal);
      } catch (error) {
        if (!(error instanceof Parked)) throw error;
        this.#log.error(
          { err: error, request: request.id, state: request.state },
          'the portal takes no state of a request',
        );
      }
    }
  }

  /** Portals before 4.18 know no BAD_DATA: to them it failed. */
  async #change(change: StatusChange, signal: AbortSignal): Promise<void> {
    const { portal } = this.#options;
    try {
      await portal.change(change, signal);
    } catch (error) {
      const { id, body } = change;
      if (!(error instanceof Parked) || body.state !== 'BAD_DATA') throw error;
      const summary = body.summary && { ...body.summary, state: 'FAILED' as const };
      await portal.change({ id, body: { state: 'FAILED', ...(summary && { summary }) } }, signal);
    }
  }

  #become(state: ChannelStatus['state'], reason: string): void {
    if (state !== this.#state) this.#log.info({ state, reason }, 'observation portal');
    this.#state = state;
    this.#reason = reason;
  }
}
