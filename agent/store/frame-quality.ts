import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** What the newest reduction of an exposure tells of the sky over the site; null where it is not known. */
export interface FrameQuality {
  readonly frameId: number;
  readonly instrument: string;
  /** Mid-exposure, UTC. */
  readonly mjdMid: number;
  readonly filter: string | null;
  readonly band: string | null;
  /** Standard minus instrumental magnitude. */
  readonly zeroPoint: number | null;
  readonly fwhmArcsec: number | null;
  /** Light that arrived, as a share of the usual. */
  readonly share: number | null;
  readonly limitingMag: number | null;
  readonly airmass: number | null;
}

/** One night, noon to noon, with the means of its frames. */
export interface NightQuality {
  /** Modified Julian date of UTC midnight on the date of its evening. */
  readonly night: number;
  readonly nMeasured: number;
  readonly fwhmArcsec: number | null;
  readonly share: number | null;
  readonly limitingMag: number | null;
}

/** The quality of frames by the time of their exposure. The database fills it from the records of reductions by itself. */
export class FrameQualityStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /** Frames exposed from one moment until before another (MJD, UTC), in the order of time. */
  between(fromMjd: number, untilMjd: number): FrameQuality[] {
    return this.#statements
      .prepare<[number, number], FrameQuality>(
        `SELECT q.frame_id AS frameId, f.instrument, mjd_mid AS mjdMid, filter, band, zero_point AS zeroPoint,
           fwhm_arcsec AS fwhmArcsec, share, limiting_mag AS limitingMag, airmass
         FROM frame_quality AS q JOIN frames AS f ON f.id = q.frame_id
         WHERE mjd_mid >= ? AND mjd_mid < ? ORDER BY mjd_mid`,
      )
      .all(fromMjd, untilMjd);
  }

  /** The last nights with measured frames, newest first. `longitudeDeg` tells where a day begins. */
  nights(longitudeDeg: number, limit: number): NightQuality[] {
    return this.#statements
      .prepare<[number, number], NightQuality>(
        `SELECT CAST(floor(mjd_mid + ? / 360.0 - 0.5) AS INTEGER) AS night, count(*) AS nMeasured,
           avg(fwhm_arcsec) AS fwhmArcsec, avg(share) AS share, avg(limiting_mag) AS limitingMag
         FROM frame_quality WHERE mjd_mid IS NOT NULL GROUP BY night ORDER BY night DESC LIMIT ?`,
      )
      .all(longitudeDeg, limit);
  }
}
