import type { Clock } from '../../base/clock.ts';
import { ProgrammingFault } from '../../base/errors.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/**
 * `queued` waits for its turn · `sending` · `unknown` may have arrived, and is looked for · `accepted` the centre has it
 * and judges later · `done` nothing more happens · `rejected` the centre refuses it for good · `parked` a person put it
 * aside · `superseded` a newer revision took its place before it was sent.
 */
export type ParcelState = 'queued' | 'sending' | 'unknown' | 'accepted' | 'done' | 'rejected' | 'parked' | 'superseded';

/** What was measured: one plane of a frame with its sources, or one target in it. */
export interface NewProduct {
  readonly exposureId: string;
  readonly reductionId: string;
  readonly subject: 'frame' | 'target';
  readonly plane: string;
  /** The target's name; null for a frame. */
  readonly target: string | null;
  /** Mid-exposure, UTC, MJD. */
  readonly mjdMid: number | null;
  /** The JSON of a PhotometryParcel, gzip-compressed. */
  readonly body: Uint8Array;
  /** SHA-256 of the JSON, hexadecimal. */
  readonly checksum: string;
}

/** A product that is to go to a destination. */
export interface NewParcel {
  readonly product: NewProduct;
  readonly destination: string;
  /** The same for ever, however often the exposure is reduced again. */
  readonly key: string;
  readonly revision: string;
  /** The target that the parcel is about, whatever else the product holds; null for a whole frame. */
  readonly target: string | null;
}

/** A parcel as it is handed to a centre. */
export interface Parcel
  extends Omit<NewParcel, 'product'>,
    Pick<NewProduct, 'exposureId' | 'subject' | 'body' | 'checksum'> {}

/** A parcel that was taken from the outbox, with what is known of it. */
export interface ClaimedParcel extends Parcel {
  readonly id: number;
  /** Failed tries, or for an unknown one the times it was looked for in vain. */
  readonly failures: number;
  /** The centre's own name for it, where it gave one. */
  readonly remoteId: string | null;
}

/** What became of one try. Times are Unix milliseconds. */
export type Settlement =
  | { readonly state: 'done'; readonly receipt?: Receipt; readonly verdict?: string }
  | { readonly state: 'accepted'; readonly receipt: Receipt; readonly nextAtMs: number }
  | {
      readonly state: 'queued' | 'unknown';
      readonly failures: number;
      readonly nextAtMs: number;
      readonly reason: string;
    }
  | { readonly state: 'rejected' | 'parked'; readonly reason: string };

/** What a centre said when it took a parcel. */
export interface Receipt {
  readonly remoteId?: string;
  /** In its own words. */
  readonly words?: string;
}

export interface ParcelCount {
  readonly destination: string;
  readonly state: ParcelState;
  readonly count: number;
}

export interface ParcelStatus {
  readonly id: number;
  readonly destination: string;
  readonly exposureId: string;
  readonly reductionId: string;
  readonly subject: 'frame' | 'target';
  readonly plane: string | null;
  readonly target: string | null;
  readonly key: string;
  readonly revision: string;
  readonly state: ParcelState;
  readonly checksum: string;
  readonly failures: number;
  readonly lastError: string | null;
  readonly createdAtMs: number;
  readonly nextAtMs: number;
  readonly sentAtMs: number | null;
  readonly acceptedAtMs: number | null;
  readonly remoteId: string | null;
  readonly receipt: string | null;
  readonly doneAtMs: number | null;
  readonly verdict: string | null;
}

/** Every so many parcels taken, one is the oldest. */
const backlogShare = 4;
const columns = `parcels.id, parcels.key, parcels.revision, parcels.destination, parcels.target, parcels.failures,
  parcels.remote_id AS remoteId, exposure_id AS exposureId, subject, body, checksum`;
const withProduct = 'parcels JOIN products ON products.id = parcels.product_id';
const due = 'next_at_ms <= @nowMs';
/** A newer revision of the same key has come since. */
const outdated = 'EXISTS (SELECT 1 FROM parcels AS newer WHERE newer.key = parcels.key AND newer.id > parcels.id)';
/** Nobody needs the body of a product any more: one that waits for a verdict is compared with that. */
const spent = `NOT EXISTS (SELECT 1 FROM parcels WHERE product_id = products.id AND state NOT IN ('done', 'superseded'))`;
const statusColumns = `parcels.id, destination, exposure_id AS exposureId, reduction_id AS reductionId, subject, plane,
  coalesce(parcels.target, products.target) AS target, key, revision, state, checksum, failures, last_error AS lastError,
  parcels.created_at_ms AS createdAtMs, next_at_ms AS nextAtMs, sent_at_ms AS sentAtMs, accepted_at_ms AS acceptedAtMs,
  remote_id AS remoteId, receipt, done_at_ms AS doneAtMs, verdict`;

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
   * Puts parcels in the outbox, each product once. Call it inside the transaction that stores their reduction, so that
   * there is never one without the other. A newer revision of the same key supersedes those still waiting; a revision that
   * is already here is left alone, unless it was superseded or refused: then it is due again. `held` is why they are put
   * aside at once, to be released later; undefined when they may go.
   */
  enqueue(parcels: readonly NewParcel[], held?: string): void {
    if (!this.#database.inTransaction) {
      throw new ProgrammingFault('ENQUEUE_ALONE', 'A parcel was enqueued outside the transaction of its reduction.');
    }
    const nowMs = this.#clock.nowMs();
    const products = new Map<NewProduct, number>();
    for (const { product, destination, key, revision, target } of parcels) {
      const productId = products.get(product) ?? this.#keep(product, nowMs);
      products.set(product, productId);
      this.#statements
        .prepare(`DELETE FROM parcels WHERE key = ? AND revision = ? AND state IN ('superseded', 'rejected')`)
        .run(key, revision);
      const { changes } = this.#statements
        .prepare(
          `INSERT INTO parcels (product_id, destination, key, revision, target, state, priority, created_at_ms, next_at_ms,
             last_error)
           VALUES (@productId, @destination, @key, @revision, @target, @state, @priority, @nowMs, @nowMs, @held)
           ON CONFLICT (key, revision) DO NOTHING`,
        )
        .run({
          ...{ productId, destination, key, revision, target, priority: target === null ? 0 : 1, nowMs },
          ...{ state: held === undefined ? 'queued' : 'parked', held: held ?? null },
        });
      if (changes > 0) this.#supersede(key, revision);
    }
    for (const productId of products.values()) this.#empty(productId);
  }

  /** Takes up to `limit` parcels that are due, and marks them as being sent. */
  claim(destination: string, limit: number): ClaimedParcel[] {
    const nowMs = this.#clock.nowMs();
    const wanted = { destination, nowMs };
    return this.#database
      .transaction(() => {
        const claimed: ClaimedParcel[] = [];
        while (claimed.length < limit) {
          const order = this.#taken % backlogShare === backlogShare - 1 ? 'id' : 'priority DESC, id DESC';
          const parcel = this.#statements
            .prepare<[typeof wanted], ClaimedParcel>(
              `SELECT ${columns} FROM ${withProduct} WHERE parcels.id = (SELECT id FROM parcels
               WHERE destination = @destination AND state = 'queued' AND ${due} ORDER BY ${order} LIMIT 1)`,
            )
            .get(wanted);
          if (parcel === undefined) break;
          this.#statements
            .prepare(`UPDATE parcels SET state = 'sending', sent_at_ms = ? WHERE id = ?`)
            .run(nowMs, parcel.id);
          this.#taken++;
          claimed.push(parcel);
        }
        return claimed;
      })
      .immediate();
  }

  /** A parcel of which nobody knows whether it arrived, when it is time to look for it. It keeps its state. */
  nextUnknown(destination: string): ClaimedParcel | undefined {
    return this.#due(destination, 'unknown', 1)[0];
  }

  /** Parcels that the centre has accepted and will judge, when it is time to ask for the verdict. They keep their state. */
  nextAccepted(destination: string, limit: number): ClaimedParcel[] {
    return this.#due(destination, 'accepted', limit);
  }

  /** Writes what became of a parcel. One that must be sent again but has a newer revision by now is superseded. */
  settle(id: number, outcome: Settlement): void {
    const nowMs = this.#clock.nowMs();
    switch (outcome.state) {
      case 'done':
        this.#statements
          .prepare(
            `UPDATE parcels SET state = 'done', done_at_ms = @nowMs, accepted_at_ms = coalesce(accepted_at_ms, @nowMs),
               remote_id = coalesce(@remoteId, remote_id), receipt = coalesce(@receipt, receipt), verdict = @verdict,
               last_error = NULL WHERE id = @id`,
          )
          .run({ id, nowMs, ...receiptColumns(outcome.receipt), verdict: outcome.verdict ?? null });
        break;
      case 'accepted':
        this.#statements
          .prepare(
            `UPDATE parcels SET state = 'accepted', accepted_at_ms = coalesce(accepted_at_ms, @nowMs),
               remote_id = coalesce(@remoteId, remote_id), receipt = coalesce(@receipt, receipt), next_at_ms = @nextAtMs,
               last_error = NULL WHERE id = @id`,
          )
          .run({ id, nowMs, ...receiptColumns(outcome.receipt), nextAtMs: outcome.nextAtMs });
        break;
      case 'rejected':
      case 'parked':
        this.#statements
          .prepare(`UPDATE parcels SET state = ?, failures = failures + 1, last_error = ? WHERE id = ?`)
          .run(outcome.state, outcome.reason, id);
        return;
      case 'queued':
      case 'unknown':
        this.#statements
          .prepare(
            `UPDATE parcels SET state = CASE WHEN @state = 'queued' AND ${outdated} THEN 'superseded' ELSE @state END,
               failures = @failures, next_at_ms = @nextAtMs, last_error = @reason WHERE id = @id`,
          )
          .run({ ...outcome, id });
    }
    const productId = this.#statements
      .prepare<[number], number>('SELECT product_id FROM parcels WHERE id = ?')
      .pluck()
      .get(id);
    if (productId !== undefined) this.#empty(productId as number);
  }

  /**
   * Settles what was being sent when the process ended. Where the centre knows our keys, sending again is safe; where it
   * does not, only a look at the centre can tell. Call it while nothing is being sent. Returns how many there were.
   */
  recover(destination: string, keyed: boolean): number {
    const next = keyed ? `CASE WHEN ${outdated} THEN 'superseded' ELSE 'queued' END` : `'unknown'`;
    return this.#statements
      .prepare(
        `UPDATE parcels SET state = ${next}, failures = 0, next_at_ms = ?, last_error = 'interrupted while it was being sent'
         WHERE destination = ? AND state = 'sending'`,
      )
      .run(this.#clock.nowMs(), destination).changes;
  }

  /**
   * Lets nothing wait longer than this from now: what was put off by a clock that ran ahead would wait until that time
   * comes. `queuedMs` for what is to be sent, `lookedForMs` for what is looked for or judged at the centre.
   */
  waitNoLonger(destination: string, queuedMs: number, lookedForMs: number): number {
    const nowMs = this.#clock.nowMs();
    return this.#statements
      .prepare(
        `UPDATE parcels SET next_at_ms = CASE state WHEN 'queued' THEN @queuedAtMs ELSE @lookedAtMs END
         WHERE destination = @destination AND (state = 'queued' AND next_at_ms > @queuedAtMs
           OR state IN ('unknown', 'accepted') AND next_at_ms > @lookedAtMs)`,
      )
      .run({ destination, queuedAtMs: nowMs + queuedMs, lookedAtMs: nowMs + lookedForMs }).changes;
  }

  /** When the next parcel of this destination can be tried, Unix milliseconds; undefined when none waits. */
  nextDueMs(destination: string): number | undefined {
    const earliest = ['queued', 'unknown', 'accepted'].map(
      (state) => `SELECT min(next_at_ms) AS at FROM parcels WHERE destination = @destination AND state = '${state}'`,
    );
    const at = this.#statements
      .prepare<[{ destination: string }], number | null>(`SELECT min(at) FROM (${earliest.join(' UNION ALL ')})`)
      .pluck()
      .get({ destination });
    return at ?? undefined;
  }

  /** Whether any revision of a key was sent, or may have arrived. */
  isSent(key: string): boolean {
    const row = this.#statements
      .prepare(`SELECT 1 FROM parcels WHERE key = ? AND state IN ('sending', 'unknown', 'accepted', 'done') LIMIT 1`)
      .get(key);
    return row !== undefined;
  }

  /** Whether a destination has, or is to have, this target of an exposure within so many days of another. */
  isTakenNear(destination: string, target: string, mjdMid: number, withinDays: number, exceptKey: string): boolean {
    const row = this.#statements
      .prepare(
        `SELECT 1 FROM ${withProduct} WHERE destination = ? AND parcels.target = ? AND key <> ?
         AND state NOT IN ('superseded', 'rejected', 'parked') AND abs(mjd_mid - ?) < ? LIMIT 1`,
      )
      .get(destination, target, exceptKey, mjdMid, withinDays);
    return row !== undefined;
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
    return this.#statuses('exposure_id = ? ORDER BY parcels.id', exposureId);
  }

  /** The newest parcels, of some states where they are named. */
  list(states: readonly ParcelState[], limit: number): ParcelStatus[] {
    const where = states.length === 0 ? 'true' : `state IN (${states.map(() => '?').join(', ')})`;
    return this.#statuses(`${where} ORDER BY parcels.id DESC LIMIT ?`, ...states, limit);
  }

  get(id: number): ParcelStatus | undefined {
    return this.#statuses('parcels.id = ?', id)[0];
  }

  /** What is in a parcel: gzip-compressed JSON, empty where it is no longer needed. */
  body(id: number): Uint8Array | undefined {
    return this.#statements
      .prepare<[number], Uint8Array>(`SELECT body FROM ${withProduct} WHERE parcels.id = ?`)
      .pluck()
      .get(id) as Uint8Array | undefined;
  }

  /** Sends what was refused or put aside again, at once. Returns whether it was one that can be. */
  requeue(id: number): boolean {
    return (
      this.#statements
        .prepare(
          `UPDATE parcels SET state = 'queued', failures = 0, next_at_ms = ?, last_error = NULL
           WHERE id = ? AND state IN ('rejected', 'parked')`,
        )
        .run(this.#clock.nowMs(), id).changes > 0
    );
  }

  /** Sends all that was held for this reason. Returns how many. */
  release(held: string): number {
    return this.#statements
      .prepare(
        `UPDATE parcels SET state = 'queued', failures = 0, next_at_ms = ?, last_error = NULL
         WHERE state = 'parked' AND last_error = ?`,
      )
      .run(this.#clock.nowMs(), held).changes;
  }

  /** Puts aside what waits. Returns whether it was one that can be. */
  park(id: number, reason: string): boolean {
    return (
      this.#statements
        .prepare(`UPDATE parcels SET state = 'parked', last_error = ? WHERE id = ? AND state IN ('queued', 'rejected')`)
        .run(reason, id).changes > 0
    );
  }

  #due(destination: string, state: 'unknown' | 'accepted', limit: number): ClaimedParcel[] {
    const wanted = { destination, limit, nowMs: this.#clock.nowMs() };
    return this.#statements
      .prepare<[typeof wanted], ClaimedParcel>(
        `SELECT ${columns} FROM ${withProduct}
         WHERE destination = @destination AND state = '${state}' AND ${due} ORDER BY next_at_ms LIMIT @limit`,
      )
      .all(wanted);
  }

  /** The id of a product, stored once; one whose body was no longer needed has it again. */
  #keep(product: NewProduct, nowMs: number): number {
    this.#statements
      .prepare(
        `INSERT INTO products (exposure_id, reduction_id, subject, plane, target, mjd_mid, body, checksum, created_at_ms)
         VALUES (@exposureId, @reductionId, @subject, @plane, @target, @mjdMid, @body, @checksum, @nowMs)
         ON CONFLICT (reduction_id, checksum) DO UPDATE SET body = excluded.body WHERE length(body) = 0`,
      )
      .run({ ...product, nowMs });
    return this.#statements
      .prepare<[string, string], number>('SELECT id FROM products WHERE reduction_id = ? AND checksum = ?')
      .pluck()
      .get(product.reductionId, product.checksum) as number;
  }

  #supersede(key: string, revision: string): void {
    const old = this.#statements
      .prepare<[string, string], { productId: number }>(
        `UPDATE parcels SET state = 'superseded' WHERE key = ? AND revision <> ? AND state IN ('queued', 'parked', 'rejected')
         RETURNING product_id AS productId`,
      )
      .all(key, revision);
    for (const { productId } of old) this.#empty(productId);
  }

  /** Gives up the body of a product that nobody needs any more. */
  #empty(productId: number): void {
    this.#statements.prepare(`UPDATE products SET body = x'' WHERE id = ? AND ${spent}`).run(productId);
  }

  #statuses(where: string, ...values: unknown[]): ParcelStatus[] {
    return this.#statements
      .prepare<unknown[], ParcelStatus>(`SELECT ${statusColumns} FROM ${withProduct} WHERE ${where}`)
      .all(...values);
  }
}

function receiptColumns(receipt: Receipt | undefined): { remoteId: string | null; receipt: string | null } {
  return { remoteId: receipt?.remoteId ?? null, receipt: receipt?.words ?? null };
}
