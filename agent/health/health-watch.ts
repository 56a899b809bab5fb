import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import type { Tell } from '../happenings.ts';
import type { Alarms, RaisedAlarm } from './alarms.ts';
import { type Health, well } from './health.ts';
import type { Logger } from './log.ts';

/** Something whose health is looked at. */
export interface Watched {
  readonly name: string;
  health(): Health;
}

/** How a part fares, and since when (Unix milliseconds). */
export interface WatchedHealth extends Health {
  readonly name: string;
  readonly sinceMs: number;
}

export interface HealthWatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell: Tell;
  readonly alarms: Alarms;
  /** Whom to watch: all parts that have been started. */
  readonly parts: () => readonly Watched[];
}

const everyMs = 10_000;
/** A part that ended and was started again is well when it has been for so long. */
const provenMs = 10 * 60_000;

/** Codes of the alarms that come from the health of parts. */
const healthAlarms = { needsOperator: 'NEEDS_OPERATOR', stalled: 'STALLED', ended: 'PART_ENDED' } as const;

/** The alarm of a part that ended for good. */
export function partEnded(subject: string, reason: string): RaisedAlarm {
  const text = `A part of the program has ended, and the program with it: ${reason} The service manager starts it again; if this repeats, tell the developers, with the log.`;
  return { code: healthAlarms.ended, subject, severity: 'critical', text };
}

/** Looks at the health of all parts again and again, tells when it changes, and raises and clears the alarms of it. */
export class HealthWatch {
  readonly name = 'health';
  readonly #options: HealthWatchOptions;
  readonly #stopping = new AbortController();
  #last = new Map<string, WatchedHealth & { readonly sinceMonotonicMs: number }>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: HealthWatchOptions) {
    this.#options = options;
  }

  start(onFault: (error: unknown) => void): void {
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new RetryLater('HEALTH_STOPPED', 'The program is stopping.'));
    await this.#running;
  }

  health(): Health {
    return well;
  }

  /** As of now. */
  report(): WatchedHealth[] {
    for (const part of this.#options.parts()) this.#look(part);
    return [...this.#last.values()].map(({ name, state, reason, sinceMs }) => ({ name, state, reason, sinceMs }));
  }

  async #loop(): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(everyMs, this.#stopping.signal);
      this.report();
      this.#options.alarms.flush();
    }
  }

  #look(part: Watched): void {
    const { clock, log, tell, alarms } = this.#options;
    const { name } = part;
    const { state, reason } = part.health();
    const before = this.#last.get(name);
    const nowMs = clock.monotonicMs();
    const isNew = before?.state !== state;
    const since = isNew ? { sinceMs: clock.nowMs(), sinceMonotonicMs: nowMs } : before;
    this.#last.set(name, { name, state, reason, sinceMs: since.sinceMs, sinceMonotonicMs: since.sinceMonotonicMs });
    if (isNew && (before !== undefined || state !== 'well')) {
      log[state === 'well' ? 'info' : 'warn']({ part: name, reason }, `health: ${state}`);
      tell({ kind: 'part-health', part: name, state, reason });
    }
    const stalled = `The ${name} makes no progress: ${reason} Look at the log; a restart may help.`;
    alarms.follow(healthAlarms.needsOperator, name, 'warning', state === 'needs-operator' ? reason : undefined);
    alarms.follow(healthAlarms.stalled, name, 'critical', state === 'stalled' ? stalled : undefined);
    if (state === 'well' && nowMs - since.sinceMonotonicMs >= provenMs) alarms.clear(healthAlarms.ended, name);
  }
}
