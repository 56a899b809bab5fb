import type { Clock } from '../../base/clock.ts';
import { ProgrammingFault } from '../../base/errors.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { RequestState } from '../../protocol/request.ts';
import type { RequestResult } from '../../protocol/rest.ts';
import { Statements } from './statements.ts';

/** How a visit can end. After ABORTED the request may be visited again; after the others it is over. */
export type VisitEnd = Extract<
  RequestState,
  'COMPLETED' | 'FAILED' | 'ABORTED' | 'NOT_ATTEMPTED' | 'CANCELED' | 'WINDOW_EXPIRED'
>;

/** One attempt to fulfil a request. */
export interface Visit {
  readonly id: string;
  readonly destination: string;
  readonly requestId: string;
  readonly instrument: string;
  readonly state: 'IN_PROGRESS' | VisitEnd;
  /** What it is doing, or was doing last. */
  readonly step: string;
  readonly reason: string;
  readonly exposuresBegun: number;
  /** Files written into the watched folder. */
  readonly files: readonly string[];
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

export type VisitBegun = { readonly begun: true } | { readonly begun: false; readonly reason: string };

const columns = `id, destination, request_id AS requestId, instrument, state, step, reason,
  exposures_begun AS exposuresBegun, files, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs`;

/**
 * The attempts to fulfil requests. A visit is written before anything moves, and a request has one live visit at most,
 * so that neither a repeated offer nor a restart makes a second one.
 */
export class VisitStore {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #clock: Clock;

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#clock = clock;
  }

  /** Begins a visit of an accepted request, or tells why there must be none. The request is IN_PROGRESS from here. */
  begin(visit: Pick<Visit, 'id' | 'destination' | 'requestId' | 'instrument' | 'step'>): VisitBegun {
    const nowMs = this.#clock.nowMs();
    return this.#database
      .transaction((): VisitBegun => {
        const { changes } = this.#statements
          .prepare(
            `UPDATE requests SET state = 'IN_PROGRESS', reason = '', state_at_ms = @nowMs
             WHERE destination = @destination AND id = @requestId AND answered = 'accept' AND cancel_reason IS NULL
               AND state IN ('PENDING', 'ABORTED')`,
          )
          .run({ ...visit, nowMs });
        if (changes === 0) return { begun: false, reason: this.#whyNot(visit.destination, visit.requestId) };
        this.#statements
          .prepare(
            `INSERT INTO visits (id, destination, request_id, instrument, state, step, started_at_ms, state_at_ms)
             VALUES (@id, @destination, @requestId, @instrument, 'IN_PROGRESS', @step, @nowMs, @nowMs)`,
          )
          .run({ ...visit, nowMs });
        return { begun: true };
      })
      .immediate();
  }

  /** What the visit is about to do. */
  setStep(id: string, step: string): void {
    this.#live(id, 'step = @value', step);
  }

  /** An exposure is about to begin: from here the visit cannot be repeated as if nothing had happened. */
  exposureBegun(id: string): void {
    this.#live(id, 'exposures_begun = exposures_begun + @value', 1);
  }

  /** A file was written for this visit. */
  addFile(id: string, path: string): void {
    this.#live(id, `files = json_insert(files, '$[#]', @value)`, path);
  }

  /**
   * Ends a visit and says what becomes of its request. One that was aborted because the centre gave the request up
   * leaves it CANCELED. Ending a visit that has ended changes nothing.
   */
  end(id: string, state: VisitEnd, reason: string, result?: Omit<RequestResult, 'visitId'>): void {
    const nowMs = this.#clock.nowMs();
    this.#database
      .transaction(() => {
        const { changes } = this.#statements
          .prepare(
            `UPDATE visits SET state = @state, reason = @reason, state_at_ms = @nowMs, ended_at_ms = @nowMs
             WHERE id = @id AND ended_at_ms IS NULL`,
          )
          .run({ id, state, reason, nowMs });
        if (changes === 0) return;
        this.#statements
          .prepare(
            `UPDATE requests SET reason = @reason, result = @result, state_at_ms = @nowMs,
               state = CASE WHEN @state = 'ABORTED' AND cancel_reason IS NOT NULL THEN 'CANCELED' ELSE @state END
             WHERE (destination, id) = (SELECT destination, request_id FROM visits WHERE id = @id)`,
          )
          .run({ id, state, reason, nowMs, result: result ? JSON.stringify({ visitId: id, ...result }) : null });
      })
      .immediate();
  }

  get(id: string): Visit | undefined {
    return this.#many('id = ?', id)[0];
  }

  /** Visits that have not ended: at boot, those a kill has interrupted. */
  live(): Visit[] {
    return this.#many('ended_at_ms IS NULL ORDER BY started_at_ms, rowid');
  }

  ofRequest(destination: string, requestId: string): Visit[] {
    return this.#many('destination = ? AND request_id = ? ORDER BY rowid', destination, requestId);
  }

  #live(id: string, change: string, value: string | number): void {
    const { changes } = this.#statements
      .prepare(`UPDATE visits SET ${change}, state_at_ms = @nowMs WHERE id = @id AND ended_at_ms IS NULL`)
      .run({ id, value, nowMs: this.#clock.nowMs() });
    if (changes === 0) throw new ProgrammingFault('VISIT_ENDED', `Visit ${id} has ended and cannot go on.`);
  }

  #whyNot(destination: string, id: string): string {
    const request = this.#statements
      .prepare<[string, string], { state: string; answered: string | null; cancelReason: string | null }>(
        'SELECT state, answered, cancel_reason AS cancelReason FROM requests WHERE destination = ? AND id = ?',
      )
      .get(destination, id);
    if (request === undefined) return `there is no request ${id} of ${destination}`;
    if (request.cancelReason !== null) return `request ${id} was given up by the centre`;
    if (request.state === 'IN_PROGRESS') return `request ${id} is being visited already`;
    return request.state === 'PENDING' ? `request ${id} was not accepted` : `request ${id} is over: ${request.state}`;
  }

  #many(where: string, ...values: unknown[]): Visit[] {
    return this.#statements
      .prepare<unknown[], Omit<Visit, 'files'> & { files: string }>(`SELECT ${columns} FROM visits WHERE ${where}`)
      .all(...values)
      .map((row) => ({ ...row, files: JSON.parse(row.files) as string[] }));
  }
}
