import { plainBand } from '../../pipeline/standardisation/bands.ts';

/** Reference stars in memory, one array a column; NaN stands for unknown. */
export interface StarTable {
  readonly count: number;
  /** Julian year of the positions. */
  readonly epochYear: number;
  /** Gaia's source_id or another number of the source; 0 when unknown. */
  readonly id: BigInt64Array;
  /** ICRS, degrees. */
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Proper motion, mas per year; that in RA includes cos(dec). */
  readonly pmRaMasYr: Float64Array;
  readonly pmDecMasYr: Float64Array;
  /** Sum of `StarQuality` bits. */
  readonly quality: Uint16Array;
  /** By the short name of the band; `mag` where the source does not tell the band. */
  readonly bands: ReadonlyMap<string, StarMagnitudes>;
}

export interface StarMagnitudes {
  readonly mag: Float64Array;
  /** One sigma. */
  readonly magErr: Float64Array;
  /** 1 where the source doubts this magnitude (synthetic photometry outside its validated range). */
  readonly doubtful: Uint8Array;
}

/** Why a star's magnitudes should not serve as a reference; its position may. */
export const StarQuality = {
  /** Called variable by its source. */
  variable: 1,
  /** Called a non-single star by its source. */
  nonSingle: 2,
  /** Gaia's RUWE above 1.4: the single-star model does not fit. */
  badAstrometry: 4,
  /** Corrected BP/RP flux excess beyond 3 sigma: blended or extended (Riello et al. 2021, section 9.4). */
  colourExcess: 8,
} as const;

/** Bands to order stars by, most wanted first. */
const bandsByUse = [plainBand, 'G', 'V', 'r', 'R', 'g', 'RP', 'BP', 'i', 'I', 'B', 'z', 'u', 'U'];

/** Any magnitude of each star, the most useful it has: to order them by brightness. */
export function orderingMagnitude({ count, bands }: Pick<StarTable, 'count' | 'bands'>): Float64Array {
  const mag = new Float64Array(count).fill(Number.NaN);
  for (const name of bandsByUse) {
    const band = bands.get(name);
    if (band) for (let k = 0; k < count; k++) if (Number.isNaN(mag[k]!)) mag[k] = band.mag[k]!;
  }
  return mag;
}

/** The given rows alone, in that order. */
export function starRows(table: StarTable, rows: ArrayLike<number>): StarTable {
  const floats = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const bands = new Map<string, StarMagnitudes>();
  for (const [name, { mag, magErr, doubtful }] of table.bands) {
    bands.set(name, {
      mag: floats(mag),
      magErr: floats(magErr),
      doubtful: Uint8Array.from(rows, (row) => doubtful[row]!),
    });
  }
  return {
    count: rows.length,
    epochYear: table.epochYear,
    id: BigInt64Array.from({ length: rows.length }, (_, k) => table.id[rows[k]!]!),
    raDeg: floats(table.raDeg),
    decDeg: floats(table.decDeg),
    pmRaMasYr: floats(table.pmRaMasYr),
    pmDecMasYr: floats(table.pmDecMasYr),
    quality: Uint16Array.from(rows, (row) => table.quality[row]!),
    bands,
  };
}

/** Tables of one epoch one after the other; a band that a table lacks is unknown there. */
export function joinTables(tables: readonly StarTable[], epochYear: number): StarTable {
  const count = tables.reduce((sum, table) => sum + table.count, 0);
  const floats = () => new Float64Array(count).fill(Number.NaN);
  const joined = {
    id: new BigInt64Array(count),
    ...{ raDeg: floats(), decDeg: floats(), pmRaMasYr: floats(), pmDecMasYr: floats() },
    quality: new Uint16Array(count),
    bands: new Map<string, StarMagnitudes>(),
  };
  let at = 0;
  for (const table of tables) {
    joined.id.set(table.id, at);
    joined.quality.set(table.quality, at);
    for (const name of ['raDeg', 'decDeg', 'pmRaMasYr', 'pmDecMasYr'] as const) joined[name].set(table[name], at);
    for (const [name, { mag, magErr, doubtful }] of table.bands) {
      let into = joined.bands.get(name);
      if (!into) {
        into = { mag: floats(), magErr: floats(), doubtful: new Uint8Array(count) };
        joined.bands.set(name, into);
      }
      into.mag.set(mag, at);
      into.magErr.set(magErr, at);
      into.doubtful.set(doubtful, at);
    }
    at += table.count;
  }
  return { count, epochYear, ...joined };
}
