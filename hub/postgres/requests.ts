import type { SequencedMessage } from '../../protocol/link.ts';
import { type ObservingRequest, observingRequest } from '../../protocol/request.ts';
import { type HeldRequest, type RequestResult, requestResult } from '../../protocol/rest.ts';
import type { RequestReport, RequestStore } from '../ports.ts';
import { heldRequestOf, isSameRequest, type RequestRow, terminalList } from '../request-row.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import { tellOthers } from './news.ts';

const selectRow = `SELECT r.id, r.site, r.payload, r.state, r.reason, r.answer, r.cancel_reason AS "cancelReason", r.result, r.parts,
  r.submitted_at_ms AS "submittedAtMs", r.state_at_ms AS "stateAtMs", m.acknowledged_at_ms AS "acknowledgedAtMs"
  FROM requests AS r JOIN messages AS m ON m.request_id = r.id AND m.kind = 'offer'`;

/** The requests the hub holds, and the numbered messages by which each site learns of them, in PostgreSQL. */
export class PostgresRequests implements RequestStore {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  submit(site: string, request: ObservingRequest, nowMs: number): Promise<'stored' | 'present' | 'conflict'> {
    return this.#database.transaction(async (client) => {
      const { rowCount } = await client.query(
        `INSERT INTO requests (id, site, payload, state, submitted_at_ms, state_at_ms) VALUES ($1, $2, $3, 'PENDING', $4, $4)
         ON CONFLICT (id) DO NOTHING`,
        [request.id, site, JSON.stringify(request), nowMs],
      );
      if (rowCount === 1) {
        await say(client, site, 'offer', request.id);
        return 'stored';
      }
      const { rows } = await client.query<{ site: string; payload: string }>(
        'SELECT site, payload FROM requests WHERE id = $1',
        [request.id],
      );
      const held = rows[0]!;
      return held.site === site && isSameRequest(held.payload, request) ? 'present' : 'conflict';
    });
  }

  async idFor(submission: string, proposed: string, nowMs: number, sinceMs: number): Promise<string> {
    const { rows } = await this.#database.query<{ requestId: string }>(
      `INSERT INTO submissions AS held (digest, request_id, submitted_at_ms) VALUES ($1, $2, $3)
       ON CONFLICT (digest) DO UPDATE SET
         request_id = CASE WHEN held.submitted_at_ms < $4 THEN excluded.request_id ELSE held.request_id END,
         submitted_at_ms = CASE WHEN held.submitted_at_ms < $4 THEN excluded.submitted_at_ms ELSE held.submitted_at_ms END
       RETURNING request_id AS "requestId"`,
      [submission, proposed, nowMs, sinceMs],
    );
    return rows[0]!.requestId;
  }

  async cancel(id: string, reason: string): Promise<void> {
    await this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ site: string }>(
        `UPDATE requests SET cancel_reason = $2
         WHERE id = $1 AND cancel_reason IS NULL AND state NOT IN (${terminalList}) RETURNING site`,
        [id, reason],
      );
      if (rows[0]) await say(client, rows[0].site, 'cancel', id);
    });
  }

  async get(id: string): Promise<HeldRequest | undefined> {
    const { rows } = await this.#database.query<RequestRow>(`${selectRow} WHERE r.id = $1`, [id]);
    return rows[0] && heldRequestOf(rows[0]);
  }

  async list(site: string | undefined, limit: number): Promise<HeldRequest[]> {
    const { rows } = await this.#database.query<RequestRow>(
      `${selectRow} WHERE $1::text IS NULL OR r.site = $1 ORDER BY r.submitted_at_ms DESC, r.id COLLATE "C" DESC LIMIT $2`,
      [site ?? null, limit],
    );
    return rows.map(heldRequestOf);
  }

  async messagesAfter(site: string, seq: number): Promise<SequencedMessage[]> {
    const { rows } = await this.#database.query<{
      seq: number;
      kind: string;
      id: string;
      payload: string;
      cancelReason: string | null;
    }>(
      `SELECT m.seq, m.kind, r.id, r.payload, r.cancel_reason AS "cancelReason"
       FROM messages AS m JOIN requests AS r ON r.id = m.request_id
       WHERE m.site = $1 AND m.seq > $2 AND r.state NOT IN (${terminalList}) ORDER BY m.seq`,
      [site, seq],
    );
    return rows.map((row) =>
      row.kind === 'offer'
        ? { type: 'offer', seq: row.seq, request: observingRequest.parse(JSON.parse(row.payload)) }
        : { type: 'cancel', seq: row.seq, requestId: row.id, reason: row.cancelReason ?? '' },
    );
  }

  async acknowledge(site: string, seq: number, nowMs: number): Promise<void> {
    await this.#database.query(
      'UPDATE messages SET acknowledged_at_ms = $3 WHERE site = $1 AND seq = $2 AND acknowledged_at_ms IS NULL',
      [site, seq, nowMs],
    );
  }

  catchUp(site: string, cursor: number): Promise<boolean> {
    return this.#database.transaction(async (client) => {
      const { rowCount } = await client.query(
        `INSERT INTO sites AS held (site, last_seq) SELECT $1, $2::bigint WHERE $2::bigint > 0
         ON CONFLICT (site) DO UPDATE SET last_seq = held.last_seq + $2 WHERE held.last_seq < $2`,
        [site, cursor],
      );
      if (rowCount === 0) return false;
      await client.query('UPDATE messages SET seq = seq + $2 WHERE site = $1 AND acknowledged_at_ms IS NULL', [
        site,
        cursor,
      ]);
      return true;
    });
  }

  report(
    site: string,
    id: string,
    said: RequestReport,
    nowMs: number,
  ): Promise<'stored' | 'unknown' | 'parts missing'> {
    return this.#database.transaction(async (client) => {
      if (!(await holdRow(client, site, id))) return 'unknown';
      const parts = said.parts ?? null;
      if (parts !== null && (await partsHeld(client, id, parts)) < parts) return 'parts missing';
      const result = said.result === undefined ? null : JSON.stringify(said.result);
      await client.query(
        `UPDATE requests SET state = $2, reason = $3, answer = coalesce($4, answer), result = coalesce($5, result),
           parts = coalesce($6, parts), state_at_ms = $7 WHERE id = $1 AND state NOT IN (${terminalList})`,
        [id, said.state, said.reason, said.answer ?? null, result, parts, nowMs],
      );
      return 'stored';
    });
  }

  keepPart(site: string, id: string, part: number, result: RequestResult): Promise<boolean> {
    return this.#database.transaction(async (client) => {
      if (!(await holdRow(client, site, id))) return false;
      await client.query(
        `INSERT INTO result_parts (request_id, part, body) VALUES ($1, $2, $3)
         ON CONFLICT (request_id, part) DO UPDATE SET body = excluded.body`,
        [id, part, JSON.stringify(result)],
      );
      return true;
    });
  }

  async part(id: string, part: number): Promise<RequestResult | undefined> {
    const { rows } = await this.#database.query<{ body: string }>(
      `SELECT p.body FROM result_parts AS p JOIN requests AS r ON r.id = p.request_id
       WHERE p.request_id = $1 AND p.part = $2 AND p.part < r.parts`,
      [id, part],
    );
    return rows[0] && requestResult.parse(JSON.parse(rows[0].body));
  }
}

/** Holds a site's request against other writers until the commit; false when it has none of that id. */
async function holdRow(client: Queryable, site: string, id: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM requests WHERE id = $1 AND site = $2 FOR UPDATE', [id, site]);
  return rowCount === 1;
}

async function partsHeld(client: Queryable, id: string, parts: number): Promise<number> {
  const { rows } = await client.query<{ held: number }>(
    'SELECT count(*) AS held FROM result_parts WHERE request_id = $1 AND part < $2',
    [id, parts],
  );
  return rows[0]!.held;
}

/** Numbers a message to a site, and tells the process that speaks with it, once committed. */
async function say(client: Queryable, site: string, kind: 'offer' | 'cancel', requestId: string): Promise<void> {
  const { rows } = await client.query<{ lastSeq: number }>(
    `INSERT INTO sites AS held (site, last_seq) VALUES ($1, 1)
     ON CONFLICT (site) DO UPDATE SET last_seq = held.last_seq + 1 RETURNING last_seq AS "lastSeq"`,
    [site],
  );
  await client.query('INSERT INTO messages (site, seq, kind, request_id) VALUES ($1, $2, $3, $4)', [
    site,
    rows[0]!.lastSeq,
    kind,
    requestId,
  ]);
  await tellOthers(client, site);
}
