import type { Clock } from '../../base/clock.ts';
import type { Tell } from '../happenings.ts';
import type { Alarm, AlarmStore } from '../store/alarms.ts';
import type { Logger } from './log.ts';

export interface AlarmsOptions {
  readonly store: AlarmStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tell: Tell;
}

/** What an alarm is raised with. */
export type RaisedAlarm = Pick<Alarm, 'code' | 'subject' | 'severity' | 'text'>;

/**
 * The alarms of the site. What is open is kept in memory and written through to the database; when that cannot be
 * written (a disk that is full is one of the reasons for an alarm) it is told all the same and written later.
 */
export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #open = new Map<string, Alarm>();
  /** As they are to be written, by key and time of raising. */
  readonly #unwritten = new Map<string, Alarm>();

  constructor(options: AlarmsOptions) {
    this.#options = options;
  }

  /** Takes up what the last run left open. */
  load(): void {
    for (const alarm of this.#options.store.open()) this.#open.set(keyOf(alarm), alarm);
  }

  /** Raises an alarm. One that is open already is counted, and says what it says now. */
  raise(raised: RaisedAlarm): void {
    const { clock, log, tell } = this.#options;
    const { code, subject, text } = raised;
    const nowMs = clock.nowMs();
    const before = this.#open.get(keyOf(raised));
    const alarm: Alarm = {
      ...raised,
      ...{
        raisedAtMs: before?.raisedAtMs ?? nowMs,
        lastAtMs: nowMs,
        count: (before?.count ?? 0) + 1,
        clearedAtMs: null,
      },
    };
    this.#open.set(keyOf(alarm), alarm);
    this.#write(alarm);
    if (before) return;
    log.error({ code, subject, alarm: text }, 'ALARM');
    tell({ kind: 'alarm-raised', code, subject });
  }

  /** The trouble is over. Nothing happens when there was none. */
  clear(code: string, subject: string): void {
    const { clock, log, tell } = this.#options;
    const alarm = this.#open.get(keyOf({ code, subject }));
    if (!alarm) return;
    this.#open.delete(keyOf(alarm));
    this.#write({ ...alarm, clearedAtMs: clock.nowMs() });
    log.info({ code, subject }, 'alarm over');
    tell({ kind: 'alarm-cleared', code, subject });
  }

  /**
   * Holds an alarm to a condition that is looked at again and again: raised when there is a text, once a spell, and
   * cleared when there is none.
   */
  follow(code: string, subject: string, severity: Alarm['severity'], text: string | undefined): void {
    const open = this.#open.get(keyOf({ code, subject }));
    if (text === undefined) this.clear(code, subject);
    else if (!open) this.raise({ code, subject, severity, text });
    else this.#open.set(keyOf(open), { ...open, text }); // the figures in it change; that is not worth a write
  }

  /** What is not over, the oldest first. */
  open(): Alarm[] {
    return [...this.#open.values()].sort((a, b) => a.raisedAtMs - b.raisedAtMs);
  }

  /** Writes what the database did not take before. */
  flush(): void {
    for (const [key, alarm] of this.#unwritten) {
      try {
        this.#options.store.write(alarm);
      } catch (error) {
        if (!isOfDatabase(error)) throw error;
        this.#options.log.warn({ err: error }, 'an alarm could not be written; it is kept and written later');
        return;
      }
      this.#unwritten.delete(key);
    }
  }

  #write(alarm: Alarm): void {
    this.#unwritten.set(`${keyOf(alarm)} ${alarm.raisedAtMs}`, alarm);
    this.flush();
  }
}

function keyOf({ code, subject }: Pick<Alarm, 'code' | 'subject'>): string {
  return `${code} ${subject}`;
}

function isOfDatabase(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_');
}
