import type { Clock } from '../../base/clock.ts';
import { ProgrammingFault } from '../../base/errors.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

export type ParcelState = 'pending' | 'sending' | 'unknown' | 'acknowledged' | 'parked' | 'superseded';

/** A parcel as it is handed to a centre. */
export interface Parcel {
  readonly key: string;
  readonly revision: string;
  readonly destination: string;
  readonly exposureId: string;
  readonly subject: 'frame' | 'target';
  /** The JSON of a PhotometryParcel, gzip-compressed. */
  readonly body: Uint8Array;
  /** SHA-256 of the JSON, hexadecimal. */
  readonly checksum: string;
}

export interface NewParcel extends Parcel {
  readonly reductionId: string;
}

/** A parcel that was taken from the outbox, with what is known of it. */
export interface ClaimedParcel extends Parcel {
  readonly id: number;
  /** Failed tries, or for an unknown one the times it was looked for in vain. */
  readonly failures: number;
}

/** What became of one try. Times are Unix milliseconds. */
export type Settlement =
  | { readonly state: 'acknowledged' }
  | {
      readonly state: 'pending' | 'unknown';
      readonly failures: number;
      readonly nextAtMs: number;
      readonly reason: string;
    }
  | { readonly state: 'parked'; readonly reason: string };

export interface ParcelCount {
  readonly destination: string;
  readonly state: ParcelState;
  readonly count: number;
}

export interface ParcelStatus {
  readonly destination: string;
  readonly subject: 'frame' | 'target';
  readonly state: ParcelState;
  readonly checksum: string;
  readonly failures: number;
  readonly lastError: string | null;
  readonly acknowledgedAtMs: number | null;
}

/** Nothing waits longer than this, whatever a centre asks for or a wrong clock has written. */
export const longestWaitMs = 60 * 60_000;

const priorities = { target: 1, frame: 0 } as const;
/** Every so many parcels taken, one is the oldest. */
const backlogShare = 4;
const columns = 'id, key, revision, destination, exposure_id AS exposureId, subject, body, checksum, failures';
/** A due time beyond the longest wait can only come from a clock that was wrong, and counts as due. */
const due = 'next_at_ms NOT BETWEEN @nowMs + 1 AND @nowMs + @longestMs';

/** A newer revision of the same key has come since. */
const outdated = 'EXISTS (SELECT 1 FROM parcels AS newer WHERE newer.key = parcels.key AND newer.id > parcels.id)';

/**
 * The outbox: products on their way to centres. It survives everything the database survives.
 *
 * Order: of every four parcels taken, three are the newest of the most urgent kind (target measurements before whole
 * frames), the fourth is the oldest that is due, of any kind. So tonight's target goes out first after a week without
 * a network, and the backlog still shrinks by a quarter of what is sent, whatever arrives meanwhile.
 */
export class Outbox {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #clock: Clock;
  #taken = 0;

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#clock = clock;
  }

  /**
   * Puts parcels in the outbox. Call it inside the transaction that stores their reduction, so that there is never one
   * without the other. A newer revision of the same key supersedes those still waiting; a revision that is already here
   * is left alone, unless it was superseded or parked: then it is due again.
   */
  enqueue(parcels: readonly NewParcel[]): void {
    if (!this.#database.inTransaction) {
      throw new ProgrammingFault('ENQUEUE_ALONE', 'A parcel was enqueued outside the transaction of its reduction.');
    }
    const nowMs = this.#clock.nowMs();
    for (const parcel of parcels) {
      this.#statements
        .prepare(`DELETE FROM parcels WHERE key = ? AND revision = ? AND state IN ('superseded', 'parked')`)
        .run(parcel.key, parcel.revision);
      const { changes } = this.#statements
        .prepare(
          `INSERT INTO parcels (key, revision, destination, exposure_id, reduction_id, subject, state, priority, body,
             checksum, created_at_ms, next_at_ms)
           VALUES (@key, @revision, @destination, @exposureId, @reductionId, @subject, 'pending', @priority, @body,
             @checksum, @nowMs, @nowMs)
           ON CONFLICT (key, revision) DO NOTHING`,
        )
        .run({ ...parcel, priority: priorities[parcel.subject], nowMs });
      if (changes === 0) continue;
      this.#statements
        .prepare(
          `UPDATE parcels SET state = 'superseded', body = x''
           WHERE key = ? AND revision <> ? AND state IN ('pending', 'parked')`,
        )
        .run(parcel.key, parcel.revision);
    }
  }

  /** Takes up to `limit` parcels that are due, and marks them as being sent. */
  claim(destination: string, limit: number): ClaimedParcel[] {
    const wanted = { destination, nowMs: this.#clock.nowMs(), longestMs: longestWaitMs };
    return this.#database
      .transaction(() => {
        const claimed: ClaimedParcel[] = [];
        while (claimed.length < limit) {
          const order = this.#taken % backlogShare === backlogShare - 1 ? 'id' : 'priority DESC, id DESC';
          const parcel = this.#statements
            .prepare<[typeof wanted], ClaimedParcel>(
              `SELECT ${columns} FROM parcels WHERE destination = @destination AND state = 'pending' AND ${due}
               ORDER BY ${order} LIMIT 1`,
            )
            .get(wanted);
          if (parcel === undefined) break;
          this.#statements.prepare(`UPDATE parcels SET state = 'sending' WHERE id = ?`).run(parcel.id);
          this.#taken++;
          claimed.push(parcel);
        }
        return claimed;
      })
      .immediate();
  }

  /** A parcel of which nobody knows whether it arrived, when it is time to look for it. It keeps its state. */
  nextUnknown(destination: string): ClaimedParcel | undefined {
    return this.#statements
      .prepare<unknown[], ClaimedParcel>(
        `SELECT ${columns} FROM parcels WHERE destination = @destination AND state = 'unknown' AND ${due}
         ORDER BY next_at_ms LIMIT 1`,
      )
      .get({ destination, nowMs: this.#clock.nowMs(), longestMs: longestWaitMs });
  }

  /** Writes what became of a parcel. One that must be sent again but has a newer revision by now is superseded. */
  settle(id: number, outcome: Settlement): void {
    switch (outcome.state) {
      case 'acknowledged':
        this.#statements
          .prepare(
            `UPDATE parcels SET state = 'acknowledged', body = x'', acknowledged_at_ms = ?, last_error = NULL WHERE id = ?`,
          )
          .run(this.#clock.nowMs(), id);
        return;
      case 'parked':
        this.#statements
          .prepare(`UPDATE parcels SET state = 'parked', failures = failures + 1, last_error = ? WHERE id = ?`)
          .run(outcome.reason, id);
        return;
      case 'pending':
      case 'unknown':
        this.#statements
          .prepare(
            `UPDATE parcels SET state = CASE WHEN @state = 'pending' AND ${outdated} THEN 'superseded' ELSE @state END,
               failures = @failures, next_at_ms = @nextAtMs, last_error = @reason WHERE id = @id`,
          )
          .run({ ...outcome, id });
    }
  }

  /**
   * Settles what was being sent when the process ended. Where the centre knows our keys, sending again is safe; where it
   * does not, only a look at the centre can tell. Call it while nothing is being sent. Returns how many there were.
   */
  recover(destination: string, keyed: boolean): number {
    const next = keyed ? `CASE WHEN ${outdated} THEN 'superseded' ELSE 'pending' END` : `'unknown'`;
    return this.#statements
      .prepare(
        `UPDATE parcels SET state = ${next}, failures = 0, next_at_ms = ?, last_error = 'interrupted while it was being sent'
         WHERE destination = ? AND state = 'sending'`,
      )
      .run(this.#clock.nowMs(), destination).changes;
  }

  /** When the next parcel of this destination can be tried, Unix milliseconds; undefined when none waits. */
  nextDueMs(destination: string): number | undefined {
    const at = this.#statements
      .prepare<[string, string], number | null>(
        `SELECT min(at) FROM (SELECT min(next_at_ms) AS at FROM parcels WHERE destination = ? AND state = 'pending'
         UNION ALL SELECT min(next_at_ms) FROM parcels WHERE destination = ? AND state = 'unknown')`,
      )
      .pluck()
      .get(destination, destination);
    return at ?? undefined;
  }

  /** How many parcels are in each state. */
  counts(): ParcelCount[] {
    return this.#statements
      .prepare<[], ParcelCount>(
        'SELECT destination, state, count(*) AS count FROM parcels GROUP BY destination, state ORDER BY destination, state',
      )
      .all();
  }

  /** How the products of one exposure fare. */
  ofExposure(exposureId: string): ParcelStatus[] {
    return this.#statements
      .prepare<[string], ParcelStatus>(
        `SELECT destination, subject, state, checksum, failures, last_error AS lastError, acknowledged_at_ms AS acknowledgedAtMs
         FROM parcels WHERE exposure_id = ? ORDER BY id`,
      )
      .all(exposureId);
  }
}
