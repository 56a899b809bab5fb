import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { StarCatalogue } from '../pipeline/astrometry/catalogue.ts';
import { numbersOf, readCsv } from '../pipeline/products/read-csv.ts';
import { UsageError } from './inputs.ts';

/** Reference stars from a file, with the hash that names them in every product. */
export interface StarFile {
  readonly stars: StarCatalogue;
  readonly id: string;
}

/**
 * Reads `ra,dec,mag[,pmra,pmdec]`: ICRS degrees at epoch 2016.0, proper motions in mas per year (that in RA with
 * cos Dec). Other columns are left alone.
 * @throws UsageError when the file cannot be read or lacks a column
 */
export async function readStarCsv(path: string): Promise<StarFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new UsageError(`the catalogue ${path} cannot be read`);
  }
  const table = readCsv(text, path);
  const column = (...names: string[]) =>
    names.map((name) => numbersOf(table, name)).find((found) => found !== undefined);
  const raDeg = column('ra', 'RA', 'raDeg');
  const decDeg = column('dec', 'DEC', 'decDeg');
  const mag = column('mag', 'G', 'phot_g_mean_mag', 'VT', 'vt_mag');
  if (!raDeg || !decDeg || !mag) throw new UsageError(`the catalogue ${path} needs the columns ra, dec and mag`);
  const pmRaMasYr = column('pmra');
  const pmDecMasYr = column('pmdec');
  const motions = pmRaMasYr && pmDecMasYr ? { pmRaMasYr, pmDecMasYr } : {};
  return {
    stars: { raDeg, decDeg, mag, ...motions, epochYear: 2016 },
    id: createHash('sha256').update(text).digest('hex'),
  };
}
