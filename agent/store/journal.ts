import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** Something that happened at this site, as the tables tell it. */
export interface JournalEntry {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly kind: 'frame' | 'master' | 'parcel' | 'request' | 'visit' | 'alarm';
  /** Whether it is something that went wrong. */
  readonly isProblem: boolean;
  /** A file, a target, a request. */
  readonly subject: string;
  /** What became of it. */
  readonly state: string;
  /** Why, in plain words; null where nothing more is known. */
  readonly words: string | null;
}

type Row = Omit<JournalEntry, 'isProblem'> & { readonly isProblem: number };

/** Each branch gives: moment, kind, whether it is a problem, subject, state, words. */
const happenings = `
  SELECT state_at_ms AS atMs, 'frame' AS kind, state <> 'reduced' AS isProblem, path AS subject, state, reason AS words
    FROM frames WHERE state IN ('reduced', 'rejected', 'failed') AND state_at_ms >= @sinceMs
  UNION ALL
  SELECT built_at_ms, 'master', state IN ('aside', 'refused'), kind || ' of ' || instrument, state, reason
    FROM masters WHERE built_at_ms >= @sinceMs
  UNION ALL
  SELECT accepted_at_ms, 'parcel', 0, coalesce(parcels.target, products.target, 'whole frame') || ' to ' || destination,
    'accepted', receipt FROM parcels JOIN products ON products.id = product_id WHERE accepted_at_ms >= @sinceMs
  UNION ALL
  SELECT done_at_ms, 'parcel', 0, coalesce(parcels.target, products.target, 'whole frame') || ' to ' || destination,
    'verdict', verdict FROM parcels JOIN products ON products.id = product_id
    WHERE verdict IS NOT NULL AND done_at_ms >= @sinceMs
  UNION ALL
  SELECT sent_at_ms, 'parcel', 1, coalesce(parcels.target, products.target, 'whole frame') || ' to ' || destination,
    parcels.state, last_error FROM parcels JOIN products ON products.id = product_id
    WHERE parcels.state IN ('rejected', 'parked', 'unknown') AND sent_at_ms >= @sinceMs
  UNION ALL
  SELECT received_at_ms, 'request', 0, destination || ' ' || id, 'received', NULL
    FROM requests WHERE received_at_ms >= @sinceMs
  UNION ALL
  SELECT state_at_ms, 'request', state IN ('FAILED', 'ABORTED', 'NOT_ATTEMPTED'), destination || ' ' || id, state, reason
    FROM requests WHERE state <> 'PENDING' AND state_at_ms >= @sinceMs
  UNION ALL
  SELECT started_at_ms, 'visit', 0, destination || ' ' || request_id, 'begun', NULL
    FROM visits WHERE started_at_ms >= @sinceMs
  UNION ALL
  SELECT ended_at_ms, 'visit', state IN ('FAILED', 'ABORTED'), destination || ' ' || request_id, state, reason
    FROM visits WHERE ended_at_ms >= @sinceMs
  UNION ALL
  SELECT raised_at_ms, 'alarm', 1, code || ' ' || subject, severity, text FROM alarms WHERE raised_at_ms >= @sinceMs
  UNION ALL
  SELECT cleared_at_ms, 'alarm', 0, code || ' ' || subject, 'over', NULL FROM alarms WHERE cleared_at_ms >= @sinceMs`;

/** What happened at this site, put together from everything that is kept with its time. */
export class Journal {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** The last happenings since a moment, Unix milliseconds, in the order of time; of problems alone where that is wanted. */
  since(sinceMs: number, limit: number, onlyProblems = false): JournalEntry[] {
    return this.#statements
      .prepare<[{ sinceMs: number; limit: number; onlyProblems: number }], Row>(
        `SELECT * FROM (${happenings}) WHERE isProblem >= @onlyProblems ORDER BY atMs DESC LIMIT @limit`,
      )
      .all({ sinceMs, limit, onlyProblems: onlyProblems ? 1 : 0 })
      .map((row) => ({ ...row, isProblem: row.isProblem === 1 }))
      .reverse();
  }
}
