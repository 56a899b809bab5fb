import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { describeError, RetryLater } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { Wake } from '../../base/wake.ts';
import type { Happenings } from '../happenings.ts';
import type { Alarms } from '../health/alarms.ts';
import { type Health, well } from '../health/health.ts';
import type { Logger } from '../health/log.ts';
import type { Alarm } from '../store/alarms.ts';
import type { NoticeStore, ToldAlarm } from '../store/notices.ts';
import type { NightSummary } from './morning.ts';
import { alarmNotice, type Notice, type NoticeChannel, overNotice } from './notice.ts';

/** How often it looks for what is due when nothing happens: reminders, the morning. */
const everyMs = 60_000;
/** An alarm below critical is told when it has lasted so long: what mends itself wakes nobody. */
const lastingMs = 5 * 60_000;
const sendMs = 60_000;
const refusedMs = 30 * 60_000;

export interface MessengerOptions {
  readonly id: string;
  readonly channel: NoticeChannel;
  readonly from: Alarm['severity'];
  /** Whether mornings are told. */
  readonly summary: boolean;
  readonly remindMs: number;
  readonly site: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly happenings: Happenings;
  readonly alarms: Alarms;
  readonly store: NoticeStore;
  readonly lastNight: () => NightSummary | undefined;
}

/** One notice that is due, and how to note that it was sent. */
interface Due {
  readonly notice: Notice;
  readonly sent: () => void;
}

/**
 * Tells one channel what is to be told, each once: an alarm, the same again while a critical one lasts, its end, and the
 * summary of the night. What could not be sent is sent later, if it still holds then. Each channel has its own, so that a
 * service that is down delays no other.
 */
export class Messenger {
  readonly name: string;
  readonly #options: MessengerOptions;
  readonly #stopping = new AbortController();
  readonly #wake = new Wake();
  /** As the database has it, and what it did not take: a full disk must not repeat a notice for ever. */
  readonly #told = new Map<string, ToldAlarm>();
  #lastNight: string | undefined;
  #health: Health = well;
  #failures = 0;
  #running: Promise<void> = Promise.resolve();
  #forget: () => void = () => undefined;

  constructor(options: MessengerOptions) {
    this.#options = options;
    this.name = `notices to ${options.id}`;
  }

  start(onFault: (error: unknown) => void): void {
    const { happenings, store, id } = this.#options;
    for (const told of store.told(id)) this.#told.set(keyOf(told), told);
    this.#lastNight = store.lastNight(id);
    this.#forget = happenings.onEach(({ kind }) => {
      if (kind === 'alarm-raised' || kind === 'alarm-cleared') this.#wake.wake();
    });
    this.#running = this.#loop().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onFault(error);
    });
  }

  async stop(): Promise<void> {
    this.#forget();
    this.#stopping.abort(new RetryLater('NOTICES_STOPPED', 'The program is stopping.'));
    await this.#running;
  }

  health(): Health {
    return this.#health;
  }

  async #loop(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const due = this.#nextDue();
      if (!due) await this.#wake.wait(clock, this.#stopping.signal, everyMs);
      else if (await this.#send(due.notice)) due.sent();
    }
  }

  /** The next thing to tell; nothing when the database cannot be read, which its own part tells. */
  #nextDue(): Due | undefined {
    try {
      return this.#due();
    } catch (error) {
      if (!isOfDatabase(error)) throw error;
      this.#options.log.warn({ err: error, channel: this.#options.id }, 'what is to be told cannot be read');
      return undefined;
    }
  }

  /** The next thing to tell: critical alarms before others, alarms before their ends, the morning last. */
  #due(): Due | undefined {
    const { alarms, clock, site, from, remindMs } = this.#options;
    const nowMs = clock.nowMs();
    const open = alarms.open().filter(({ severity }) => severity === 'critical' || from === 'warning');
    open.sort((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
    for (const alarm of open) {
      const told = this.#told.get(keyOf(alarm));
      const isCritical = alarm.severity === 'critical';
      const isNew = !told && (isCritical || nowMs - alarm.raisedAtMs >= lastingMs);
      const isAgain = told && isCritical && nowMs - told.toldAtMs >= remindMs;
      if (isNew || isAgain) {
        return { notice: alarmNotice(alarm, site, told !== undefined), sent: () => this.#markTold(alarm) };
      }
    }
    const openKeys = new Set(alarms.open().map(keyOf));
    const over = [...this.#told.values()].find((told) => !openKeys.has(keyOf(told)));
    if (over) return { notice: overNotice(over, site, nowMs), sent: () => this.#markOver(over) };
    return this.#morning();
  }

  #morning(): Due | undefined {
    const { summary, lastNight } = this.#options;
    const night = summary ? lastNight() : undefined;
    if (!night || night.date === this.#lastNight) return undefined;
    return {
      notice: night.notice,
      sent: () => {
        this.#lastNight = night.date;
        this.#write((store, id) => store.markNight(id, night.date));
      },
    };
  }

  /** Whether it was sent; where it was not, after the wait until the next try. */
  async #send(notice: Notice): Promise<boolean> {
    const { channel, clock, random, log } = this.#options;
    const { signal } = this.#stopping;
    try {
      await channel.send(notice, AbortSignal.any([signal, AbortSignal.timeout(sendMs)]));
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = describeError(error);
      this.#failures++;
      // Whatever else a channel throws is for a person too, and no reason to end the rest of the program.
      const isAway = error instanceof RetryLater || (error as { name?: unknown }).name === 'TimeoutError';
      log.warn(
        { err: error, channel: this.#options.id, notice: notice.title },
        'a notice was not sent; it is tried again',
      );
      this.#health = { state: isAway ? 'away' : 'needs-operator', reason };
      const untilMs = (error as { notBeforeMs?: number }).notBeforeMs;
      const waitMs = isAway ? backoffMs(this.#failures, random) : refusedMs;
      await clock.sleep(Math.max(waitMs, (untilMs ?? 0) - clock.nowMs(), 1000), signal);
      return false;
    }
    this.#failures = 0;
    this.#health = well;
    log.info({ channel: this.#options.id, notice: notice.title }, 'notice sent');
    return true;
  }

  #markTold({ code, subject, raisedAtMs, text }: Alarm): void {
    const told = { code, subject, raisedAtMs, text, toldAtMs: this.#options.clock.nowMs() };
    this.#told.set(keyOf(told), told);
    this.#write((store, id) => store.markTold(id, told));
  }

  #markOver(told: ToldAlarm): void {
    this.#told.delete(keyOf(told));
    this.#write((store, id) => store.markOver(id, told));
  }

  /** A database that cannot be written costs a notice that is told twice after a restart, and nothing else. */
  #write(work: (store: NoticeStore, id: string) => void): void {
    const { store, id, log } = this.#options;
    try {
      work(store, id);
    } catch (error) {
      if (!isOfDatabase(error)) throw error;
      log.warn({ err: error, channel: id }, 'that a notice was sent could not be written');
    }
  }
}

function keyOf({ code, subject, raisedAtMs }: Pick<Alarm, 'code' | 'subject' | 'raisedAtMs'>): string {
  return `${code} ${subject} ${raisedAtMs}`;
}

function isOfDatabase(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_');
}
