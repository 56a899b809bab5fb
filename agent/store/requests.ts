import type { Clock } from '../../base/clock.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { type ObservingRequest, observingRequest, type RequestState } from '../../protocol/request.ts';
import { type RequestResult, requestResult } from '../../protocol/rest.ts';
import { Statements } from './statements.ts';

export interface StoredRequest {
  /** Grows in the order the requests came. */
  readonly row: number;
  readonly destination: string;
  readonly id: string;
  /** Undefined for an offer that could not be understood, which was declined. */
  readonly request: ObservingRequest | undefined;
  readonly state: RequestState;
  readonly reason: string;
  readonly answered: 'accept' | 'decline' | null;
  /** Why the centre wants it given up; null when it does not. */
  readonly cancelReason: string | null;
  readonly result: RequestResult | null;
  /** The last state the centre has confirmed to know. */
  readonly reportedState: RequestState | null;
  readonly receivedAtMs: number;
  readonly stateAtMs: number;
}

/** What a centre has not confirmed to know yet. */
export interface UnreportedRequest
  extends Pick<StoredRequest, 'row' | 'id' | 'state' | 'stateAtMs' | 'reason' | 'answered' | 'result'> {
  /** The last visit, and how far it came. */
  readonly visitId: string | null;
  readonly step: string | null;
  readonly visitStartedAtMs: number | null;
}

const columns = `rowid AS row, destination, id, payload, state, reason, answered, cancel_reason AS cancelReason, result,
  reported_state AS reportedState, received_at_ms AS receivedAtMs, state_at_ms AS stateAtMs`;
/** Unreported requests are read so many at a time: each may carry a large result. */
const page = 50;
/** No visit of the request is under way and none has fulfilled it. */
const waiting = `state IN ('PENDING', 'ABORTED')`;

type Row = Omit<StoredRequest, 'request' | 'result'> & { payload: string; result: string | null };

/**
 * What centres ask for, and the cursor of each: the last of its messages that was dealt with. A message and its cursor
 * are written in one transaction, so that after a crash the message is either here or sent again.
 */
export class RequestStore {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #clock: Clock;

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#clock = clock;
  }

  cursor(destination: string): number {
    const found = this.#statements
      .prepare<[string], { cursor: number }>('SELECT cursor FROM cursors WHERE destination = ?')
      .get(destination);
    return found?.cursor ?? 0;
  }

  /** Stores an offer. Returns whether the request is new; the same one offered again changes nothing. */
  receiveOffer(destination: string, seq: number | undefined, request: ObservingRequest): boolean {
    return this.#atCursor(destination, seq, () =>
      this.#insert({ destination, id: request.id, payload: JSON.stringify(request) }),
    );
  }

  /** Stores an offer that cannot be understood as declined. */
  refuseOffer(destination: string, seq: number | undefined, id: string, payload: unknown, reason: string): void {
    this.#atCursor(destination, seq, () => {
      if (this.#insert({ destination, id, payload: JSON.stringify(payload) }))
        this.answer(destination, id, 'decline', reason);
    });
  }

  /**
   * Stores that a centre wants a request given up. One that waits is CANCELED at once; one being executed is for the
   * executor to end, which finds `cancelReason` in its row. Returns whether anything changed.
   */
  receiveCancel(destination: string, seq: number | undefined, id: string, reason: string): boolean {
    return this.#atCursor(destination, seq, () => {
      const { changes } = this.#statements
        .prepare(
          `UPDATE requests SET cancel_reason = @reason,
             reason = CASE WHEN ${waiting} THEN @reason ELSE reason END,
             state_at_ms = CASE WHEN ${waiting} THEN @nowMs ELSE state_at_ms END,
             state = CASE WHEN ${waiting} THEN 'CANCELED' ELSE state END
           WHERE destination = @destination AND id = @id AND cancel_reason IS NULL
             AND state IN ('PENDING', 'IN_PROGRESS', 'ABORTED')`,
        )
        .run({ destination, id, reason, nowMs: this.#clock.nowMs() });
      return changes > 0;
    });
  }

  /** Notes that a message was seen of which this version can make nothing. */
  skip(destination: string, seq: number): void {
    this.#atCursor(destination, seq, () => undefined);
  }

  /** Answers an offer, once. A declined request is NOT_ATTEMPTED. */
  answer(destination: string, id: string, answer: 'accept' | 'decline', reason: string): void {
    this.#statements
      .prepare(
        `UPDATE requests SET answered = @answer, reason = @reason, state_at_ms = @nowMs,
           state = CASE WHEN @answer = 'decline' THEN 'NOT_ATTEMPTED' ELSE state END
         WHERE destination = @destination AND id = @id AND answered IS NULL AND state = 'PENDING'`,
      )
      .run({ destination, id, answer, reason, nowMs: this.#clock.nowMs() });
  }

  /** Ends a request without a visit: its window passed, or nothing can be made of it. One that is executed stays. */
  end(destination: string, id: string, state: 'WINDOW_EXPIRED' | 'NOT_ATTEMPTED' | 'FAILED', reason: string): void {
    this.#statements
      .prepare(
        `UPDATE requests SET state = ?, reason = ?, state_at_ms = ? WHERE destination = ? AND id = ? AND ${waiting}`,
      )
      .run(state, reason, this.#clock.nowMs(), destination, id);
  }

  get(destination: string, id: string): StoredRequest | undefined {
    return this.#many('destination = ? AND id = ?', destination, id)[0];
  }

  /** Offers of all centres that wait for an answer, in the order they came. */
  unanswered(): StoredRequest[] {
    return this.#many(`answered IS NULL AND state = 'PENDING' ORDER BY rowid`);
  }

  /** Requests of all centres that were accepted and wait for a visit, in the order they came. */
  executable(): StoredRequest[] {
    return this.#many(`answered = 'accept' AND ${waiting} AND cancel_reason IS NULL ORDER BY rowid`);
  }

  /** Ids of the requests of a centre that have not come to their end. */
  open(destination: string): string[] {
    return this.#statements
      .prepare<[string], string>(
        `SELECT id FROM requests WHERE destination = ? AND cancel_reason IS NULL
           AND state IN ('PENDING', 'IN_PROGRESS', 'ABORTED') ORDER BY rowid`,
      )
      .pluck()
      .all(destination);
  }

  /** The last requests of all centres, the newest first. */
  recent(limit: number): StoredRequest[] {
    return this.#many('true ORDER BY rowid DESC LIMIT ?', limit);
  }

  /** What a centre has not confirmed to know, in the order the requests came: a page of those after a row. */
  unreported(destination: string, afterRow = 0): UnreportedRequest[] {
    return this.#statements
      .prepare<[string, number], Omit<UnreportedRequest, 'result'> & { result: string | null }>(
        `SELECT r.rowid AS row, r.id, r.state, r.state_at_ms AS stateAtMs, r.reason, r.answered, r.result,
           v.id AS visitId, v.step, v.started_at_ms AS visitStartedAtMs
         FROM requests AS r LEFT JOIN visits AS v ON v.rowid =
           (SELECT max(rowid) FROM visits WHERE destination = r.destination AND request_id = r.id)
         WHERE r.destination = ? AND r.rowid > ? AND r.reported_state IS NOT r.state AND (r.answered IS NOT NULL OR r.state <> 'PENDING')
         ORDER BY r.rowid LIMIT ${page}`,
      )
      .all(destination, afterRow)
      .map((row) => ({ ...row, result: parseResult(row.result) }));
  }

  /** The centre has confirmed to know this state of a request. */
  markReported(destination: string, id: string, state: string): void {
    this.#statements
      .prepare('UPDATE requests SET reported_state = ? WHERE destination = ? AND id = ?')
      .run(state, destination, id);
  }

  #insert(row: { destination: string; id: string; payload: string }): boolean {
    const { changes } = this.#statements
      .prepare(
        `INSERT INTO requests (destination, id, payload, state, received_at_ms, state_at_ms)
         VALUES (@destination, @id, @payload, 'PENDING', @nowMs, @nowMs) ON CONFLICT DO NOTHING`,
      )
      .run({ ...row, nowMs: this.#clock.nowMs() });
    return changes > 0;
  }

  /** Changes something and moves the cursor, where the message had a number, in one transaction. */
  #atCursor<T>(destination: string, seq: number | undefined, change: () => T): T {
    return this.#database
      .transaction(() => {
        const result = change();
        if (seq === undefined) return result;
        this.#statements
          .prepare(
            `INSERT INTO cursors (destination, cursor) VALUES (?, ?)
             ON CONFLICT (destination) DO UPDATE SET cursor = max(cursor, excluded.cursor)`,
          )
          .run(destination, seq);
        return result;
      })
      .immediate();
  }

  #many(where: string, ...values: unknown[]): StoredRequest[] {
    return this.#statements
      .prepare<unknown[], Row>(`SELECT ${columns} FROM requests WHERE ${where}`)
      .all(...values)
      .map(({ payload, result, ...row }) => ({
        ...row,
        request: observingRequest.safeParse(JSON.parse(payload)).data,
        result: parseResult(result),
      }));
  }
}

function parseResult(json: string | null): RequestResult | null {
  return json === null ? null : requestResult.parse(JSON.parse(json));
}
