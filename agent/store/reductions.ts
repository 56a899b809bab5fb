import type { Clock } from '../../base/clock.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { FrameStore } from './frames.ts';
import { Statements } from './statements.ts';

/** One run of the pipeline on one light frame. */
export interface Reduction {
  /** Hash of everything that went in, so that the same run has the same id. */
  readonly id: string;
  readonly frameId: number;
  readonly exposureId: string;
  /** How the measurement ended: `measured`, `no stars`, ... */
  readonly outcome: string;
  /** The per-frame record, JSON. */
  readonly record: string;
}

export interface StoredReduction extends Reduction {
  readonly reducedAtMs: number;
}

const columns = 'id, frame_id AS frameId, exposure_id AS exposureId, outcome, record, reduced_at_ms AS reducedAtMs';

/** What the pipeline made of each light frame. */
export class ReductionStore {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #frames: FrameStore;
  readonly #clock: Clock;

  constructor(database: SqliteDatabase, frames: FrameStore, clock: Clock) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#frames = frames;
    this.#clock = clock;
  }

  /**
   * Stores a reduction, marks its frame as reduced and does `alongside` (enqueueing the parcels), all in one
   * transaction: after a crash there are all of them or none. A run that is stored already is not stored twice.
   */
  finish(reduction: Reduction, alongside: () => void): void {
    this.#database
      .transaction(() => {
        this.#statements
          .prepare(
            `INSERT INTO reductions (id, frame_id, exposure_id, outcome, record, reduced_at_ms)
             VALUES (@id, @frameId, @exposureId, @outcome, @record, @nowMs) ON CONFLICT (id) DO NOTHING`,
          )
          .run({ ...reduction, nowMs: this.#clock.nowMs() });
        this.#frames.markReduced(reduction.frameId);
        alongside();
      })
      .immediate();
  }

  get(id: string): StoredReduction | undefined {
    return this.#many('id = ?', id)[0];
  }

  /** The reductions of one exposure, newest first. */
  byExposure(exposureId: string): StoredReduction[] {
    return this.#many('exposure_id = ? ORDER BY reduced_at_ms DESC, rowid DESC', exposureId);
  }

  /** The reductions of one frame, newest first. */
  byFrame(frameId: number): StoredReduction[] {
    return this.#many('frame_id = ? ORDER BY reduced_at_ms DESC, rowid DESC', frameId);
  }

  /** The last reduction of an instrument's frames since a moment. */
  lastOf(instrument: string, sinceMs: number): StoredReduction | undefined {
    return this.#many(
      `reduced_at_ms >= ? AND EXISTS (SELECT 1 FROM frames WHERE frames.id = frame_id AND instrument = ?)
       ORDER BY rowid DESC LIMIT 1`,
      sinceMs,
      instrument,
    )[0];
  }

  /** The newest reduction of each exposure, in the order in which they were stored, one at a time. */
  *newestOfEach(): IterableIterator<StoredReduction> {
    yield* this.#statements
      .prepare<[], StoredReduction>(
        `SELECT ${columns} FROM reductions WHERE NOT EXISTS (SELECT 1 FROM reductions AS newer
         WHERE newer.exposure_id = reductions.exposure_id AND newer.rowid > reductions.rowid) ORDER BY rowid`,
      )
      .iterate();
  }

  /** The last reductions of all, newest first. */
  recent(limit: number): StoredReduction[] {
    return this.#many('true ORDER BY rowid DESC LIMIT ?', limit);
  }

  #many(where: string, ...values: unknown[]): StoredReduction[] {
    return this.#statements
      .prepare<unknown[], StoredReduction>(`SELECT ${columns} FROM reductions WHERE ${where}`)
      .all(...values);
  }
}
