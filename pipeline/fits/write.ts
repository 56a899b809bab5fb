import { blockLength } from './hdu.ts';
import { BadFits } from './limits.ts';
import { type CardToWrite, formatCard, headerBlocks } from './write-card.ts';

/** An image to be written; Uint16Array and Uint32Array are stored with BZERO, as the standard asks. */
export interface ImageToWrite {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
  /** For a cube, the number of its planes, which follow each other in `pixels`. */
  readonly nPlanes?: number;
  readonly pixels: Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
  /** Further cards; structural ones (NAXIS, BZERO, ...) are made here and must not be given. */
  readonly cards?: readonly CardToWrite[];
  readonly name?: string;
}

/** A binary table to be written. */
export interface TableToWrite {
  readonly kind: 'table';
  readonly columns: readonly ColumnToWrite[];
  readonly cards?: readonly CardToWrite[];
  readonly name?: string;
}

/** One column, a value a row; NaN stands for a blank in floating columns. */
export interface ColumnToWrite {
  readonly name: string;
  readonly unit?: string;
  readonly values: Int16Array | Int32Array | Float32Array | Float64Array | readonly string[] | readonly boolean[];
}

/** No image at all, for a primary HDU whose tables follow. */
export interface EmptyToWrite {
  readonly kind: 'empty';
  readonly cards?: readonly CardToWrite[];
}

export type HduToWrite = ImageToWrite | TableToWrite | EmptyToWrite;

/**
 * Encodes a FITS file (Standard 4.0). The first HDU must not be a table. Returns the file in pieces, to be written one
 * after the other. Throws `BadFits` (unsupported) for values FITS cannot hold.
 */
export function encodeFits(hdus: readonly HduToWrite[]): Uint8Array[] {
  if (hdus[0]?.kind === 'table') throw new BadFits('unsupported', 'a table cannot be the primary HDU');
  return hdus.flatMap((hdu, index) => encodeHdu(hdu, index === 0, hdus.length > 1));
}

function encodeHdu(hdu: HduToWrite, primary: boolean, hasExtensions: boolean): Uint8Array[] {
  const data = hdu.kind === 'table' ? encodeTable(hdu) : hdu.kind === 'image' ? encodeImage(hdu) : noData;
  const cards: CardToWrite[] = primary
    ? [{ keyword: 'SIMPLE', value: true, comment: 'conforms to FITS standard' }]
    : [{ keyword: 'XTENSION', value: hdu.kind === 'table' ? 'BINTABLE' : 'IMAGE', comment: 'type of extension' }];
  cards.push({ keyword: 'BITPIX', value: data.bitpix, comment: 'bits per data value' });
  cards.push({ keyword: 'NAXIS', value: data.shape.length, comment: 'number of axes' });
  data.shape.forEach((length, i) => {
    cards.push({ keyword: `NAXIS${i + 1}`, value: length });
  });
  if (primary && hasExtensions) cards.push({ keyword: 'EXTEND', value: true, comment: 'extensions may follow' });
  if (!primary) {
    cards.push({ keyword: 'PCOUNT', value: 0 }, { keyword: 'GCOUNT', value: 1 });
  }
  cards.push(...data.cards);
  if ('name' in hdu && hdu.name !== undefined) cards.push({ keyword: 'EXTNAME', value: hdu.name });
  cards.push(...(hdu.cards ?? []));
  return [headerBlocks(cards.flatMap(formatCard)), ...padded(data.bytes)];
}

function padded(bytes: Uint8Array): Uint8Array[] {
  const missing = (blockLength - (bytes.length % blockLength)) % blockLength;
  return missing === 0 ? [bytes] : [bytes, new Uint8Array(missing)];
}

interface EncodedData {
  readonly bitpix: number;
  readonly shape: readonly number[];
  readonly cards: readonly CardToWrite[];
  readonly bytes: Uint8Array;
}

const noData: EncodedData = { bitpix: 8, shape: [], cards: [], bytes: new Uint8Array(0) };

function encodeImage(image: ImageToWrite): EncodedData {
  const { width, height, pixels, nPlanes = 1 } = image;
  const shape = nPlanes === 1 ? [width, height] : [width, height, nPlanes];
  if (pixels.length !== width * height * nPlanes)
    throw new RangeError(`${pixels.length} pixels for ${shape.join(' x ')}`);
  const size = pixels.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(pixels.length * size);
  const view = new DataView(bytes.buffer);
  const offset = (zero: number) => [
    { keyword: 'BZERO', value: zero, comment: 'offset of unsigned integers' },
    { keyword: 'BSCALE', value: 1 },
  ];
  if (pixels instanceof Uint8Array) bytes.set(pixels);
  else if (pixels instanceof Int16Array) pixels.forEach((value, i) => void view.setInt16(2 * i, value));
  else if (pixels instanceof Uint16Array) pixels.forEach((value, i) => void view.setUint16(2 * i, value ^ 0x8000));
  else if (pixels instanceof Int32Array) pixels.forEach((value, i) => void view.setInt32(4 * i, value));
  else if (pixels instanceof Uint32Array) pixels.forEach((value, i) => void view.setUint32(4 * i, value ^ 0x80000000));
  else if (pixels instanceof Float32Array) pixels.forEach((value, i) => void view.setFloat32(4 * i, value));
  else pixels.forEach((value, i) => void view.setFloat64(8 * i, value));
  const isFloat = pixels instanceof Float32Array || pixels instanceof Float64Array;
  const cards = pixels instanceof Uint16Array ? offset(32768) : pixels instanceof Uint32Array ? offset(2147483648) : [];
  return { bitpix: isFloat ? -8 * size : 8 * size, shape, cards, bytes };
}

interface Field {
  readonly form: string;
  readonly width: number;
  put(view: DataView, at: number, row: number): void;
}

function encodeTable(table: TableToWrite): EncodedData {
  const fields = table.columns.map((column) => fieldOf(column.values));
  const rowBytes = fields.reduce((sum, field) => sum + field.width, 0);
  const nRows = table.columns[0]?.values.length ?? 0;
  const bytes = new Uint8Array(rowBytes * nRows);
  const view = new DataView(bytes.buffer);
  let start = 0;
  const cards: CardToWrite[] = [{ keyword: 'TFIELDS', value: fields.length, comment: 'number of columns' }];
  fields.forEach((field, i) => {
    const column = table.columns[i]!;
    if (column.values.length !== nRows) throw new RangeError(`column ${column.name} has ${column.values.length} rows`);
    cards.push({ keyword: `TTYPE${i + 1}`, value: column.name }, { keyword: `TFORM${i + 1}`, value: field.form });
    if (column.unit !== undefined) cards.push({ keyword: `TUNIT${i + 1}`, value: column.unit });
    for (let row = 0; row < nRows; row++) field.put(view, row * rowBytes + start, row);
    start += field.width;
  });
  return { bitpix: 8, shape: [rowBytes, nRows], cards, bytes };
}

function fieldOf(values: ColumnToWrite['values']): Field {
  if (values instanceof Int16Array) return { form: 'I', width: 2, put: (v, at, row) => v.setInt16(at, values[row]!) };
  if (values instanceof Int32Array) return { form: 'J', width: 4, put: (v, at, row) => v.setInt32(at, values[row]!) };
  if (values instanceof Float32Array) {
    return { form: 'E', width: 4, put: (v, at, row) => v.setFloat32(at, values[row]!) };
  }
  if (values instanceof Float64Array) {
    return { form: 'D', width: 8, put: (v, at, row) => v.setFloat64(at, values[row]!) };
  }
  if (typeof values[0] === 'boolean') {
    return { form: 'L', width: 1, put: (v, at, row) => v.setUint8(at, values[row] ? 84 : 70) };
  }
  const encoded = (values as readonly string[]).map((text) =>
    Buffer.from(text.replace(/[^\x20-\x7e]/g, '?'), 'latin1'),
  );
  const width = encoded.reduce((longest, text) => Math.max(longest, text.length), 1);
  const put = (view: DataView, at: number, row: number) => {
    const text = encoded[row]!;
    for (let i = 0; i < width; i++) view.setUint8(at + i, text[i] ?? 0);
  };
  return { form: `${width}A`, width, put };
}
