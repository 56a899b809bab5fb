import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** One point of a target's light curve, as the newest reduction of its exposure has it. */
export interface TargetPoint {
  readonly exposureId: string;
  /** The frame that was measured. */
  readonly frameId: number;
  readonly plane: string;
  /** Mid-exposure, UTC. */
  readonly mjdMid: number | null;
  readonly timeVerdict: string | null;
  /** detected, limit, or why there is no number. */
  readonly verdict: string | null;
  readonly band: string | null;
  readonly filter: string | null;
  readonly mag: number | null;
  readonly magErr: number | null;
  readonly limitMag: number | null;
  readonly exposureS: number | null;
  readonly airmass: number | null;
}

/** A target that was measured here. */
export interface MeasuredTarget {
  readonly name: string;
  readonly nPoints: number;
  readonly nDetections: number;
  readonly lastMjd: number | null;
}

/** Light curves by target. The database fills them from the records of reductions by itself. */
export class TargetPointStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** All targets that were measured, the one observed last first. */
  targets(): MeasuredTarget[] {
    return this.#statements
      .prepare<[], MeasuredTarget>(
        `SELECT target AS name, count(*) AS nPoints, count(*) FILTER (WHERE verdict = 'detected') AS nDetections,
           max(mjd_mid) AS lastMjd
         FROM target_points GROUP BY target ORDER BY lastMjd DESC NULLS LAST, name`,
      )
      .all();
  }

  /** The points of a target in the order of time. */
  of(target: string): TargetPoint[] {
    return this.#statements
      .prepare<[string], TargetPoint>(
        `SELECT p.exposure_id AS exposureId, r.frame_id AS frameId, plane, mjd_mid AS mjdMid, time_verdict AS timeVerdict,
           verdict, band, filter, mag, mag_err AS magErr, limit_mag AS limitMag, exposure_s AS exposureS, airmass
         FROM target_points AS p JOIN reductions AS r ON r.id = p.reduction_id WHERE target = ? ORDER BY mjd_mid, plane`,
      )
      .all(target);
  }
}
