import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { frameFromCatalogue } from '../../../../pipeline/ensemble/from-catalogue.ts';
import { type Column, toCsv, toEcsv } from '../../../../pipeline/tables/ecsv.ts';
import { numbersOf, readCsv } from '../../../../pipeline/tables/read-csv.ts';
import { readEcsv } from '../../../../pipeline/tables/read-ecsv.ts';

const columns: Column[] = [
  { name: 'id', datatype: 'int32', values: [1, 2, 3] },
  { name: 'x', datatype: 'float64', values: [1.25, Number.NaN, 1e-7] },
  { name: 'y', datatype: 'float64', values: [-3, 4, 5] },
  { name: 'mag', datatype: 'float64', values: [-8.5, Number.NaN, -7] },
  { name: 'mag_err', datatype: 'float64', values: [0.01, Number.NaN, 0.02] },
  { name: 'flags', datatype: 'int32', values: [0, 4, 1] },
  { name: 'plane', datatype: 'string', values: ['mono', 'a "b", c', ''] },
];

describe('tables read back', () => {
  it('gives what was written, blanks, quotes and all', () => {
    const meta = { file: 'a "name": x.fits', mjdMid: 60000.25, tiny: 1e-9, none: null, list: [1, { deep: true }] };
    const table = readEcsv(toEcsv(columns, meta), 'a.ecsv', parse);
    assert.equal(table.rows, 3);
    assert.deepEqual(table.meta, meta);
    for (const { name, values, datatype } of columns) {
      if (datatype === 'string') assert.deepEqual(table.texts.get(name), values);
      else assert.deepEqual([...table.numbers.get(name)!], Array.from(values as ArrayLike<number>));
    }
    const plain = readCsv(toCsv(columns), 'a.csv');
    assert.deepEqual([...numbersOf(plain, 'y')!], [-3, 4, 5]);
    assert.deepEqual(plain.columns.get('plane'), ['mono', 'a "b", c', '']);
  });

  it('reads tables as other programs write them', () => {
    const spaced =
      '# %ECSV 0.9\n# ---\n# datatype:\n# - {name: x, datatype: float64}\n# - {name: n, datatype: string}\nx n\n1.5 "a b"\n"" c\n';
    const table = readEcsv(spaced, 'b.ecsv', parse);
    assert.deepEqual([...table.numbers.get('x')!], [1.5, Number.NaN]);
    assert.deepEqual(table.texts.get('n'), ['a b', 'c']);
    const windows = readCsv('\uFEFF# note\r\nra,dec\r\n1,2\r\n3,"4"\r\n', 'c.csv');
    assert.deepEqual([...numbersOf(windows, 'dec')!], [2, 4]);
    assert.equal(readCsv('a,b\n1,\n', 'd.csv').columns.get('b')![0], '');
  });

  it('says what is wrong with files that are not tables', () => {
    assert.throws(() => readEcsv('x,y\n1,2\n', 'e.ecsv', parse), { code: 'NOT_ECSV' });
    assert.throws(() => readEcsv('# %ECSV 1.0\n# ---\n# datatype: [\nx\n1\n', 'f.ecsv', parse), { code: 'NOT_ECSV' });
    assert.throws(() => readCsv('', 'g.csv'), { code: 'TABLE_EMPTY' });
    assert.throws(() => readCsv('a,b\n1,2,3\n', 'h.csv'), { code: 'TABLE_RAGGED' });
    const cut = toEcsv(columns, {}).slice(0, -12);
    assert.throws(() => readEcsv(cut, 'i.ecsv', parse), { code: 'TABLE_RAGGED' });
  });
});

describe('a catalogue as a frame of a light curve', () => {
  const record = {
    file: '/night/one.fits',
    filter: 'V',
    mjdMid: 60000.5,
    exposureS: 100,
    planes: [{ plane: 'mono', limitFluxE: 500 }],
    targets: [
      { name: 'T', plane: 'mono', raDeg: 1, decDeg: 2, bjdTdb: 2460000.9, flux: 1e6, fluxErr: 1e3, flags: 16384 },
      { name: 'faint', raDeg: 1, decDeg: 2, bjdTdb: null, flux: -5, fluxErr: 40, flags: 0 },
    ],
  };
  const plane: Column = { name: 'plane', datatype: 'string', values: ['mono', 'mono', 'mono'] };
  const catalogue = [...columns.slice(0, -1), plane];

  it('takes stars, time, limit and targets from it', () => {
    const frame = frameFromCatalogue(readEcsv(toEcsv(catalogue, record), 'one.cat.ecsv', parse), 'one.cat.ecsv');
    assert.equal(frame.file, 'one.fits');
    assert.equal(frame.filter, 'V');
    assert.ok(Math.abs(frame.limitMag! - -2.5 * Math.log10(5)) < 1e-12);
    assert.deepEqual([...frame.mag], [-8.5, Number.NaN, -7]);
    const [bright, faint] = frame.targets;
    assert.equal(bright!.mag, -10);
    assert.equal(bright!.snr, 1000);
    assert.equal(faint!.mag, undefined);
    assert.equal(faint!.snr, -0.125);
  });

  it('refuses one without a time, and a table that is no catalogue', () => {
    const timeless = readEcsv(toEcsv(catalogue, { ...record, mjdMid: null }), 'x', parse);
    assert.throws(() => frameFromCatalogue(timeless, 'x'), { code: 'NO_TIME' });
    const other = readEcsv(toEcsv(catalogue.slice(0, 2), record), 'x', parse);
    assert.throws(() => frameFromCatalogue(other, 'x'), { code: 'NOT_A_CATALOGUE' });
  });
});
