import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Command } from 'commander';
import { command as lightcurve } from '../../../cli/lightcurve.ts';
import { command as standardise } from '../../../cli/standardise.ts';
import { type Column, toCsv, toEcsv } from '../../../pipeline/tables/ecsv.ts';
import { readCsv } from '../../../pipeline/tables/read-csv.ts';
import { realFile, withAll, withPython, withRealData } from '../../support/outside.ts';
import { simulateFrame } from '../../support/simulated-frame.ts';
import { seriesTarget, simulateSeries } from '../../support/simulated-series.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'magnitudes-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command in this process and gives what it printed on stdout. */
async function output(command: Command, ...words: string[]): Promise<string> {
  const printed: string[] = [];
  const [log, error] = [console.log, console.error];
  console.log = (text: string) => printed.push(text);
  console.error = () => {};
  try {
    await command.exitOverride().parseAsync(words, { from: 'user' });
  } finally {
    console.log = log;
    console.error = error;
  }
  return printed.join('\n');
}

function column(name: string, values: ArrayLike<number>): Column {
  return { name, datatype: 'float64', values };
}

describe('standardise on files', () => {
  it('tells band and zero point of a list, and warns of a wrong filter', async () => {
    const { list, reference } = simulateFrame(4, { band: 'g', nStars: 90, zeroPoint: 23.1 });
    const bands = [...reference.bands].filter(([name]) => ['g', 'r', 'i', 'V'].includes(name));
    const stars = [
      column('ra', list.raDeg),
      column('dec', list.decDeg),
      column('mag', list.mag),
      column('mag_err', list.magErr),
    ];
    const known = [
      column('ra', reference.raDeg),
      column('dec', reference.decDeg),
      ...bands.flatMap(([name, { mag, magErr }]) => [column(name, mag), column(`${name}_err`, magErr)]),
    ];
    writeFileSync(join(folder, 'list.csv'), toCsv(stars));
    writeFileSync(join(folder, 'reference.csv'), toCsv(known));
    const words = [join(folder, 'list.csv'), '--catalogue', join(folder, 'reference.csv'), '--json', '--filter', 'V'];
    const answer = JSON.parse(await output(standardise(), ...words));
    assert.deepEqual([answer.verdict.band, answer.verdict.ambiguousWith], ['g', []]);
    const fit = answer.bands.find((one: { band: string }) => one.band === 'g');
    assert.ok(Math.abs(fit.zeroPoint - 23.1) < 5 * fit.zeroPointErr);
    assert.deepEqual(
      answer.bands.map((one: { band: string }) => one.band),
      ['g', 'r', 'i', 'V'],
    );
    assert.match(answer.warnings[0], /GaiaSP\/g/);
  });

  it('finds that the real LCO list is g', withAll(withRealData, withPython('astropy')), async () => {
    const script = `
import sys, math
from astropy.table import Table
t = Table.read(sys.argv[1])
with open(sys.argv[2] + '/lco.csv', 'w') as f:
    f.write('ra,dec,mag,mag_err\\n')
    for r in t: f.write('%r,%r,%r,%r\\n' % (float(r['ra']), float(r['dec']), -2.5 * math.log10(r['flux']), float(1.0857 * r['fluxerr'] / r['flux'])))
with open(sys.argv[2] + '/refcat.csv', 'w') as f:
    f.write('ra,dec,g,g_err,r,r_err,i,i_err,z,z_err\\n')
    for r in t: f.write(','.join(repr(float(r[c])) for c in ['ra', 'dec', 'gmag', 'gmagerr', 'rmag', 'rmagerr', 'imag', 'imagerr', 'zmag', 'zmagerr']) + '\\n')
`;
    const table = realFile('catalogs', 'lco-ogg2m001-ep04-20201006-0097-matched-cat.fits');
    execFileSync('/usr/bin/python3', ['-c', script, table, folder]);
    const words = [join(folder, 'lco.csv'), '--catalogue', join(folder, 'refcat.csv'), '--json'];
    const { verdict, bands } = JSON.parse(await output(standardise(), ...words));
    assert.deepEqual([verdict.band, verdict.ambiguousWith], ['g', []]);
    // The scatter against the right band is 0.03 mag, against the next one above 0.15.
    assert.ok(bands[0].scatter < 0.04 && bands[1].scatter > 0.15);
  });
});

describe('lightcurve on catalogues', () => {
  function writeSeries(at: string): string[] {
    const { frames } = simulateSeries(12, { nFrames: 15, driftPx: 200, located: [4] });
    return frames.map((frame, k) => {
      const columns = [
        column('x', frame.x),
        column('y', frame.y),
        column('ra', frame.raDeg),
        column('dec', frame.decDeg),
        column('mag', frame.mag),
        column('mag_err', frame.magErr),
      ];
      const path = join(at, `${k}.cat.ecsv`);
      const { file, filter, mjdMid, exposureS } = frame;
      writeFileSync(path, toEcsv(columns, { file, filter, mjdMid, exposureS: exposureS ?? null, targets: [] }));
      return path;
    });
  }

  it('writes table, metadata and plot, and says what it left out', async () => {
    const files = writeSeries(folder);
    writeFileSync(join(folder, 'torn.ecsv'), readFileSync(files[3]!, 'utf8').slice(0, 5000));
    const target = `My target,${seriesTarget.raDeg},${seriesTarget.decDeg}`;
    const words = ['--target', target, '--out', join(folder, 'out'), '--json', ...files, join(folder, 'torn.ecsv')];
    const answer = JSON.parse(await output(lightcurve(), ...words));
    process.exitCode = undefined; // the torn file makes it 1, which is not this test's
    assert.equal(answer.nPoints, 15);
    assert.ok(answer.nComparison > 50 && answer.scatterMmag > 1 && answer.scatterMmag < 15);
    assert.equal(answer.leftOut.length, 1);
    const text = readFileSync(answer.csv, 'utf8');
    assert.equal(text.split('\n')[0], 'bjd_tdb,mjd_mid,mag,mag_err,limit,band,flags,file');
    const table = readCsv(text, 'light curve');
    assert.equal(table.rows, 15);
    assert.ok(Number(table.columns.get('bjd_tdb')![0]) > 2460000);
    assert.match(readFileSync(answer.svg, 'utf8'), /^<svg [\s\S]*My target[\s\S]*<\/svg>\n$/);
    assert.match(answer.csv, /My_target\.csv$/);
  });

  it('writes ECSV that astropy reads', withPython('astropy'), async () => {
    const target = `T,${seriesTarget.raDeg},${seriesTarget.decDeg}`;
    const words = ['--target', target, '--out', join(folder, 'astropy'), '--json', ...writeSeries(folder)];
    const { ecsv } = JSON.parse(await output(lightcurve(), ...words));
    const script = `
import sys
from astropy.table import Table
t = Table.read(sys.argv[1], format='ascii.ecsv')
print(len(t), t['mag'].unit, t.meta['filters'][0]['nComparison'] > 50)`;
    assert.equal(execFileSync('/usr/bin/python3', ['-c', script, ecsv], { encoding: 'utf8' }).trim(), '15 mag True');
  });

  it('has barycentric times that astropy confirms', withPython('astropy'), async () => {
    const target = `B,${seriesTarget.raDeg},${seriesTarget.decDeg}`;
    const words = ['--target', target, '--out', join(folder, 'bjd'), '--json', ...writeSeries(folder)];
    const { csv } = JSON.parse(await output(lightcurve(), ...words));
    const script = `
import sys, csv
from astropy.time import Time
from astropy.coordinates import SkyCoord, EarthLocation
from astropy.utils import iers
iers.conf.auto_download = False
row = next(csv.DictReader(open(sys.argv[1])))
t = Time(float(row['mjd_mid']), format='mjd', scale='utc', location=EarthLocation.from_geocentric(0, 0, 0, unit='m'))
c = SkyCoord(float(sys.argv[2]), float(sys.argv[3]), unit='deg')
b = (t.tdb + t.light_travel_time(c, 'barycentric')).jd
print(abs(b - float(row['bjd_tdb'])) * 86400)`;
    const args = ['-W', 'ignore', '-c', script, csv, String(seriesTarget.raDeg), String(seriesTarget.decDeg)];
    // Times are written to 1e-6 d = 0.086 s.
    assert.ok(Number(execFileSync('/usr/bin/python3', args, { encoding: 'utf8' })) < 0.1);
  });
});
