import type { Hdu } from './hdu.ts';
import { BadFits } from './limits.ts';

/** The type letters of binary table columns (FITS Standard 4.0, table 18) and their bytes per element. */
const elementBytes = { L: 1, X: 0, B: 1, I: 2, J: 4, K: 8, A: 1, E: 4, D: 8, C: 8, M: 16, P: 8, Q: 16 } as const;

export type ColumnType = keyof typeof elementBytes;

/** One column of a binary table. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Elements in a row (bits for X); 0 or 1 for a variable-length column. */
  readonly repeat: number;
  /** For P and Q: the type of what the descriptors point to. */
  readonly elementType: ColumnType | undefined;
  /** Where the column begins in a row, and how many bytes it takes. */
  readonly offset: number;
  readonly bytes: number;
  readonly unit: string | undefined;
  readonly scale: number;
  readonly zero: number;
  readonly null: number | undefined;
}

/** Reads the column definitions of a binary table. Throws `BadFits` (header-broken) when they contradict each other. */
export function readColumns(hdu: Hdu): Column[] {
  const { header } = hdu;
  const nFields = header.number('TFIELDS') ?? 0;
  if (!Number.isInteger(nFields) || nFields < 0 || nFields > 999) {
    throw new BadFits('header-broken', `TFIELDS = ${nFields} (allowed: 0 to 999)`);
  }
  const columns: Column[] = [];
  let offset = 0;
  for (let i = 1; i <= nFields; i++) {
    const form = header.string(`TFORM${i}`) ?? '';
    const match = /^\s*(\d{0,9})([LXBIJKAEDCMPQ])([LXBIJKAEDCM])?/.exec(form);
    if (!match) throw new BadFits('header-broken', `TFORM${i} = '${form}' is no column format`);
    const type = match[2] as ColumnType;
    const repeat = match[1] === '' ? 1 : Number(match[1]);
    const bytes = type === 'X' ? Math.ceil(repeat / 8) : repeat * elementBytes[type];
    columns.push({
      name: header.string(`TTYPE${i}`)?.trim() ?? `col${i}`,
      type,
      repeat,
      elementType: type === 'P' || type === 'Q' ? (match[3] as ColumnType | undefined) : undefined,
      offset,
      bytes,
      unit: header.string(`TUNIT${i}`),
      scale: header.number(`TSCAL${i}`) ?? 1,
      zero: header.number(`TZERO${i}`) ?? 0,
      null: header.number(`TNULL${i}`),
    });
    offset += bytes;
  }
  if (offset !== (hdu.shape[0] ?? 0)) {
    throw new BadFits('header-broken', `the columns take ${offset} bytes a row, NAXIS1 says ${hdu.shape[0]}`);
  }
  return columns;
}

/** Where the heap of a binary table lies in the file. */
export function heapOf(hdu: Hdu): { readonly offset: number; readonly bytes: number } {
  const tableBytes = hdu.shape[0]! * hdu.shape[1]!;
  const start = hdu.header.number('THEAP') ?? tableBytes;
  if (!Number.isInteger(start) || start < tableBytes || start > hdu.dataBytes) {
    throw new BadFits('header-broken', `THEAP = ${start} lies outside the table's ${hdu.dataBytes} bytes`);
  }
  return { offset: hdu.dataOffset + start, bytes: hdu.dataBytes - start };
}

/** The element count and heap offset of a variable-length cell. */
export function readDescriptor(row: DataView, column: Column): { count: number; at: number } {
  if (column.type === 'P') return { count: row.getUint32(column.offset), at: row.getUint32(column.offset + 4) };
  return {
    count: Number(row.getBigUint64(column.offset)),
    at: Number(row.getBigUint64(column.offset + 8)),
  };
}
