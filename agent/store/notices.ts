import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** An alarm that a channel has told and whose end it has not. Times are Unix milliseconds. */
export interface ToldAlarm {
  readonly code: string;
  readonly subject: string;
  readonly raisedAtMs: number;
  readonly text: string;
  readonly toldAtMs: number;
}

/** What each notice channel has told, so that a restart repeats nothing and forgets nothing. */
export class NoticeStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  told(channel: string): ToldAlarm[] {
    return this.#statements
      .prepare<[string], ToldAlarm>(
        `SELECT code, subject, raised_at_ms AS raisedAtMs, text, told_at_ms AS toldAtMs
         FROM notices_told WHERE channel = ? ORDER BY raised_at_ms, code, subject`,
      )
      .all(channel);
  }

  markTold(channel: string, alarm: ToldAlarm): void {
    this.#statements
      .prepare(
        `INSERT INTO notices_told (channel, code, subject, raised_at_ms, text, told_at_ms)
         VALUES (@channel, @code, @subject, @raisedAtMs, @text, @toldAtMs)
         ON CONFLICT DO UPDATE SET text = excluded.text, told_at_ms = excluded.told_at_ms`,
      )
      .run({ channel, ...alarm });
  }

  markOver(channel: string, { code, subject, raisedAtMs }: ToldAlarm): void {
    this.#statements
      .prepare('DELETE FROM notices_told WHERE channel = ? AND code = ? AND subject = ? AND raised_at_ms = ?')
      .run(channel, code, subject, raisedAtMs);
  }

  /** The last night whose summary the channel has told, by the date of its evening. */
  lastNight(channel: string): string | undefined {
    return this.#statements
      .prepare<[string], string>('SELECT night FROM summaries_told WHERE channel = ?')
      .pluck()
      .get(channel);
  }

  markNight(channel: string, night: string): void {
    this.#statements
      .prepare(
        'INSERT INTO summaries_told (channel, night) VALUES (?, ?) ON CONFLICT DO UPDATE SET night = excluded.night',
      )
      .run(channel, night);
  }
}
