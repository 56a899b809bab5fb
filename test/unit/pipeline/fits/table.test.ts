import assert from 'node:assert/strict';
import test from 'node:test';
import { readHdus } from '../../../../pipeline/fits/hdu.ts';
import { readTable } from '../../../../pipeline/fits/table.ts';
import { fixture } from '../../../support/fits-fixtures.ts';

test('a binary table of every common column type reads as it was written', async () => {
  const source = fixture('table.fits');
  const [, hdu] = await readHdus(source);
  const table = await readTable(source, hdu!);
  const column = (name: string) => table.columns.find((one) => one.name === name)!.data.values;
  assert.equal(table.nRows, 3);
  assert.deepEqual(column('id'), BigInt64Array.from([5n, -7n, 2n ** 62n + 3n]));
  assert.deepEqual(column('x'), Float64Array.from([1.5, Number.NaN, -3e200]));
  assert.deepEqual(column('n'), Float64Array.from([1, Number.NaN, 3]));
  assert.deepEqual(column('u'), Float64Array.from([1, 40000, 65535]));
  assert.deepEqual(column('name'), ['alpha', 'b', '']);
  assert.deepEqual(column('ok'), [true, false, true]);
  assert.deepEqual(column('pair'), Float64Array.from([1, 2, 3, 4, 5, 6]));
  assert.deepEqual([...(column('bits') as Uint8Array)].slice(0, 11), [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]);
  assert.deepEqual(column('list'), [Float64Array.from([1, 2]), Float64Array.from([]), Float64Array.from([3])]);
  assert.equal(table.columns.find((one) => one.name === 'x')?.unit, 'pix');
});

test('an ASCII table reads as it was written', async () => {
  const source = fixture('ascii-table.fits');
  const [, hdu] = await readHdus(source);
  const { columns } = await readTable(source, hdu!);
  assert.deepEqual(columns[0]!.data.values, ['one', 'two', 'three']);
  assert.deepEqual(columns[1]!.data.values, Float64Array.from([1, -20, 300]));
  assert.deepEqual(columns[2]!.data.values, Float64Array.from([1.5, -2.5e-10, 3e20]));
});
