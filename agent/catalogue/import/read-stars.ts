import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { Parked } from '../../../base/errors.ts';
import { openFile } from '../../../base/file-bytes.ts';
import { readHdus } from '../../../pipeline/fits/hdu.ts';
import { defaultLimits } from '../../../pipeline/fits/limits.ts';
import { readTable } from '../../../pipeline/fits/table.ts';
import { readCsv } from '../../../pipeline/tables/read-csv.ts';
import { readEcsv } from '../../../pipeline/tables/read-ecsv.ts';
import { type Columns, columnsOfFits, columnsOfText, starsOfColumns } from '../columns.ts';
import type { StarTable } from '../star-table.ts';
import { isAstrometryIndex, readAstrometryIndex } from './astrometry-index.ts';

/** What a file of stars holds, and which kind of file it is. */
export interface StarFile {
  readonly kind: 'csv' | 'ecsv' | 'fits' | 'astrometry.net index';
  readonly table: StarTable;
}

/**
 * Reads a file of reference stars by what it holds, whatever its name: FITS table, index of astrometry.net, ECSV or
 * CSV. `epochYear` wins over the file's `ref_epoch`.
 * @throws Parked, BadFits when it cannot be understood
 */
export async function readStarFile(path: string, epochYear?: number): Promise<StarFile> {
  const what = basename(path);
  const file = await openFile(path).catch((cause: unknown) => {
    throw new Parked('CATALOGUE_UNREADABLE', `The catalogue ${path} cannot be read.`, { cause });
  });
  try {
    const start = Buffer.from(await file.read(0, 30)).toString('latin1');
    if (start.startsWith('SIMPLE  =')) {
      const hdus = await readHdus(file);
      if (isAstrometryIndex(hdus)) {
        return { kind: 'astrometry.net index', table: await readAstrometryIndex(file, hdus, what) };
      }
      const hdu = hdus.find(({ kind }) => kind === 'bintable' || kind === 'table');
      if (!hdu) throw new Parked('CATALOGUE_NO_TABLE', `The FITS file ${what} holds no table of stars.`);
      const columns = columnsOfFits(await readTable(file, hdu, defaultLimits), what);
      return { kind: 'fits', table: starsOfColumns(columns, epochYear) };
    }
  } finally {
    await file.close();
  }
  const text = await readFile(path, 'utf8');
  const isEcsv = /^\uFEFF?# %ECSV/.test(text);
  const columns = isEcsv ? columnsOfEcsv(text, what) : columnsOfText(readCsv(text, what), what);
  return { kind: isEcsv ? 'ecsv' : 'csv', table: starsOfColumns(columns, epochYear) };
}

/** ECSV by its own reader, for the header's delimiter; 64-bit integers from the cells, which numbers cannot hold. */
function columnsOfEcsv(text: string, what: string): Columns {
  const { rows, numbers, texts } = readEcsv(text, what, parse);
  const delimiter = /^# delimiter: ['"]?,/m.test(text) ? ',' : ' ';
  const cells = columnsOfText(readCsv(text, what, delimiter), what);
  return {
    what,
    rows,
    names: cells.names,
    numbers: (name) => numbers.get(name),
    texts: (name) => texts.get(name),
    integers: cells.integers,
  };
}
