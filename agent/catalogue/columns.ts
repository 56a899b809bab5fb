import { Parked } from '../../base/errors.ts';
import { filters } from '../../config/filters.ts';
import type { Table } from '../../pipeline/fits/table.ts';
import { MAG_PER_RELATIVE_FLUX } from '../../pipeline/magnitude.ts';
import { bandOfColumn, plainBand } from '../../pipeline/standardisation/bands.ts';
import { numbersOf, type TextTable } from '../../pipeline/tables/read-csv.ts';
import { orderingMagnitude, type StarMagnitudes, StarQuality, type StarTable, starRows } from './star-table.ts';

/** A table of any file or service, by the names of its columns. */
export interface Columns {
  /** Names the table in errors. */
  readonly what: string;
  readonly rows: number;
  readonly names: readonly string[];
  /** Numbers, NaN where blank; undefined without such a column. */
  numbers(name: string): Float64Array | undefined;
  texts(name: string): readonly string[] | undefined;
  /** Whole numbers of up to 64 bits; undefined without such a column or where a cell is no whole number. */
  integers(name: string): BigInt64Array | undefined;
}

export function columnsOfText(table: TextTable, what: string): Columns {
  const texts = (name: string) => table.columns.get(name);
  return {
    what,
    rows: table.rows,
    names: table.names,
    numbers: (name) => numbersOf(table, name),
    texts,
    integers(name) {
      const cells = texts(name);
      if (!cells?.every((cell) => /^\d{1,18}$|^\d{19}$/.test(cell.trim()))) return undefined;
      return BigInt64Array.from(cells, (cell) => BigInt(cell.trim()));
    },
  };
}

/** Of a FITS table; columns of more than one element a row are left out. */
export function columnsOfFits(table: Table, what: string): Columns {
  const single = table.columns.filter(({ repeat, data }) => repeat === 1 || data.kind === 'text');
  const data = (name: string) => single.find((column) => column.name === name)?.data;
  return {
    what,
    rows: table.nRows,
    names: single.map(({ name }) => name),
    numbers(name) {
      const found = data(name);
      if (found?.kind === 'number') return found.values;
      return found?.kind === 'bigint' ? Float64Array.from(found.values, Number) : undefined;
    },
    texts(name) {
      const found = data(name);
      return found?.kind === 'text' ? found.values : undefined;
    },
    integers(name) {
      const found = data(name);
      if (found?.kind === 'bigint') return found.values;
      if (found?.kind !== 'number' || !found.values.every(Number.isSafeInteger)) return undefined;
      return BigInt64Array.from(found.values, BigInt);
    },
  };
}

const positionNames = [
  ['ra', 'dec'],
  ['RA', 'DEC'],
  ['RA', 'Dec'],
  ['ra_deg', 'dec_deg'],
  ['RA_ICRS', 'DE_ICRS'],
  ['RAJ2000', 'DEJ2000'],
] as const;
const motionNames = [
  ['pmra', 'pmdec'],
  ['pmRA', 'pmDE'],
  ['pm_ra', 'pm_dec'],
] as const;

/** Epoch of positions in tables that do not tell: that of Gaia DR3. */
const defaultEpochYear = 2016;

/**
 * The stars of a table: positions (ICRS, degrees), magnitudes by the names of `config/filters.ts`, or `mag` of a band
 * not told, proper motions and Gaia's quality columns where they are. Rows without a position are left out.
 * @throws Parked where positions or magnitudes lack, or the epoch is not one
 */
export function starsOfColumns(columns: Columns, epochYear?: number): StarTable {
  const { what, rows, names } = columns;
  const [raDeg, decDeg] = pair(columns, positionNames) ?? [];
  const bands = bandsOf(columns);
  if (!raDeg || !decDeg || bands.size === 0) {
    throw new Parked(
      'CATALOGUE_COLUMNS',
      `The catalogue ${what} needs the columns ra, dec (degrees) and mag or one a band; it has: ${names.join(', ')}.`,
    );
  }
  const [pmRaMasYr, pmDecMasYr] = pair(columns, motionNames) ?? [blank(rows), blank(rows)];
  const table: StarTable = {
    count: rows,
    epochYear: epochYear ?? epochOf(columns),
    id: columns.integers('source_id') ?? columns.integers('Source') ?? new BigInt64Array(rows),
    raDeg: raDeg.map((value) => (value < 0 ? value + 360 : value % 360)),
    ...{ decDeg, pmRaMasYr, pmDecMasYr, bands },
    quality: qualityOf(columns, bands),
  };
  const placed = [...raDeg.keys()].filter((row) => Math.abs(raDeg[row]!) <= 360 && Math.abs(decDeg[row]!) <= 90);
  if (placed.length === 0 && rows > 0) {
    throw new Parked('CATALOGUE_POSITIONS', `No row of the catalogue ${what} has ra and dec in degrees.`);
  }
  return placed.length === rows ? table : starRows(table, placed);
}

function pair(
  columns: Columns,
  choices: readonly (readonly [string, string])[],
): [Float64Array, Float64Array] | undefined {
  for (const [one, other] of choices) {
    const first = columns.numbers(one);
    const second = columns.numbers(other);
    if (first && second) return [first, second];
  }
  return undefined;
}

function epochOf(columns: Columns): number {
  const epochs = columns.numbers('ref_epoch');
  if (!epochs || epochs.length === 0) return defaultEpochYear;
  if (epochs.some((epoch) => epoch !== epochs[0]) || !Number.isFinite(epochs[0])) {
    throw new Parked('CATALOGUE_EPOCH', `The catalogue ${columns.what} mixes epochs: give stars of one ref_epoch.`);
  }
  return epochs[0]!;
}

function bandsOf(columns: Columns): Map<string, StarMagnitudes> {
  const mags = new Map<string, Float64Array>();
  const errors = new Map<string, Float64Array>();
  for (const name of columns.names) {
    const meaning = bandOfColumn(filters, name);
    const values = meaning && columns.numbers(name);
    if (!values) continue;
    const into = meaning.isError ? errors : mags;
    if (!into.has(meaning.band.name)) into.set(meaning.band.name, values);
  }
  const plain = columns.numbers(plainBand) ?? columns.numbers('vt_mag');
  if (plain) mags.set(plainBand, plain);
  const plainErr = columns.numbers(`${plainBand}_err`);
  if (plainErr) errors.set(plainBand, plainErr);
  const bands = new Map<string, StarMagnitudes>();
  for (const [name, mag] of mags) {
    bands.set(name, {
      // Magnitudes such as 99 and -99 stand for "none" in many tables.
      mag: mag.map((value) => (Math.abs(value) < 50 ? value : Number.NaN)),
      magErr: errors.get(name) ?? errorsFromFlux(columns, name),
      doubtful: doubtsOf(columns, name),
    });
  }
  return bands;
}

/** How Gaia's archive and VizieR name the columns of synthetic photometry in a band. */
function syntheticNames(band: string): { flux: string; fluxErr: string; flag: string }[] {
  const low = band.toLowerCase();
  const system = band === low ? 'sdss' : 'jkc';
  const stem = `${low}_${system}`;
  return [
    { flux: `${stem}_flux`, fluxErr: `${stem}_flux_error`, flag: `${stem}_flag` },
    { flux: `F${band}`, fluxErr: `e_F${band}`, flag: `${band}Flag` },
  ];
}

/** The errors that follow from fluxes, where the table gives those instead of errors of magnitudes. */
function errorsFromFlux(columns: Columns, band: string): Float64Array {
  for (const { flux, fluxErr } of syntheticNames(band)) {
    const values = columns.numbers(flux);
    const errors = columns.numbers(fluxErr);
    if (values && errors) return values.map((value, k) => (MAG_PER_RELATIVE_FLUX * errors[k]!) / value);
  }
  const significance = columns.numbers(`phot_${band.toLowerCase()}_mean_flux_over_error`);
  return significance ? significance.map((value) => MAG_PER_RELATIVE_FLUX / value) : blank(columns.rows);
}

function doubtsOf(columns: Columns, band: string): Uint8Array {
  const flags = syntheticNames(band)
    .map(({ flag }) => columns.numbers(flag))
    .find((found) => found !== undefined);
  return flags ? Uint8Array.from(flags, (flag) => (flag === 1 ? 0 : 1)) : new Uint8Array(columns.rows);
}

const maxRuwe = 1.4;
const maxExcessSigma = 3;

function qualityOf(columns: Columns, bands: ReadonlyMap<string, StarMagnitudes>): Uint16Array {
  const quality = new Uint16Array(columns.rows);
  const variable = columns.texts('phot_variable_flag') ?? columns.texts('VarFlag');
  const nonSingle = columns.numbers('non_single_star') ?? columns.numbers('NSS');
  const ruwe = columns.numbers('ruwe') ?? columns.numbers('RUWE');
  const excess = columns.numbers('c_star') ?? columns.numbers('E(BP/RP)corr');
  const g = bands.get('G')?.mag ?? orderingMagnitude({ count: columns.rows, bands });
  for (let k = 0; k < columns.rows; k++) {
    if (variable?.[k] === 'VARIABLE') quality[k]! |= StarQuality.variable;
    if (nonSingle && nonSingle[k]! > 0) quality[k]! |= StarQuality.nonSingle;
    if (ruwe && ruwe[k]! > maxRuwe) quality[k]! |= StarQuality.badAstrometry;
    if (excess && Math.abs(excess[k]!) > maxExcessSigma * excessSigma(g[k]!)) quality[k]! |= StarQuality.colourExcess;
  }
  return quality;
}

/** Scatter of the corrected flux excess of well-behaved stars (Riello et al. 2021, A&A 649, A3, equation 18). */
function excessSigma(g: number): number {
  return 0.0059898 + 8.817481e-12 * g ** 7.618399;
}

const blank = (count: number): Float64Array => new Float64Array(count).fill(Number.NaN);
