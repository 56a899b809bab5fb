import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { HubMessage } from '../../protocol/link.ts';
import { type ObservingRequest, observingRequest, type RequestState, terminalStates } from '../../protocol/request.ts';
import { type HeldRequest, type RequestResult, requestResult } from '../../protocol/rest.ts';

interface Row {
  id: string;
  site: string;
  payload: string;
  state: RequestState;
  reason: string;
  answer: 'accept' | 'decline' | null;
  cancelReason: string | null;
  result: string | null;
  submittedAtMs: number;
  stateAtMs: number;
  acknowledgedAtMs: number | null;
}

type SequencedMessage = Extract<HubMessage, { seq: number }>;

const terminal = [...terminalStates].map((state) => `'${state}'`).join(', ');
const selectRow = `SELECT r.id, r.site, r.payload, r.state, r.reason, r.answer, r.cancel_reason AS cancelReason, r.result,
  r.submitted_at_ms AS submittedAtMs, r.state_at_ms AS stateAtMs, m.acknowledged_at_ms AS acknowledgedAtMs
  FROM requests AS r JOIN messages AS m ON m.request_id = r.id AND m.kind = 'offer'`;

/** The requests the hub holds, and the numbered messages by which each site learns of them. */
export class Requests {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /**
   * Stores a request and the offer of it. The same request again changes nothing; `conflict` when another one has its id.
   */
  submit(site: string, request: ObservingRequest, nowMs: number): 'stored' | 'present' | 'conflict' {
    const payload = JSON.stringify(request);
    return this.#database.transaction(() => {
      const held = this.#database
        .prepare<[string], { site: string; payload: string }>('SELECT site, payload FROM requests WHERE id = ?')
        .get(request.id);
      if (held !== undefined) return held.site === site && held.payload === payload ? 'present' : 'conflict';
      this.#database
        .prepare(
          `INSERT INTO requests (id, site, payload, state, submitted_at_ms, state_at_ms) VALUES (?, ?, ?, 'PENDING', ?, ?)`,
        )
        .run(request.id, site, payload, nowMs, nowMs);
      this.#say(site, 'offer', request.id);
      return 'stored';
    })();
  }

  /** Asks the site to give a request up; the site's answer decides its state. */
  cancel(id: string, reason: string): void {
    this.#database.transaction(() => {
      const { changes } = this.#database
        .prepare(
          `UPDATE requests SET cancel_reason = ? WHERE id = ? AND cancel_reason IS NULL AND state NOT IN (${terminal})`,
        )
        .run(reason, id);
      if (changes > 0) this.#say(this.get(id)!.site, 'cancel', id);
    })();
  }

  get(id: string): HeldRequest | undefined {
    const row = this.#database.prepare<[string], Row>(`${selectRow} WHERE r.id = ?`).get(id);
    return row && present(row);
  }

  /** The requests of a site, or of all, the newest first. */
  list(site: string | undefined, limit: number): HeldRequest[] {
    const where = site === undefined ? '' : 'WHERE r.site = @site';
    return this.#database
      .prepare<[{ site: string | undefined; limit: number }], Row>(
        `${selectRow} ${where} ORDER BY r.submitted_at_ms DESC, r.id DESC LIMIT @limit`,
      )
      .all({ site, limit })
      .map(present);
  }

  /** What a site has not been told since `seq`, in order; nothing of requests that have ended. */
  messagesAfter(site: string, seq: number): SequencedMessage[] {
    return this.#database
      .prepare<
        [string, number],
        { seq: number; kind: string; id: string; payload: string; cancelReason: string | null }
      >(
        `SELECT m.seq, m.kind, r.id, r.payload, r.cancel_reason AS cancelReason
         FROM messages AS m JOIN requests AS r ON r.id = m.request_id
         WHERE m.site = ? AND m.seq > ? AND r.state NOT IN (${terminal}) ORDER BY m.seq`,
      )
      .all(site, seq)
      .map((row) =>
        row.kind === 'offer'
          ? { type: 'offer', seq: row.seq, request: observingRequest.parse(JSON.parse(row.payload)) }
          : { type: 'cancel', seq: row.seq, requestId: row.id, reason: row.cancelReason ?? '' },
      );
  }

  acknowledge(site: string, seq: number, nowMs: number): void {
    this.#database
      .prepare('UPDATE messages SET acknowledged_at_ms = ? WHERE site = ? AND seq = ? AND acknowledged_at_ms IS NULL')
      .run(nowMs, site, seq);
  }

  /**
   * Makes room above a site's cursor when the site has seen more than this hub remembers (the hub was restored from an
   * older backup): what the site has not acknowledged is numbered anew. Returns whether that was so.
   */
  catchUp(site: string, cursor: number): boolean {
    return this.#database.transaction(() => {
      const { changes } = this.#database
        .prepare(
          `INSERT INTO sites (site, last_seq) SELECT @site, @cursor WHERE @cursor > 0
           ON CONFLICT (site) DO UPDATE SET last_seq = last_seq + @cursor WHERE last_seq < @cursor`,
        )
        .run({ site, cursor });
      if (changes > 0) {
        this.#database
          .prepare('UPDATE messages SET seq = seq + ? WHERE site = ? AND acknowledged_at_ms IS NULL')
          .run(cursor, site);
      }
      return changes > 0;
    })();
  }

  /**
   * Writes what a site says of one of its requests. A state that has ended stays as it is. Returns false when the site
   * has no such request.
   */
  report(
    site: string,
    id: string,
    said: { state: RequestState; reason: string; answer?: 'accept' | 'decline'; result?: RequestResult },
    nowMs: number,
  ): boolean {
    return this.#database.transaction(() => {
      const known = this.#database.prepare('SELECT 1 FROM requests WHERE id = ? AND site = ?').get(id, site);
      if (known === undefined) return false;
      this.#database
        .prepare(
          `UPDATE requests SET state = @state, reason = @reason, answer = coalesce(@answer, answer),
             result = coalesce(@result, result), state_at_ms = @nowMs
           WHERE id = @id AND state NOT IN (${terminal})`,
        )
        .run({
          id,
          nowMs,
          state: said.state,
          reason: said.reason,
          answer: said.answer ?? null,
          result: said.result === undefined ? null : JSON.stringify(said.result),
        });
      return true;
    })();
  }

  #say(site: string, kind: 'offer' | 'cancel', requestId: string): void {
    const seq = this.#database
      .prepare<[string], number>(
        'INSERT INTO sites (site, last_seq) VALUES (?, 1) ON CONFLICT (site) DO UPDATE SET last_seq = last_seq + 1 RETURNING last_seq',
      )
      .pluck()
      .get(site);
    this.#database
      .prepare('INSERT INTO messages (site, seq, kind, request_id) VALUES (?, ?, ?, ?)')
      .run(site, seq, kind, requestId);
  }
}

function present(row: Row): HeldRequest {
  return {
    id: row.id,
    site: row.site,
    request: observingRequest.parse(JSON.parse(row.payload)),
    state: row.state,
    reason: row.reason,
    answer: row.answer,
    cancelRequested: row.cancelReason !== null,
    acknowledgedAt: row.acknowledgedAtMs === null ? null : new Date(row.acknowledgedAtMs).toISOString(),
    result: row.result === null ? null : requestResult.parse(JSON.parse(row.result)),
    submittedAt: new Date(row.submittedAtMs).toISOString(),
    stateAt: new Date(row.stateAtMs).toISOString(),
  };
}
