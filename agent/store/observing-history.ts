import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** How deep one frame went. */
export interface FrameDepth {
  /** As the header calls it; empty for none. */
  readonly filter: string;
  readonly exposureS: number;
  /** Standard magnitude of S/N 5. */
  readonly limitingMag: number;
  readonly band: string | null;
}

/** Frames that are looked at: the last ones, of a setup that may have changed before. */
const framesLookedAt = 300;

/** What earlier nights tell those who plan the next: how deep the frames went, and when targets were measured last. */
export class ObservingHistory {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** The depths of the last standardised frames of an instrument since a moment (Unix milliseconds), newest first. */
  depths(instrument: string, sinceMs: number): FrameDepth[] {
    return this.#statements
      .prepare<unknown[], FrameDepth>(
        `SELECT coalesce(record ->> '$.filter', '') AS filter, record ->> '$.exposureS' AS exposureS,
           record ->> '$.limitingMag' AS limitingMag, record ->> '$.band' AS band
         FROM reductions JOIN frames ON frames.id = frame_id
         WHERE instrument = ? AND reduced_at_ms >= ? AND limitingMag IS NOT NULL AND exposureS > 0
         ORDER BY reductions.rowid DESC LIMIT ${framesLookedAt}`,
      )
      .all(instrument, sinceMs);
  }

  /** When each target was measured last on this site's frames: mid-exposure, MJD. */
  lastMeasured(): ReadonlyMap<string, number> {
    const rows = this.#statements
      .prepare<[], { target: string; mjdMid: number }>(
        `SELECT target, max(mjd_mid) AS mjdMid FROM products
         WHERE subject = 'target' AND target IS NOT NULL AND mjd_mid IS NOT NULL GROUP BY target`,
      )
      .all();
    return new Map(rows.map(({ target, mjdMid }) => [target, mjdMid]));
  }
}
