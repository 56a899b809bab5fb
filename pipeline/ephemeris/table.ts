import { Parked } from '../../base/errors.ts';
import { localFrame, positionOf, type SkyPosition } from '../../sky/sphere.ts';
import { readCsv } from '../tables/read-csv.ts';
import { mjdNumber, mjdOfJd } from '../time/mjd.ts';
import { parseDate } from '../time/parse-date.ts';

/** Places of a moving target by time (MJD, UTC), in the order of time; ICRS, degrees. */
export interface Ephemeris {
  readonly mjdUtc: Float64Array;
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
}

const timeNames = [/^mjd/i, /^jd/i, /^(date|utc|time|iso)/i];

/**
 * Reads a table of places as CSV: a column of times (`mjd`, `jd` or `utc`, all UTC) and `ra`, `dec` in degrees or
 * sexagesimal (hours and degrees). The file that JPL's Horizons writes as CSV is read as it is, between its marks $$SOE
 * and $$EOE. `what` names it in errors.
 * @throws Parked where columns, rows or their order are not those of an ephemeris
 */
export function readEphemeris(text: string, what: string): Ephemeris {
  const table = readCsv(horizonsTable(text) ?? text, what);
  const column = (...patterns: RegExp[]): readonly string[] | undefined => {
    for (const pattern of patterns) {
      const name = table.names.find((one) => pattern.test(one.trim()));
      if (name !== undefined) return table.columns.get(name);
    }
    return undefined;
  };
  const times = column(...timeNames);
  const ra = column(/^(ra|r\.a\.)/i);
  const dec = column(/^de/i);
  if (!times || !ra || !dec) {
    throw new Parked(
      'EPHEMERIS_COLUMNS',
      `The ephemeris ${what} needs the columns mjd, jd or utc, and ra and dec; it has: ${table.names.join(', ')}.`,
    );
  }
  const isMjd = column(timeNames[0]!) === times;
  const isJd = column(timeNames[1]!) === times;
  const rows = times
    .map((time, row) => ({
      mjd: isMjd ? Number(time) : isJd ? mjdNumber(mjdOfJd(Number(time))) : dateOf(time),
      raDeg: angleOf(ra[row]!, 15),
      decDeg: angleOf(dec[row]!, 1),
    }))
    .sort((a, b) => a.mjd - b.mjd);
  const isSound = rows.every(
    ({ mjd, raDeg, decDeg }, k) =>
      mjd > 15_000 && mjd < 150_000 && raDeg >= 0 && raDeg <= 360 && Math.abs(decDeg) <= 90 && mjd !== rows[k - 1]?.mjd,
  );
  if (rows.length < 2 || !isSound) {
    throw new Parked(
      'EPHEMERIS_ROWS',
      `The ephemeris ${what} needs two rows or more, each with a time of its own, RA and Dec.`,
    );
  }
  const of = (key: 'mjd' | 'raDeg' | 'decDeg') => Float64Array.from(rows, (row) => row[key]);
  return { mjdUtc: of('mjd'), raDeg: of('raDeg'), decDeg: of('decDeg') };
}

/** Horizons: a line of names, asterisks, and the rows between two marks; its lines end with a comma. */
function horizonsTable(text: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim() === '$$SOE');
  const end = lines.findIndex((line) => line.trim() === '$$EOE');
  if (start < 1 || end < start) return undefined;
  const head = lines.slice(0, start).findLast((line) => /date|jd/i.test(line) && line.includes(','));
  return head && [head, ...lines.slice(start + 1, end)].map((line) => line.replace(/,\s*$/, '')).join('\n');
}

function dateOf(text: string): number {
  const parsed = parseDate(text);
  return parsed ? mjdNumber(parsed.mjd) : Number.NaN;
}

/** Degrees as a number, or three parts of hours (`unit` 15) or degrees (1). */
function angleOf(text: string, unit: number): number {
  const parts = text.trim().split(/[\s:]+/);
  if (parts.length === 1) return parts[0] === '' ? Number.NaN : Number(parts[0]);
  const [whole = Number.NaN, minutes = Number.NaN, seconds = 0] = parts.map((part) => Math.abs(Number(part)));
  return (text.trim().startsWith('-') ? -1 : 1) * unit * (whole + minutes / 60 + seconds / 3600);
}

/**
 * The place at a moment (MJD, UTC): the polynomial through the four nearest rows, on the sphere. Undefined outside the
 * table, where nothing is known.
 */
export function placeInTable({ mjdUtc, raDeg, decDeg }: Ephemeris, atMjd: number): SkyPosition | undefined {
  const n = mjdUtc.length;
  if (!(atMjd >= mjdUtc[0]! && atMjd <= mjdUtc[n - 1]!)) return undefined;
  const after = mjdUtc.findIndex((mjd) => mjd >= atMjd);
  const first = Math.max(0, Math.min(n - 4, after - 2));
  const rows = Array.from({ length: Math.min(4, n) }, (_, k) => first + k);
  let [x, y, z] = [0, 0, 0];
  for (const row of rows) {
    let weight = 1;
    for (const other of rows) if (other !== row) weight *= (atMjd - mjdUtc[other]!) / (mjdUtc[row]! - mjdUtc[other]!);
    const { up } = localFrame({ raDeg: raDeg[row]!, decDeg: decDeg[row]! });
    x += weight * up[0];
    y += weight * up[1];
    z += weight * up[2];
  }
  return positionOf(x, y, z);
}
