import { encodeFits } from '../../pipeline/fits/write.ts';
import { pointColumns } from './columns.ts';
import type { ExportPoint } from './point.ts';

/** Points with all that is known of them as a FITS file with one binary table, `POINTS`. */
export function pointsFits(points: readonly ExportPoint[], software: string): Uint8Array {
  const columns = pointColumns(points);
  const comments = columns.map(({ name, description }) => ({
    keyword: 'COMMENT',
    value: undefined,
    comment: `${name}: ${description}`,
  }));
  const cards = [
    { keyword: 'CREATOR', value: software, comment: 'program that wrote this file' },
    { keyword: 'TIMESYS', value: 'UTC', comment: 'time scale of mjd_mid' },
    ...comments,
  ];
  return Buffer.concat(encodeFits([{ kind: 'empty' }, { kind: 'table', name: 'POINTS', columns, cards }]));
}
