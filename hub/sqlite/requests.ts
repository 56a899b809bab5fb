import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { SequencedMessage } from '../../protocol/link.ts';
import { type ObservingRequest, observingRequest } from '../../protocol/request.ts';
import { type HeldRequest, type RequestResult, requestResult } from '../../protocol/rest.ts';
import type { RequestReport, RequestStore } from '../ports.ts';
import { heldRequestOf, isSameRequest, type RequestRow, terminalList } from '../request-row.ts';

const selectRow = `SELECT r.id, r.site, r.payload, r.state, r.reason, r.answer, r.cancel_reason AS cancelReason, r.result, r.parts,
  r.submitted_at_ms AS submittedAtMs, r.state_at_ms AS stateAtMs, m.acknowledged_at_ms AS acknowledgedAtMs
  FROM requests AS r JOIN messages AS m ON m.request_id = r.id AND m.kind = 'offer'`;

/** The requests the hub holds, and the numbered messages by which each site learns of them, in SQLite. */
export class SqliteRequests implements RequestStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async submit(site: string, request: ObservingRequest, nowMs: number): Promise<'stored' | 'present' | 'conflict'> {
    const payload = JSON.stringify(request);
    return this.#database
      .transaction(() => {
        const held = this.#database
          .prepare<[string], { site: string; payload: string }>('SELECT site, payload FROM requests WHERE id = ?')
          .get(request.id);
        if (held !== undefined)
          return held.site === site && isSameRequest(held.payload, request) ? 'present' : 'conflict';
        this.#database
          .prepare(
            `INSERT INTO requests (id, site, payload, state, submitted_at_ms, state_at_ms) VALUES (?, ?, ?, 'PENDING', ?, ?)`,
          )
          .run(request.id, site, payload, nowMs, nowMs);
        this.#say(site, 'offer', request.id);
        return 'stored';
      })
      .immediate();
  }

  async idFor(submission: string, proposed: string, nowMs: number, sinceMs: number): Promise<string> {
    return this.#database
      .prepare<object, string>(
        `INSERT INTO submissions (digest, request_id, submitted_at_ms) VALUES (@submission, @proposed, @nowMs)
         ON CONFLICT (digest) DO UPDATE SET
           request_id = CASE WHEN submitted_at_ms < @sinceMs THEN excluded.request_id ELSE request_id END,
           submitted_at_ms = CASE WHEN submitted_at_ms < @sinceMs THEN excluded.submitted_at_ms ELSE submitted_at_ms END
         RETURNING request_id`,
      )
      .pluck()
      .get({ submission, proposed, nowMs, sinceMs })!;
  }

  async cancel(id: string, reason: string): Promise<void> {
    this.#database
      .transaction(() => {
        const { changes } = this.#database
          .prepare(
            `UPDATE requests SET cancel_reason = ? WHERE id = ? AND cancel_reason IS NULL AND state NOT IN (${terminalList})`,
          )
          .run(reason, id);
        const site = this.#database.prepare<[string], string>('SELECT site FROM requests WHERE id = ?').pluck().get(id);
        if (changes > 0) this.#say(site!, 'cancel', id);
      })
      .immediate();
  }

  async get(id: string): Promise<HeldRequest | undefined> {
    const row = this.#database.prepare<[string], RequestRow>(`${selectRow} WHERE r.id = ?`).get(id);
    return row && heldRequestOf(row);
  }

  async list(site: string | undefined, limit: number): Promise<HeldRequest[]> {
    const where = site === undefined ? '' : 'WHERE r.site = @site';
    return this.#database
      .prepare<[{ site: string | undefined; limit: number }], RequestRow>(
        `${selectRow} ${where} ORDER BY r.submitted_at_ms DESC, r.id DESC LIMIT @limit`,
      )
      .all({ site, limit })
      .map(heldRequestOf);
  }

  async messagesAfter(site: string, seq: number): Promise<SequencedMessage[]> {
    return this.#database
      .prepare<
        [string, number],
        { seq: number; kind: string; id: string; payload: string; cancelReason: string | null }
      >(
        `SELECT m.seq, m.kind, r.id, r.payload, r.cancel_reason AS cancelReason
         FROM messages AS m JOIN requests AS r ON r.id = m.request_id
         WHERE m.site = ? AND m.seq > ? AND r.state NOT IN (${terminalList}) ORDER BY m.seq`,
      )
      .all(site, seq)
      .map((row) =>
        row.kind === 'offer'
          ? { type: 'offer', seq: row.seq, request: observingRequest.parse(JSON.parse(row.payload)) }
          : { type: 'cancel', seq: row.seq, requestId: row.id, reason: row.cancelReason ?? '' },
      );
  }

  async acknowledge(site: string, seq: number, nowMs: number): Promise<void> {
    this.#database
      .prepare('UPDATE messages SET acknowledged_at_ms = ? WHERE site = ? AND seq = ? AND acknowledged_at_ms IS NULL')
      .run(nowMs, site, seq);
  }

  async catchUp(site: string, cursor: number): Promise<boolean> {
    return this.#database
      .transaction(() => {
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
      })
      .immediate();
  }

  async report(
    site: string,
    id: string,
    said: RequestReport,
    nowMs: number,
  ): Promise<'stored' | 'unknown' | 'parts missing'> {
    return this.#database
      .transaction(() => {
        if (!this.#owns(site, id)) return 'unknown';
        const parts = said.parts ?? null;
        if (parts !== null && this.#partsHeld(id, parts) < parts) return 'parts missing';
        this.#database
          .prepare(
            `UPDATE requests SET state = @state, reason = @reason, answer = coalesce(@answer, answer),
               result = coalesce(@result, result), parts = coalesce(@parts, parts), state_at_ms = @nowMs
             WHERE id = @id AND state NOT IN (${terminalList})`,
          )
          .run({
            ...{ id, nowMs, parts, state: said.state, reason: said.reason, answer: said.answer ?? null },
            result: said.result === undefined ? null : JSON.stringify(said.result),
          });
        return 'stored';
      })
      .immediate();
  }

  async keepPart(site: string, id: string, part: number, result: RequestResult): Promise<boolean> {
    return this.#database
      .transaction(() => {
        if (!this.#owns(site, id)) return false;
        this.#database
          .prepare(
            `INSERT INTO result_parts (request_id, part, body) VALUES (?, ?, ?)
             ON CONFLICT (request_id, part) DO UPDATE SET body = excluded.body`,
          )
          .run(id, part, JSON.stringify(result));
        return true;
      })
      .immediate();
  }

  async part(id: string, part: number): Promise<RequestResult | undefined> {
    const body = this.#database
      .prepare<[string, number], string>(
        `SELECT p.body FROM result_parts AS p JOIN requests AS r ON r.id = p.request_id
         WHERE p.request_id = ? AND p.part = ? AND p.part < r.parts`,
      )
      .pluck()
      .get(id, part);
    return body === undefined ? undefined : requestResult.parse(JSON.parse(body));
  }

  #owns(site: string, id: string): boolean {
    return this.#database.prepare('SELECT 1 FROM requests WHERE id = ? AND site = ?').get(id, site) !== undefined;
  }

  #partsHeld(id: string, parts: number): number {
    return this.#database
      .prepare<[string, number], number>('SELECT count(*) FROM result_parts WHERE request_id = ? AND part < ?')
      .pluck()
      .get(id, parts)!;
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
