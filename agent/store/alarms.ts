import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** Something that a person should see to. Times are Unix milliseconds. */
export interface Alarm {
  /** What kind of thing it is; stable, for programs. */
  readonly code: string;
  /** What it is about: a part, an instrument, a destination. */
  readonly subject: string;
  readonly severity: 'warning' | 'critical';
  /** What happened, what it means, what to do. */
  readonly text: string;
  readonly raisedAtMs: number;
  /** When it was raised last, and how often in all. */
  readonly lastAtMs: number;
  readonly count: number;
  /** When the trouble was over; null while it is not. */
  readonly clearedAtMs: number | null;
}

const columns =
  'code, subject, severity, text, raised_at_ms AS raisedAtMs, last_at_ms AS lastAtMs, count, cleared_at_ms AS clearedAtMs';

/** The alarms of this site, open and past. Of one code and subject one is open at most. */
export class AlarmStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** Writes an alarm as it now is, known before or not. */
  write(alarm: Alarm): void {
    this.#statements
      .prepare(
        `INSERT INTO alarms (code, subject, severity, text, raised_at_ms, last_at_ms, count, cleared_at_ms)
         VALUES (@code, @subject, @severity, @text, @raisedAtMs, @lastAtMs, @count, @clearedAtMs)
         ON CONFLICT (code, subject, raised_at_ms) DO UPDATE SET severity = excluded.severity, text = excluded.text,
           last_at_ms = excluded.last_at_ms, count = excluded.count, cleared_at_ms = excluded.cleared_at_ms`,
      )
      .run(alarm);
  }

  /** What is not over yet, the oldest first. */
  open(): Alarm[] {
    return this.#statements
      .prepare<[], Alarm>(
        `SELECT ${columns} FROM alarms WHERE cleared_at_ms IS NULL ORDER BY raised_at_ms, code, subject`,
      )
      .all();
  }

  /** The last ones, open or over, newest first. */
  recent(limit: number): Alarm[] {
    return this.#statements
      .prepare<[number], Alarm>(`SELECT ${columns} FROM alarms ORDER BY raised_at_ms DESC LIMIT ?`)
      .all(limit);
  }
}
