import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeError, Parked, TellOperator } from '../../base/errors.ts';
import { readCsv } from '../../pipeline/tables/read-csv.ts';
import { columnsOfText, starsOfColumns } from './columns.ts';
import { type FieldStars, fieldStars } from './field-stars.ts';

/**
 * Reads `ra,dec` (ICRS degrees at epoch 2016.0), `mag` or a column a band (`u,g,r,i,z,U,B,V,R,I,G,BP,RP` or the names
 * of `config/filters.ts`, each with `<band>_err` where known), and `pmra,pmdec` (mas per year, that in RA with cos Dec)
 * where known. Other columns are left alone.
 * @throws Parked when the file cannot be read or lacks a column
 */
export async function readStarCsv(path: string): Promise<FieldStars> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new Parked('CATALOGUE_UNREADABLE', `The catalogue ${path} cannot be read.`, { cause });
  }
  return fieldStars(starsOfColumns(columnsOfText(readCsv(text, path), path)), {
    id: createHash('sha256').update(text).digest('hex'),
    origin: basename(path),
    isComplete: true,
    warnings: [],
  });
}

let last: { key: string; file: Promise<FieldStars> } | undefined;

/**
 * The same, kept in memory for as long as the file stays the same: one catalogue serves every frame of a night.
 * @throws TellOperator when it cannot be used: a fault of the site, and of no frame
 */
export async function cachedStarCsv(path: string): Promise<FieldStars> {
  try {
    const { mtimeMs, size } = await stat(path);
    const key = `${path}|${mtimeMs}|${size}`;
    if (last?.key !== key) last = { key, file: readStarCsv(path) };
    return await last.file;
  } catch (cause) {
    last = undefined;
    const why = describeError(cause);
    const meaning = 'No frame can be measured against it. Bring it back, or mend catalogue.file.';
    throw new TellOperator('CATALOGUE_UNUSABLE', `The reference stars in ${path} cannot be used: ${why} ${meaning}`);
  }
}
