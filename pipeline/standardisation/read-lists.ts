import { Parked } from '../../base/errors.ts';
import { numbersOf, type TextTable } from '../tables/read-csv.ts';
import { bandOfColumn, type FilterTable } from './bands.ts';
import type { BandMagnitudes, ReferenceStars } from './reference.ts';
import type { InstrumentalList } from './standardise.ts';

/** Epoch of reference positions in tables that do not tell: that of Gaia DR3. */
const DEFAULT_EPOCH_YEAR = 2016;

/**
 * Reference stars from a table with `ra`, `dec` (degrees, ICRS, epoch 2016.0), one column a band (names as in the
 * filter table), optionally `<band>_err`, `pmra` and `pmdec` (mas/yr, that in RA with cos dec). `ignored` holds the
 * columns that mean nothing here. Throws `Parked` without positions or without any band.
 */
export function referenceFrom(
  table: TextTable,
  filters: FilterTable,
  what: string,
): { reference: ReferenceStars; ignored: readonly string[] } {
  const position = positionsOf(table, what);
  const pmRaMasYr = column(table, 'pmra', 'pmRA', 'pm_ra');
  const pmDecMasYr = column(table, 'pmdec', 'pmDE', 'pm_dec');
  const known = new Set([...position.names, 'pmra', 'pmRA', 'pm_ra', 'pmdec', 'pmDE', 'pm_dec']);
  const mags = new Map<string, Float64Array>();
  const errors = new Map<string, Float64Array>();
  const ignored: string[] = [];
  for (const name of table.names) {
    const meaning = bandOfColumn(filters, name);
    if (meaning) (meaning.isError ? errors : mags).set(meaning.band.name, sane(numbersOf(table, name)!));
    else if (!known.has(name)) ignored.push(name);
  }
  if (mags.size === 0) {
    const names = filters.bands.map((band) => band.name).join(', ');
    throw new Parked('NO_BANDS', `${what} has no column of magnitudes in a known band (${names}).`);
  }
  const bands = new Map<string, BandMagnitudes>();
  for (const [name, mag] of mags)
    bands.set(name, { mag, magErr: errors.get(name) ?? mag.map(() => Number.NaN), derived: 0 });
  const { raDeg, decDeg } = position;
  const motion = pmRaMasYr && pmDecMasYr ? { pmRaMasYr, pmDecMasYr } : {};
  return { reference: { raDeg, decDeg, ...motion, epochYear: DEFAULT_EPOCH_YEAR, bands }, ignored };
}

/** Instrumental magnitudes from a table with `ra`, `dec`, `mag` and, optionally, `mag_err`. */
export function instrumentalFrom(table: TextTable, what: string): InstrumentalList {
  const { raDeg, decDeg } = positionsOf(table, what);
  const mag = column(table, 'mag');
  if (!mag) throw new Parked('NO_MAGNITUDES', `${what} has no column "mag".`);
  const magErr = column(table, 'mag_err', 'magerr', 'err') ?? mag.map(() => Number.NaN);
  return { raDeg, decDeg, mag: sane(mag), magErr };
}

function positionsOf(
  table: TextTable,
  what: string,
): { raDeg: Float64Array; decDeg: Float64Array; names: readonly string[] } {
  for (const [ra, dec] of [
    ['ra', 'dec'],
    ['RA', 'Dec'],
    ['RA', 'DEC'],
    ['ra_deg', 'dec_deg'],
    ['RA_ICRS', 'DE_ICRS'],
  ] as const) {
    const raDeg = numbersOf(table, ra);
    const decDeg = numbersOf(table, dec);
    if (raDeg && decDeg) return { raDeg, decDeg, names: [ra, dec] };
  }
  throw new Parked('NO_POSITIONS', `${what} has no columns "ra" and "dec" (degrees).`);
}

function column(table: TextTable, ...names: readonly string[]): Float64Array | undefined {
  for (const name of names) {
    const values = numbersOf(table, name);
    if (values) return values;
  }
  return undefined;
}

/** Magnitudes such as 99 and -99 stand for "none" in many tables. */
function sane(mag: Float64Array): Float64Array {
  return mag.map((value) => (Math.abs(value) < 50 ? value : Number.NaN));
}
