import type { SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** Fewer digits of a hash name too many things. */
export const fewestDigits = 8;
/** More exposures than these are not what somebody looks for by one word. */
const mostExposures = 1000;

/** Finds what one word from anywhere along the way of a measurement belongs to. */
export class LineageStore {
  readonly #statements: Statements;

  constructor(database: SqliteDatabase) {
    this.#statements = new Statements(database);
  }

  /**
   * The exposures that a word leads to, in the order of their frames: the path of a file, what a centre calls a parcel, or
   * the first digits of a hash: key of a parcel, exposure, file, reduction, master.
   */
  exposuresOf(word: string): string[] {
    const named = this.#exposures(
      `SELECT exposure_id FROM frames WHERE path = @word
       UNION SELECT exposure_id FROM frames WHERE exposure_id IN (SELECT r.exposure_id FROM masters AS m
         JOIN reductions AS r, json_each(r.record, '$.masters') AS used ON used.value = m.id WHERE m.path = @word)
       UNION SELECT exposure_id FROM products JOIN parcels ON product_id = products.id WHERE remote_id = @word`,
      { word },
    );
    if (named.length > 0 || !/^[0-9a-f]{8,64}$/.test(word)) return named;
    return this.#exposures(
      `SELECT exposure_id FROM frames WHERE exposure_id GLOB @prefix OR file_hash GLOB @prefix
       UNION SELECT exposure_id FROM reductions WHERE id GLOB @prefix
       UNION SELECT exposure_id FROM products JOIN parcels ON product_id = products.id WHERE key GLOB @prefix
       UNION SELECT exposure_id FROM reductions, json_each(record, '$.masters') AS used WHERE used.value GLOB @prefix`,
      { prefix: `${word}*` },
    );
  }

  #exposures(wanted: string, values: Readonly<Record<string, string>>): string[] {
    return this.#statements
      .prepare<[typeof values], string>(
        `SELECT found.exposure_id FROM (${wanted}) AS found LEFT JOIN frames ON frames.exposure_id = found.exposure_id
         WHERE found.exposure_id IS NOT NULL GROUP BY found.exposure_id ORDER BY min(frames.id) LIMIT ${mostExposures}`,
      )
      .pluck()
      .all(values);
  }
}
