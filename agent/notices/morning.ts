import type { Clock } from '../../base/clock.ts';
import { lastNight, type PastNight } from '../../sky/last-night.ts';
import type { Site } from '../../sky/site.ts';
import type { Alarms } from '../health/alarms.ts';
import type { Health } from '../health/health.ts';
import type { Logger } from '../health/log.ts';
import { Periodic } from '../periodic.ts';
import type { Alarm, AlarmStore } from '../store/alarms.ts';
import type { NightCounts, NightStore } from '../store/nights.ts';
import type { Notice } from './notice.ts';

const everyMs = 5 * 60_000;
/** A summary that is later than this is no longer one of the morning. */
const freshMs = 12 * 3_600_000;
const silentNight = { code: 'SILENT_NIGHT', subject: 'site' } as const;

export interface MorningOptions {
  readonly site: Site & { readonly name: string };
  readonly clock: Clock;
  readonly log: Logger;
  readonly alarms: Alarms;
  readonly store: { readonly nights: NightStore; readonly alarms: AlarmStore };
  /** Whether a night in which no frame came is an alarm. */
  readonly silentNights: boolean;
}

/** The summary of one night. */
export interface NightSummary {
  /** The date of its evening. */
  readonly date: string;
  readonly notice: Notice;
}

/** Looks back at each night once the Sun is up: what it brought, and an alarm when it brought nothing. */
export class Morning {
  readonly name = 'morning';
  readonly #options: MorningOptions;
  readonly #looking: Periodic;
  #startedMs = Number.POSITIVE_INFINITY;

  constructor(options: MorningOptions) {
    this.#options = options;
    this.#looking = new Periodic(this.name, everyMs, () => this.#lookForSilence(), options.clock, options.log);
  }

  start(onFault: (error: unknown) => void): void {
    this.#startedMs = this.#options.clock.nowMs();
    this.#looking.start(onFault);
  }

  stop(): Promise<void> {
    return this.#looking.stop();
  }

  health(): Health {
    return this.#looking.health();
  }

  /** The summary of the last night, while it is a morning's. */
  summary(): NightSummary | undefined {
    const { site, clock, store } = this.#options;
    const night = lastNight(site, clock.nowMs());
    if (clock.nowMs() - night.untilMs > freshMs) return undefined;
    const counts = store.nights.counts(night.fromMs, night.untilMs);
    const delivered = store.nights.delivered(night.fromMs, night.untilMs);
    const alarms = this.#alarmsOf(night);
    const notice = {
      severity: 'info',
      title: `${site.name}: night of ${night.date}, ${titleOf(counts, alarms)}`,
      text: [...linesOf(counts), `${delivered} results reached a centre.`, ...alarms.map(alarmLine)].join('\n'),
      site: site.name,
      atMs: night.untilMs,
    } as const;
    return { date: night.date, notice };
  }

  /** Of a night that this program has seen from its beginning: of others it does not know whether nothing came. */
  #lookForSilence(): void {
    const { site, clock, alarms, store, silentNights } = this.#options;
    if (!silentNights) return;
    const night = lastNight(site, clock.nowMs());
    const isDark = store.nights.counts(night.fromMs, clock.nowMs()).every(({ lights }) => lights === 0);
    if (!isDark) alarms.clear(silentNight.code, silentNight.subject);
    else if (this.#startedMs <= night.fromMs) {
      const text = `No light frame came in the night of ${night.date}. If it was clear, look at the camera program, the watched folders and the roof.`;
      alarms.follow(silentNight.code, silentNight.subject, 'warning', text);
    }
  }

  /** What was raised in a night, or before it and not over. */
  #alarmsOf({ fromMs, untilMs }: PastNight): Alarm[] {
    const recent = this.#options.store.alarms.recent(200);
    return recent
      .filter(({ raisedAtMs, clearedAtMs }) => raisedAtMs < untilMs && (clearedAtMs === null || clearedAtMs >= fromMs))
      .reverse();
  }
}

function titleOf(counts: readonly NightCounts[], alarms: readonly Alarm[]): string {
  const sum = (of: (one: NightCounts) => number) => counts.reduce((total, one) => total + of(one), 0);
  const frames = `${sum((one) => one.measured)} of ${sum((one) => one.lights)} frames measured`;
  const open = alarms.filter(({ clearedAtMs }) => clearedAtMs === null).length;
  return open === 0 ? frames : `${frames}, ${open} alarm${open === 1 ? '' : 's'} open`;
}

function linesOf(counts: readonly NightCounts[]): string[] {
  if (counts.length === 0) return ['No frames came.'];
  return counts.map(
    ({ instrument, lights, measured, refused, calibration }) =>
      `${instrument}: ${lights} light frames, ${measured} measured, ${refused} refused; ${calibration} calibration frames`,
  );
}

function alarmLine({ severity, code, subject, text, raisedAtMs, clearedAtMs }: Alarm): string {
  const at = new Date(raisedAtMs).toISOString().slice(11, 16);
  return `${severity} ${code} ${subject} at ${at} UTC${clearedAtMs === null ? '' : ' (over)'}: ${text}`;
}
