import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { ProgrammingFault } from '../../base/errors.ts';
import { timeId } from '../../base/ids.ts';
import { type ReadJson, readJson } from '../../base/read-json.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import { type TargetMeasurement, targetMeasurement } from '../../protocol/photometry.ts';
import { observingRequest, type RequestTarget } from '../../protocol/request.ts';
import type { RequestResult } from '../../protocol/rest.ts';
import { Statements } from './statements.ts';
import type { Order, Step, Visit, VisitResult, WrittenFrame } from './visit.ts';

/** The part of a reduction's record that a request is answered with. */
const measuredTargets = z.looseObject({
  targets: z.array(targetMeasurement).default([]),
  /** How the frame ended, in words: "reduced", "no stars". */
  outcome: z.string().optional(),
});

/** A visit as a list shows it. */
export interface VisitRecord {
  readonly id: string;
  readonly destination: string;
  readonly requestId: string;
  readonly instrument: string;
  readonly state: 'IN_PROGRESS' | VisitResult['state'];
  readonly step: Step;
  readonly reason: string;
  readonly exposuresBegun: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

/**
 * The attempts to fulfil requests. A visit is written before anything moves, and a request has one live visit at most,
 * so that neither a repeated offer nor a restart makes a second one. The state of the request follows that of its visit
 * in the same transaction.
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

  /** Begins a visit; undefined when the request is being visited, is over, was not accepted or is given up. */
  claim(order: Order): Visit | undefined {
    const nowMs = this.#clock.nowMs();
    const row = {
      id: timeId(nowMs),
      destination: order.destination,
      requestId: order.request.id,
      instrument: order.instrument,
      nowMs,
    };
    return this.#database
      .transaction(() => {
        const { changes } = this.#statements
          .prepare(
            `UPDATE requests SET state = 'IN_PROGRESS', reason = '', state_at_ms = @nowMs
             WHERE destination = @destination AND id = @requestId AND answered = 'accept' AND cancel_reason IS NULL
               AND state IN ('PENDING', 'ABORTED')`,
          )
          .run(row);
        if (changes === 0) return undefined;
        this.#statements
          .prepare(
            `INSERT INTO visits (id, destination, request_id, instrument, state, step, started_at_ms, state_at_ms)
             VALUES (@id, @destination, @requestId, @instrument, 'IN_PROGRESS', 'claimed', @nowMs, @nowMs)`,
          )
          .run(row);
        return { id: row.id, order, step: 'claimed', exposuresBegun: 0, resumes: 0 } as const;
      })
      .immediate();
  }

  step(visitId: string, step: Step): void {
    this.#change(visitId, 'step = @value', step);
  }

  exposureBegun(visitId: string): void {
    this.#change(visitId, 'exposures_begun = exposures_begun + @value', 1);
  }

  resumed(visitId: string): void {
    this.#change(visitId, 'resumes = resumes + @value', 1);
  }

  /** Notes a frame; the same one again changes nothing. */
  frameWritten(visitId: string, frame: WrittenFrame): void {
    this.#statements
      .prepare(
        `INSERT INTO visit_frames (visit_id, number, file, exposure_id) VALUES (@visitId, @number, @file, @exposureId)
         ON CONFLICT (visit_id, number) DO UPDATE SET file = excluded.file, exposure_id = excluded.exposure_id`,
      )
      .run({ ...frame, visitId });
  }

  /**
   * Ends a visit, and says what becomes of its request with what was measured. A request whose visit was aborted because
   * the centre gave it up is CANCELED. Ending a visit that has ended changes nothing.
   */
  end({ visitId, state, reason, frames, fault = null }: Omit<VisitResult, 'fault'> & { fault?: string | null }): void {
    const nowMs = this.#clock.nowMs();
    this.#database
      .transaction(() => {
        const { changes } = this.#statements
          .prepare(
            `UPDATE visits SET state = @state, reason = @reason, fault = @fault, state_at_ms = @nowMs, ended_at_ms = @nowMs
             WHERE id = @visitId AND ended_at_ms IS NULL`,
          )
          .run({ visitId, state, reason, fault, nowMs });
        if (changes === 0) return;
        for (const frame of frames) this.frameWritten(visitId, frame);
        this.#statements
          .prepare(
            `UPDATE requests SET reason = @reason, result = @result, state_at_ms = @nowMs,
               state = CASE WHEN @state = 'ABORTED' AND cancel_reason IS NOT NULL THEN 'CANCELED' ELSE @state END
             WHERE (destination, id) = (SELECT destination, request_id FROM visits WHERE id = @visitId)`,
          )
          .run({ visitId, state, reason, nowMs, result: JSON.stringify(this.#resultOf(visitId)) });
      })
      .immediate();
  }

  /** Visits of a request that a fault has ended which counts against it. */
  faults({ destination, request }: Order): number {
    return this.#statements
      .prepare<[string, string], number>(
        'SELECT count(*) FROM visits WHERE destination = ? AND request_id = ? AND fault IS NOT NULL',
      )
      .pluck()
      .get(destination, request.id)!;
  }

  /** How the last reduction of an exposure ended, and what it told of a target. */
  reductionOf(
    exposureId: string,
    target: string,
  ): { outcome: string | undefined; target: TargetMeasurement | undefined } {
    const read = this.#recordOf(exposureId);
    if (read?.unreadable !== undefined)
      return { outcome: `its record cannot be read (${read.unreadable})`, target: undefined };
    return { outcome: read?.value.outcome, target: read?.value.targets.find(({ name }) => name === target) };
  }

  /** Visits that have not ended: at boot, those a kill has interrupted. */
  open(): Visit[] {
    return this.#statements
      .prepare<[], Omit<Visit, 'order'> & { destination: string; instrument: string; payload: string }>(
        `SELECT v.id, v.step, v.exposures_begun AS exposuresBegun, v.resumes, v.destination, v.instrument, r.payload
         FROM visits AS v JOIN requests AS r ON r.destination = v.destination AND r.id = v.request_id
         WHERE v.ended_at_ms IS NULL ORDER BY v.rowid`,
      )
      .all()
      .map(({ destination, instrument, payload, ...visit }) => ({
        ...visit,
        order: { destination, instrument, request: observingRequest.parse(JSON.parse(payload)) },
      }));
  }

  /** The target of the request that a visit was made for, whether or not the visit has ended. */
  targetOf(visitId: string): RequestTarget | undefined {
    const payload = this.#statements
      .prepare<[string], string>(
        `SELECT r.payload FROM visits AS v
         JOIN requests AS r ON r.destination = v.destination AND r.id = v.request_id WHERE v.id = ?`,
      )
      .pluck()
      .get(visitId);
    return payload === undefined ? undefined : observingRequest.parse(JSON.parse(payload)).target;
  }

  /** Live visits whose request the centre has given up meanwhile, and why: they are to be aborted. */
  givenUp(): { readonly visitId: string; readonly reason: string }[] {
    return this.#statements
      .prepare<[], { visitId: string; reason: string }>(
        `SELECT v.id AS visitId, r.cancel_reason AS reason
         FROM visits AS v JOIN requests AS r ON r.destination = v.destination AND r.id = v.request_id
         WHERE v.ended_at_ms IS NULL AND r.cancel_reason IS NOT NULL`,
      )
      .all();
  }

  /** The visits of a request, in their order. */
  ofRequest(destination: string, requestId: string): VisitRecord[] {
    return this.#statements
      .prepare<[string, string], VisitRecord>(
        `SELECT id, destination, request_id AS requestId, instrument, state, step, reason,
           exposures_begun AS exposuresBegun, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs
         FROM visits WHERE destination = ? AND request_id = ? ORDER BY rowid`,
      )
      .all(destination, requestId);
  }

  #resultOf(visitId: string): RequestResult {
    const target = this.#statements
      .prepare<[string], string>(
        `SELECT r.payload ->> '$.target.name' FROM visits AS v
         JOIN requests AS r ON r.destination = v.destination AND r.id = v.request_id WHERE v.id = ?`,
      )
      .pluck()
      .get(visitId);
    const exposureIds = this.#statements
      .prepare<[string], string>('SELECT exposure_id FROM visit_frames WHERE visit_id = ? ORDER BY number')
      .pluck()
      .all(visitId);
    const measurements = exposureIds
      .flatMap((exposureId) => this.#recordOf(exposureId)?.value?.targets ?? [])
      .filter(({ name }) => name === target);
    return { visitId, exposureIds, measurements };
  }

  #recordOf(exposureId: string): ReadJson<z.infer<typeof measuredTargets>> | undefined {
    const record = this.#statements
      .prepare<[string], string>(
        'SELECT record FROM reductions WHERE exposure_id = ? ORDER BY reduced_at_ms DESC, rowid DESC LIMIT 1',
      )
      .pluck()
      .get(exposureId);
    return record === undefined ? undefined : readJson(measuredTargets, record);
  }

  #change(visitId: string, change: string, value: string | number): void {
    const { changes } = this.#statements
      .prepare(`UPDATE visits SET ${change}, state_at_ms = @nowMs WHERE id = @visitId AND ended_at_ms IS NULL`)
      .run({ visitId, value, nowMs: this.#clock.nowMs() });
    if (changes === 0) throw new ProgrammingFault('VISIT_ENDED', `Visit ${visitId} has ended and cannot go on.`);
  }
}
