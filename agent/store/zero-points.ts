import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { PlaneName } from '../../pipeline/plane.ts';
import type { SetupHistory } from '../../pipeline/standardisation/history.ts';
import { Statements } from './statements.ts';

/** What frames must share to tell of each other's zero points. */
export interface ZeroPointSetup {
  readonly instrument: string;
  /** `setupKey` of the camera's state. */
  readonly setup: string;
  /** The header's name of the filter, in lower case; empty for none. */
  readonly filter: string;
}

/** One plane of one exposure. */
export interface StoredZeroPoint extends ZeroPointSetup {
  readonly exposureId: string;
  readonly plane: PlaneName;
  readonly mjdMid: number;
  readonly band: string;
  /** The band was told from the stars without doubt. */
  readonly certain: boolean;
  readonly zeroPoint: number;
  readonly airmass: number | null;
  /** Light that arrived, as a share of the usual; null without a habit. */
  readonly share: number | null;
}

/** One night of one setup, filter, plane and band. */
export interface ZeroPointNight extends ZeroPointSetup {
  readonly plane: PlaneName;
  readonly band: string;
  /** Days, local solar time, that begin at noon. */
  readonly night: number;
  readonly nFrames: number;
  /** Mean of the night. */
  readonly zeroPoint: number;
  readonly airmass: number | null;
  readonly worstShare: number | null;
}

type Row = Omit<StoredZeroPoint, 'certain'> & { readonly certain: number };

/** Frames so long ago tell nothing of today, and so many are enough, days and number. */
const memoryDays = 60;
const memoryFrames = 400;

/** The history of each setup's filters and zero points. */
export class ZeroPointStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** Stores what planes told, in the place of what earlier reductions of the same exposure did. */
  write(rows: readonly StoredZeroPoint[]): void {
    for (const row of rows) {
      this.#statements
        .prepare(
          `INSERT OR REPLACE INTO zero_points
             (exposure_id, plane, instrument, setup, filter, mjd_mid, band, certain, zero_point, airmass, share)
           VALUES (@exposureId, @plane, @instrument, @setup, @filter, @mjdMid, @band, @certain, @zeroPoint, @airmass, @share)`,
        )
        .run({ ...row, certain: row.certain ? 1 : 0 });
    }
  }

  /** What frames of a setup told before a moment (MJD), by plane; the frame itself left out. */
  history(
    { instrument, setup, filter }: ZeroPointSetup,
    beforeMjd: number,
    exposureId: string,
  ): Partial<Record<PlaneName, SetupHistory>> {
    const rows = this.#statements
      .prepare<unknown[], Row>(
        `SELECT plane, mjd_mid AS mjdMid, band, certain, zero_point AS zeroPoint, airmass FROM zero_points
         WHERE instrument = ? AND setup = ? AND filter = ? AND mjd_mid < ? AND mjd_mid >= ? AND exposure_id <> ?
         ORDER BY mjd_mid DESC LIMIT ?`,
      )
      .all(instrument, setup, filter, beforeMjd, beforeMjd - memoryDays, exposureId, memoryFrames);
    const history: Partial<Record<PlaneName, SetupHistory>> = {};
    for (const [plane, ofPlane] of Map.groupBy(rows, (row) => row.plane)) {
      const verdicts: Record<string, number> = {};
      for (const { band, certain } of ofPlane) if (certain) verdicts[band] = (verdicts[band] ?? 0) + 1;
      const zeroPoints = ofPlane.map(({ mjdMid, band, zeroPoint, airmass }) => ({
        ...{ mjd: mjdMid, band, zeroPoint, airmass: airmass ?? Number.NaN },
      }));
      history[plane] = { verdicts, zeroPoints };
    }
    return history;
  }

  /** The nights since a moment (MJD), newest first. `longitudeDeg` tells where a day begins. */
  nights(sinceMjd: number, longitudeDeg: number): ZeroPointNight[] {
    return this.#statements
      .prepare<unknown[], ZeroPointNight>(
        `SELECT instrument, setup, filter, plane, band, CAST(floor(mjd_mid + ? / 360.0 - 0.5) AS INTEGER) AS night,
           count(*) AS nFrames, avg(zero_point) AS zeroPoint, avg(airmass) AS airmass, min(share) AS worstShare
         FROM zero_points WHERE mjd_mid >= ? GROUP BY instrument, setup, filter, plane, band, night
         ORDER BY night DESC, instrument, filter, plane, band`,
      )
      .all(longitudeDeg, sinceMjd);
  }
}
