import { type ByteSource, readAhead } from '../../base/bytes.ts';
import { readAsciiTable } from './ascii-table.ts';
import { type Column, heapOf, readColumns, readDescriptor } from './columns.ts';
import type { Hdu } from './hdu.ts';
import { BadFits, defaultLimits, type FitsLimits } from './limits.ts';

/** The values of one column, `repeat` elements a row one after the other. NaN, undefined or an empty string where blank. */
export type ColumnValues =
  /** Numbers, TSCAL and TZERO applied, TNULL become NaN; complex numbers as pairs. */
  | { readonly kind: 'number'; readonly values: Float64Array }
  /** 64-bit integers without scaling, exact. */
  | { readonly kind: 'bigint'; readonly values: BigInt64Array }
  | { readonly kind: 'text'; readonly values: readonly string[] }
  | { readonly kind: 'boolean'; readonly values: readonly (boolean | undefined)[] }
  /** Bits, one a byte. */
  | { readonly kind: 'bits'; readonly values: Uint8Array }
  /** Variable-length rows of numbers. */
  | { readonly kind: 'lists'; readonly values: readonly Float64Array[] };

export interface TableColumn {
  readonly name: string;
  readonly unit: string | undefined;
  readonly repeat: number;
  readonly data: ColumnValues;
}

export interface Table {
  readonly nRows: number;
  readonly columns: readonly TableColumn[];
}

/**
 * Reads a binary or ASCII table whole (FITS Standard 4.0, sections 7.2 and 7.3). Rejects with `BadFits`: no-image (the HDU is
 * no table), header-broken, truncated, too-large (more than `maxCells`), corrupt (a cell outside the heap).
 */
export async function readTable(source: ByteSource, hdu: Hdu, limits: FitsLimits = defaultLimits): Promise<Table> {
  const [rowBytes, nRows] = hdu.shape as [number, number];
  if (hdu.kind !== 'table' && hdu.kind !== 'bintable' && hdu.kind !== 'compressed-image') {
    throw new BadFits('no-image', `HDU ${hdu.index} holds no table`);
  }
  const bytes = await source.read(hdu.dataOffset, rowBytes * nRows);
  if (bytes.length < rowBytes * nRows) throw new BadFits('truncated', 'truncated: the file ends within a table');
  if (hdu.kind === 'table') return readAsciiTable(bytes, hdu, limits);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const columns: TableColumn[] = [];
  for (const column of readColumns(hdu)) {
    if (nRows * Math.max(1, column.repeat) > limits.maxCells) {
      throw new BadFits('too-large', `column ${column.name} has ${nRows} rows of ${column.repeat} elements`);
    }
    const isList = column.type === 'P' || column.type === 'Q';
    const data = isList
      ? await readLists(source, hdu, column, view, limits)
      : readFixed(view, column, rowBytes, nRows, column.offset);
    columns.push({ name: column.name, unit: column.unit, repeat: column.repeat, data });
  }
  return { nRows, columns };
}

function readFixed(view: DataView, column: Column, rowBytes: number, nRows: number, offset: number): ColumnValues {
  const { type, repeat } = column;
  if (type === 'A') {
    const values = Array.from({ length: nRows }, (_, row) => textAt(view, row * rowBytes + offset, repeat));
    return { kind: 'text', values };
  }
  if (type === 'L') {
    const values = Array.from({ length: nRows * repeat }, (_, i) => {
      const byte = view.getUint8(Math.floor(i / repeat) * rowBytes + offset + (i % repeat));
      return byte === 84 ? true : byte === 70 ? false : undefined;
    });
    return { kind: 'boolean', values };
  }
  if (type === 'X') {
    const values = new Uint8Array(nRows * repeat);
    for (let i = 0; i < values.length; i++) {
      const bit = i % repeat;
      const byte = view.getUint8(Math.floor(i / repeat) * rowBytes + offset + (bit >> 3));
      values[i] = (byte >> (7 - (bit & 7))) & 1;
    }
    return { kind: 'bits', values };
  }
  if (type === 'K' && column.scale === 1 && column.zero === 0) {
    const values = new BigInt64Array(nRows * repeat);
    for (let i = 0; i < values.length; i++) {
      values[i] = view.getBigInt64(Math.floor(i / repeat) * rowBytes + offset + 8 * (i % repeat));
    }
    return { kind: 'bigint', values };
  }
  const perRow = type === 'C' || type === 'M' ? 2 * repeat : repeat;
  const values = new Float64Array(nRows * perRow);
  for (let row = 0; row < nRows; row++) {
    readNumbers(view, row * rowBytes + offset, type, perRow, column, values, row * perRow);
  }
  return { kind: 'number', values };
}

function readNumbers(
  view: DataView,
  from: number,
  type: Column['type'],
  count: number,
  column: Column,
  values: Float64Array,
  to: number,
): void {
  for (let i = 0; i < count; i++) {
    let value: number;
    if (type === 'B') value = view.getUint8(from + i);
    else if (type === 'I') value = view.getInt16(from + 2 * i);
    else if (type === 'J') value = view.getInt32(from + 4 * i);
    else if (type === 'K') value = Number(view.getBigInt64(from + 8 * i));
    else if (type === 'E' || type === 'C') value = view.getFloat32(from + 4 * i);
    else value = view.getFloat64(from + 8 * i);
    const isInteger = type === 'B' || type === 'I' || type === 'J' || type === 'K';
    values[to + i] = isInteger && value === column.null ? Number.NaN : column.zero + column.scale * value;
  }
}

const listElementBytes: Readonly<Record<string, number>> = { B: 1, I: 2, J: 4, K: 8, E: 4, D: 8, A: 1, L: 1 };

async function readLists(
  source: ByteSource,
  hdu: Hdu,
  column: Column,
  table: DataView,
  limits: FitsLimits,
): Promise<ColumnValues> {
  const heap = heapOf(hdu);
  const heapSource = readAhead(source);
  const [rowBytes, nRows] = hdu.shape as [number, number];
  const type = column.elementType ?? 'B';
  const size = listElementBytes[type];
  if (size === undefined) throw new BadFits('unsupported', `lists of type ${type} in column ${column.name}`);
  const lists: Float64Array[] = [];
  const texts: string[] = [];
  let total = 0;
  for (let row = 0; row < nRows && column.repeat > 0; row++) {
    const cell = new DataView(table.buffer, table.byteOffset + row * rowBytes, rowBytes);
    const { count, at } = readDescriptor(cell, column);
    total += count;
    if (total > limits.maxCells) throw new BadFits('too-large', `column ${column.name} lists ${total} elements`);
    if (at + count * size > heap.bytes) throw new BadFits('corrupt', `a cell of ${column.name} lies outside the heap`);
    const bytes = await heapSource.read(heap.offset + at, count * size);
    if (bytes.length < count * size) throw new BadFits('truncated', 'truncated: the file ends within a table');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (type === 'A') texts.push(textAt(view, 0, count));
    else {
      const list = new Float64Array(count);
      readNumbers(view, 0, type === 'L' ? 'B' : type, count, column, list, 0);
      lists.push(list);
    }
  }
  return type === 'A' ? { kind: 'text', values: texts } : { kind: 'lists', values: lists };
}

/** Text up to the first NUL, without trailing blanks. */
function textAt(view: DataView, offset: number, length: number): string {
  const text = Buffer.from(view.buffer, view.byteOffset + offset, length).toString('latin1');
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}
