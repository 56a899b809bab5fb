import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Parked } from '../../base/errors.ts';
import type { StarCatalogue } from '../../pipeline/astrometry/catalogue.ts';
import { numbersOf, readCsv } from '../../pipeline/products/read-csv.ts';

/** Reference stars from a file, with the hash that names them in every product. */
export interface StarFile {
  readonly stars: StarCatalogue;
  readonly id: string;
}

/**
 * Reads `ra,dec,mag[,pmra,pmdec]`: ICRS degrees at epoch 2016.0, proper motions in mas per year (that in RA with
 * cos Dec). Other columns are left alone.
 * @throws Parked when the file cannot be read or lacks a column
 */
export async function readStarCsv(path: string): Promise<StarFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Parked('CATALOGUE_UNREADABLE', `The catalogue ${path} cannot be read.`, { cause });
  }
  const table = readCsv(text, path);
  const column = (...names: string[]) =>
    names.map((name) => numbersOf(table, name)).find((found) => found !== undefined);
  const raDeg = column('ra', 'ra_deg', 'RA');
  const decDeg = column('dec', 'dec_deg', 'DEC');
  const mag = column('mag', 'phot_g_mean_mag', 'G', 'vt_mag');
  if (!raDeg || !decDeg || !mag) {
    const found = table.names.join(', ');
    throw new Parked('CATALOGUE_COLUMNS', `The catalogue ${path} needs the columns ra, dec and mag; it has: ${found}.`);
  }
  const pmRaMasYr = column('pmra');
  const pmDecMasYr = column('pmdec');
  const motions = pmRaMasYr && pmDecMasYr ? { pmRaMasYr, pmDecMasYr } : {};
  return {
    stars: { raDeg, decDeg, mag, ...motions, epochYear: 2016 },
    id: createHash('sha256').update(text).digest('hex'),
  };
}

let last: { key: string; file: Promise<StarFile> } | undefined;

/** The same, kept in memory for as long as the file stays the same: one catalogue serves every frame of a night. */
export async function cachedStarCsv(path: string): Promise<StarFile> {
  const { mtimeMs, size } = await stat(path);
  const key = `${path}|${mtimeMs}|${size}`;
  if (last?.key !== key) last = { key, file: readStarCsv(path) };
  return last.file;
}
