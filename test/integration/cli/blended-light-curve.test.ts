import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pixelToSky, type Wcs } from '../../../pipeline/astrometry/wcs.ts';
import { wcsToKeywords } from '../../../pipeline/astrometry/wcs-keywords.ts';
import { encodeFits } from '../../../pipeline/fits/write.ts';
import { numbersOf, readCsv } from '../../../pipeline/tables/read-csv.ts';
import { exposeField, skyStars } from '../../support/host-field.ts';

const size = 300;
const program = resolve(import.meta.dirname, '../../../bin/bhtom-edge.mjs');
const field = skyStars(120, 340, 1e4, 3e5, 31, [{ x: 0, y: 0 }], 30);
const neighbour = { x: 3, y: 1.1, flux: 8000 };
const seeing = [3.9, 2.6, 4.6, 2.8, 4.2, 3, 4.9, 2.7];
/** The target brightens and fades by a magnitude. */
const truth = seeing.map((_, k) => 12000 * 10 ** (0.4 * Math.sin((Math.PI * k) / (seeing.length - 1))));

const shifts = seeing.map((_, k) => [3 * k - 8, 5 - 2 * k] as const);
function wcsOf([dx, dy]: readonly [number, number]): Wcs {
  const middle = (size - 1) / 2;
  const cd = 1.2 / 3600;
  return { crvalDeg: { raDeg: 83, decDeg: 22 }, crpix: { x: middle + dx, y: middle + dy }, cd: [-cd, 0, 0, cd] };
}

let folder: string;
const paths: string[] = [];
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'blended-light-curve-'));
  // Without stars that confirm the header's WCS the target would not be measured.
  const middle = (size - 1) / 2;
  const rows = field.map(({ x, y, flux }) => {
    const { raDeg, decDeg } = pixelToSky(wcsOf([0, 0]), middle + x, middle + y);
    return [raDeg, decDeg, 25 - 2.5 * Math.log10(flux)].join();
  });
  writeFileSync(join(folder, 'stars.csv'), ['ra,dec,mag', ...rows].join('\n'));
  for (const [k, fwhmPx] of seeing.entries()) {
    const sky = [...field, neighbour, { x: 0, y: 0, flux: truth[k]! }];
    const scene = { width: size, height: size, fwhmPx, skyE: 300, shift: shifts[k]!, seed: 70 + k };
    const pixels = Uint16Array.from(exposeField(sky, [], scene).electrons, (e) => Math.max(0, Math.round(e) + 500));
    const cards = [
      { keyword: 'IMAGETYP', value: 'Light Frame' },
      { keyword: 'DATE-OBS', value: `2026-11-${10 + k}T22:10:00.000` },
      { keyword: 'EXPTIME', value: 30 },
      { keyword: 'FILTER', value: 'I' },
      { keyword: 'INSTRUME', value: 'Test Camera' },
      { keyword: 'EGAIN', value: 1, comment: 'electrons per ADU' },
      { keyword: 'RDNOISE', value: 5, comment: 'electrons' },
      ...Object.entries(wcsToKeywords(wcsOf(shifts[k]!))).map(([keyword, value]) => ({ keyword, value })),
    ];
    paths.push(join(folder, `night-${k}.fits`));
    const file = encodeFits([{ kind: 'image', width: size, height: size, pixels, cards }]);
    writeFileSync(paths[k]!, Buffer.concat(file));
  }
});
after(() => rmSync(folder, { recursive: true }));

function lightCurve(name: string, inputs: readonly string[]) {
  const { raDeg, decDeg } = pixelToSky(wcsOf([0, 0]), (size - 1) / 2, (size - 1) / 2);
  const words = ['lightcurve', '--target', `${name},${raDeg},${decDeg}`, ...inputs, '--json', '--threads', '1'];
  words.push('--catalogue', join(folder, 'stars.csv'));
  const done = spawnSync(process.execPath, [program, ...words, '--out', folder], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  return { answer: JSON.parse(done.stdout), stderr: done.stderr };
}

describe('lightcurve on frames of a blend', () => {
  it('parts the target from its neighbour over all frames, and says so', () => {
    const { answer, stderr } = lightCurve('lens', paths);
    assert.deepEqual([answer.blend.kind, answer.blend.nStars, answer.nPoints], ['held', 2, seeing.length]);
    // 3.2 px of 1.2", placed to some hundredths of a pixel.
    assert.ok(Math.abs(answer.blend.nearestArcsec - 1.2 * Math.hypot(3, 1.1)) < 0.12, `${answer.blend.nearestArcsec}`);
    assert.match(stderr, /told apart from 1 neighbour/);
    const table = readCsv(readFileSync(answer.csv, 'utf8'), answer.csv);
    const [mag, err] = [numbersOf(table, 'mag')!, numbersOf(table, 'mag_err')!];
    const misses = truth.map((flux, k) => mag[k]! + 2.5 * Math.log10(flux));
    const mean = misses.reduce((sum, miss) => sum + miss, 0) / misses.length;
    for (const [k, miss] of misses.entries())
      assert.ok(Math.abs(miss - mean) < 4 * err[k]!, `night ${k}: ${miss - mean} +- ${err[k]}`);
    // A target of S/N 60 to 150 whose neighbour costs it up to as much again.
    assert.ok(Math.max(...err) < 0.05, `${Math.max(...err)}`);
  });

  it('does without where catalogues alone are left', () => {
    const { answer } = lightCurve(
      'lens-again',
      seeing.map((_, k) => join(folder, `night-${k}.cat.ecsv`)),
    );
    assert.equal(answer.nPoints, seeing.length);
    assert.equal(answer.blend.kind, 'not held');
    assert.match(answer.blend.reason, /fewer than 3 frames/);
  });
});
