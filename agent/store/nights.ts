import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** What one instrument's folder brought between two moments, copies left out. */
export interface NightCounts {
  readonly instrument: string;
  /** Light frames that came, by what became of them. */
  readonly lights: number;
  readonly measured: number;
  readonly refused: number;
  /** Bias, dark and flat frames. */
  readonly calibration: number;
}

/** What a night brought, counted from the ledger. */
export class NightStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** Of frames first seen from `fromMs` until before `untilMs`, Unix milliseconds. Instruments without any are left out. */
  counts(fromMs: number, untilMs: number): NightCounts[] {
    return this.#statements
      .prepare<[number, number], NightCounts>(
        `SELECT instrument,
           count(*) FILTER (WHERE kind = 'light' OR (kind IS NULL AND state IN ('rejected', 'failed'))) AS lights,
           count(*) FILTER (WHERE state = 'reduced') AS measured,
           count(*) FILTER (WHERE state IN ('rejected', 'failed')) AS refused,
           count(*) FILTER (WHERE kind <> 'light') AS calibration
         FROM frames WHERE seen_at_ms >= ? AND seen_at_ms < ? AND duplicate_of IS NULL
         GROUP BY instrument ORDER BY instrument`,
      )
      .all(fromMs, untilMs);
  }

  /** Products that reached a centre between two moments. */
  delivered(fromMs: number, untilMs: number): number {
    return this.#statements
      .prepare<[number, number], number>(
        'SELECT count(*) FROM parcels WHERE accepted_at_ms >= ? AND accepted_at_ms < ?',
      )
      .pluck()
      .get(fromMs, untilMs)!;
  }
}
