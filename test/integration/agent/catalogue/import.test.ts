import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type ImportOptions, importStars } from '../../../../agent/catalogue/import/import-files.ts';
import { readStarFile } from '../../../../agent/catalogue/import/read-stars.ts';
import { starsFor } from '../../../../agent/catalogue/stars-for.ts';
import { starsInField } from '../../../../agent/catalogue/stars-in-field.ts';
import { openStarTiles, readStarTiles, starTilesName } from '../../../../agent/store/star-tiles.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Parked } from '../../../../base/errors.ts';
import { headerFromText } from '../../../../pipeline/fits/header.ts';
import { BadFits } from '../../../../pipeline/fits/limits.ts';
import type { FrameFacts } from '../../../../pipeline/header/facts.ts';
import { realFile, withAll, withPython, withRealData } from '../../../support/outside.ts';

const folder = mkdtempSync(join(tmpdir(), 'star-import-'));
after(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
function file(name: string, text: string): string {
  writeFileSync(path(name), text);
  return path(name);
}

const plain: ImportOptions = { source: {}, completeness: undefined, epochYear: undefined };
const csv = `source_id,ra,dec,ref_epoch,phot_g_mean_mag,V,V_err,g,pmra,pmdec,ruwe,phot_variable_flag
4611686018427387905,10.5,20.5,2016.0,12.1,12.3,0.02,,3,-4,1.0,NOT_AVAILABLE
4611686018427387906,10.6,20.6,2016.0,11.1,99,0.02,11.4,,,1.9,VARIABLE
0,,,2016.0,13,13,0.1,13,,,,
`;

describe('files of stars', () => {
  it('are read alike as CSV, ECSV and FITS, by what they hold', withPython('astropy'), async () => {
    file('stars.csv', csv);
    const script = `
import sys
from astropy.table import Table
t = Table.read(sys.argv[1], format='ascii.csv')[:2]
t.write(sys.argv[2] + '/stars.ecsv', format='ascii.ecsv', overwrite=True)
t.write(sys.argv[2] + '/stars.data', format='fits', overwrite=True)
`;
    execFileSync('/usr/bin/python3', ['-c', script, path('stars.csv'), folder]);
    const [one, two, three] = await Promise.all(
      ['stars.csv', 'stars.ecsv', 'stars.data'].map((name) => readStarFile(path(name))),
    );
    assert.deepEqual([one!.kind, two!.kind, three!.kind], ['csv', 'ecsv', 'fits']);
    for (const { table } of [one!, two!, three!]) {
      assert.deepEqual([...table.id], [4611686018427387905n, 4611686018427387906n]);
      assert.deepEqual([...table.raDeg], [10.5, 10.6]);
      assert.deepEqual([...table.bands.get('V')!.mag], [12.3, Number.NaN]);
      assert.deepEqual([...table.bands.get('g')!.mag], [Number.NaN, 11.4]);
      assert.deepEqual([...table.quality], [0, 5]);
    }
  });

  it('say what is wrong with them', async () => {
    const wrong: [string, string, RegExp][] = [
      ['columns.csv', 'a,b\n1,2\n', /needs the columns ra, dec/],
      ['bands.csv', 'ra,dec,colour\n1,2,3\n', /needs the columns ra, dec/],
      ['hours.csv', 'ra,dec,mag\n10:00:00,+20:00:00,12\n', /No row .* in degrees/],
      ['epochs.csv', 'ra,dec,mag,ref_epoch\n1,2,3,2000\n1,2,3,2016\n', /mixes epochs/],
      ['ragged.csv', 'ra,dec,mag\n1,2\n', /row 1 of ragged.csv has 2 cells/],
      ['empty.csv', '', /not even a line of column names/],
    ];
    for (const [name, text, message] of wrong) {
      await assert.rejects(
        readStarFile(file(name, text)),
        (error: Error) => error instanceof Parked && message.test(error.message),
      );
    }
  });

  it('replace what their source had, and are told from stars that are known to be all', async () => {
    const { tiles } = openStarTiles(folder, systemClock);
    try {
      const field = () =>
        starsInField(tiles, { centre: { raDeg: 10.5, decDeg: 20.5 }, fieldRadiusDeg: 0.05, hintRadiusDeg: 0.2 });
      assert.equal(field(), undefined);
      await importStars([file('stars.csv', csv)], plain, tiles);
      assert.match(field()!.warnings[0]!, /0 of 1 tiles/);
      const completeness = { region: { raDeg: 10.5, decDeg: 20.5, radiusDeg: 3 }, depthMag: 13 };
      const source = { licence: 'CC0', credit: 'the makers' };
      await importStars([path('stars.csv')], { ...plain, source, completeness }, tiles);
      const [found, ...others] = tiles.sources();
      assert.deepEqual(others, []);
      assert.deepEqual([found!.id, found!.licence, found!.nStars], ['file-stars', 'CC0', 2]);
      assert.deepEqual(field()!.warnings, []);
      assert.match(field()!.origin, /the makers/);
      // The variable star serves for solving, not as a standard.
      assert.deepEqual(
        Array.from(field()!.stars.mag, (mag) => mag.toFixed(3)),
        ['11.100', '12.100'],
      );
      assert.deepEqual([...field()!.reference.bands.get('g')!.mag], [Number.NaN, Number.NaN]);
      assert.equal(readStarTiles(folder, systemClock)!.sources().length, 1);
    } finally {
      tiles.close();
    }
    assert.ok(existsSync(path(starTilesName)));
  });
});

const index = '/usr/share/astrometry/index-tycho2-14.littleendian.fits';
const withIndex: { skip: string | false } = {
  skip: existsSync(index) ? false : 'astrometry-data-tycho2 is not installed',
};

describe('index files of astrometry.net', () => {
  it('give the stars of Tycho-2', withAll(withIndex, withPython('numpy', 'astropy')), async () => {
    const script = `
import sys, numpy as np
from astropy.io import fits
h = fits.open(sys.argv[1])
col = {x.header.get('TTYPE1', '').strip(): x for x in h[1:]}
u = np.frombuffer(col['kdtree_data_stars'].data.tobytes(), '<u4').reshape(-1, 3)
r = np.frombuffer(col['kdtree_range_stars'].data.tobytes(), '<f8')
v = r[:3] + u / r[6]
ra = np.degrees(np.arctan2(v[:, 1], v[:, 0])) % 360
dec = np.degrees(np.arcsin(v[:, 2] / np.sqrt((v ** 2).sum(1))))
m = col['MAG_VT'].data['MAG_VT']
print(len(ra), *[repr(float(x)) for k in (0, 77, 23519) for x in (ra[k], dec[k], m[k])])
`;
    const [count, ...numbers] = execFileSync('/usr/bin/python3', ['-c', script, index], { encoding: 'utf8' })
      .split(' ')
      .map(Number);
    const { kind, table } = await readStarFile(index);
    assert.equal(kind, 'astrometry.net index');
    assert.equal(table.count, count);
    assert.equal(table.epochYear, 2000);
    [0, 77, 23_519].forEach((row, k) => {
      assert.ok(Math.abs(table.raDeg[row]! - numbers[3 * k]!) < 1e-9);
      assert.ok(Math.abs(table.decDeg[row]! - numbers[3 * k + 1]!) < 1e-7);
      assert.equal(table.bands.get('mag')!.mag[row], numbers[3 * k + 2]);
    });
  });

  it('that are cut are refused', withIndex, async () => {
    const whole = readFileSync(index);
    writeFileSync(path('cut.fits'), whole.subarray(0, whole.length / 2));
    await assert.rejects(readStarFile(path('cut.fits')), (error: unknown) => error instanceof BadFits);
  });
});

describe('catalogues as others publish them', () => {
  it('are understood', withRealData, async () => {
    const names = [
      'all_apass_ey_uma.ecsv',
      'all_refcat2_ey_uma.ecsv',
      'aavso_comp_ey_uma.fits',
      'gaia-dr3-aeuma-15arcmin.csv',
    ];
    const found = await Promise.all(names.map(async (name) => (await readStarFile(realFile('catalogs', name))).table));
    for (const table of found) {
      assert.ok(table.count > 0);
      assert.ok(table.bands.size > 0);
    }
  });
});

it('damaged stars of the site cost a frame nothing but them, and it says so', async () => {
  const dir = mkdtempSync(join(folder, 'damaged-'));
  const { tiles } = openStarTiles(dir, systemClock);
  await importStars([file('stars.csv', csv)], plain, tiles);
  tiles.close();
  const bytes = readFileSync(join(dir, starTilesName));
  bytes.fill(0x5a, 100);
  writeFileSync(join(dir, starTilesName), bytes);
  const wanted = { cataloguePath: undefined, starsDir: dir, scaleArcsecPerPx: 1 };
  const hint = { raDeg: 10.5, decDeg: 20.5, radiusDeg: 0.5 };
  const frame = { header: headerFromText(''), facts: {} as FrameFacts, image: { width: 500, height: 500 } };
  const { stars, warnings } = await starsFor({ ...wanted, hint }, frame, systemClock);
  assert.equal(stars, undefined);
  assert.match(warnings[0]!, /reference stars cannot be read/);
});
