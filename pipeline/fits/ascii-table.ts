import type { Hdu } from './hdu.ts';
import { BadFits, type FitsLimits } from './limits.ts';
import type { Table, TableColumn } from './table.ts';

/** Reads the rows of an ASCII table (FITS Standard 4.0, section 7.2). Throws `BadFits`: header-broken, too-large. */
export function readAsciiTable(bytes: Uint8Array, hdu: Hdu, limits: FitsLimits): Table {
  const [rowBytes, nRows] = hdu.shape as [number, number];
  const { header } = hdu;
  const nFields = header.number('TFIELDS') ?? 0;
  if (!Number.isInteger(nFields) || nFields < 0 || nFields > 999) {
    throw new BadFits('header-broken', `TFIELDS = ${nFields} (allowed: 0 to 999)`);
  }
  if (nFields * nRows > limits.maxCells) throw new BadFits('too-large', `a table of ${nFields} x ${nRows} cells`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const columns: TableColumn[] = [];
  for (let i = 1; i <= nFields; i++) {
    const start = (header.number(`TBCOL${i}`) ?? 1) - 1;
    const form = /^\s*([AIFED])(\d{1,5})(?:\.(\d{1,3}))?/.exec(header.string(`TFORM${i}`) ?? '');
    const width = Number(form?.[2]);
    if (!form || !Number.isInteger(start) || start < 0 || start + width > rowBytes) {
      throw new BadFits('header-broken', `column ${i} of an ASCII table lies outside its rows`);
    }
    const cell = (row: number) => text.slice(row * rowBytes + start, row * rowBytes + start + width);
    const name = header.string(`TTYPE${i}`)?.trim() ?? `col${i}`;
    const common = { name, unit: header.string(`TUNIT${i}`), repeat: 1 };
    if (form[1] === 'A') {
      const values = Array.from({ length: nRows }, (_, row) => cell(row).trimEnd());
      columns.push({ ...common, data: { kind: 'text', values } });
      continue;
    }
    const blank = header.string(`TNULL${i}`)?.trim();
    const scale = header.number(`TSCAL${i}`) ?? 1;
    const zero = header.number(`TZERO${i}`) ?? 0;
    // Without a decimal point in the field, the format's decimals say where it stands.
    const implied = form[1] === 'I' ? 0 : Number(form[3] ?? 0);
    const values = Float64Array.from({ length: nRows }, (_, row) => {
      const field = cell(row).trim();
      if (field === blank) return Number.NaN;
      return zero + scale * asciiNumber(field, implied);
    });
    columns.push({ ...common, data: { kind: 'number', values } });
  }
  return { nRows, columns };
}

/** A Fortran number; a blank field is zero, what is no number is NaN. */
function asciiNumber(field: string, impliedDecimals: number): number {
  if (field === '') return 0;
  const [mantissa, exponent = '0'] = field.toUpperCase().split(/[ED]/) as [string, string?];
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(mantissa) || !/^[+-]?\d+$/.test(exponent)) return Number.NaN;
  const value = Number(`${mantissa}E${exponent}`);
  return mantissa.includes('.') ? value : value / 10 ** impliedDecimals;
}
