import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { saveFrame } from '../../../cli/demo/camera-program.ts';
import { command as lightcurve } from '../../../cli/lightcurve.ts';
import { magnitudeIn } from '../../../drivers/simulator/sky/bands.ts';
import { constant } from '../../../drivers/simulator/sky/light-curve.ts';
import { Renderer } from '../../../drivers/simulator/sky/renderer.ts';
import { makeSky, type SpecialStar, starsAround } from '../../../drivers/simulator/sky/stars.ts';
import { numbersOf, readCsv } from '../../../pipeline/tables/read-csv.ts';
import { mjdOfUnixEpoch } from '../../../pipeline/time/mjd.ts';

const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
const field = { raDeg: 83.2, decDeg: 30.1 };
const bare = makeSky(8, { starsPerSquareDegree: 3000 });
const stars = starsAround(bare, field.raDeg, field.decDeg, 0.6).filter(({ gMag }) => gMag < 17);
const nFrames = 8;
const startMs = Date.UTC(2026, 10, 20, 22);
const midMs = (k: number) => startMs + 300_000 * k;
const mjd = (ms: number) => mjdOfUnixEpoch + ms / 86_400_000;

/** Twelve arcseconds in five minutes, two in an exposure, and a brightness that swings. */
const place = (k: number) => ({ raDeg: field.raDeg + 0.02 + (12 * k) / 3600, decDeg: field.decDeg - 0.03 });
const gMag = (k: number) => 14 + 0.3 * Math.sin(k);

describe('the light curve of a minor planet', () => {
  const folder = mkdtempSync(join(tmpdir(), 'moving-'));
  const frames: string[] = [];
  let catalogues: string[] = [];
  before(async () => {
    const renderer = new Renderer();
    for (let k = 0; k < nFrames; k++) {
      const planet: SpecialStar = { name: 'planet', ...place(k), gMag: gMag(k), bpRp: 0.8, lightCurve: constant };
      const sky = { ...bare, specialStars: [planet] };
      frames.push((await saveFrame(renderer, folder, k, { ...field, sky, site }, midMs(k))).path);
    }
    await renderer.close();
    const rows = stars.map((one) =>
      [
        one.raDeg,
        one.decDeg,
        ...(['B', 'V', 'R'] as const).map((band) => magnitudeIn(band, one.gMag, one.bpRp)),
      ].join(),
    );
    writeFileSync(join(folder, 'stars.csv'), `ra,dec,B,V,R\n${rows.join('\n')}\n`);
    // An hour before to an hour after, so that every frame lies between rows of the table.
    const table = Array.from({ length: nFrames + 24 }, (_, k) => {
      const { raDeg, decDeg } = place(k - 12);
      return `${mjd(midMs(k - 12))},${raDeg},${decDeg}`;
    });
    writeFileSync(join(folder, 'planet.csv'), `mjd,ra,dec\n${table.join('\n')}\n`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function curveOf(name: string, ...words: string[]) {
    const printed: string[] = [];
    const [log, error] = [console.log, console.error];
    console.log = (text: string) => printed.push(text);
    console.error = () => {};
    try {
      await lightcurve()
        .exitOverride()
        .parseAsync([...words, '--out', join(folder, name), '--json'], { from: 'user' });
    } finally {
      console.log = log;
      console.error = error;
    }
    const answer = JSON.parse(printed[0]!);
    return { answer, table: readCsv(readFileSync(answer.csv, 'utf8'), 'light curve') };
  }

  it('is measured by an ephemeris, frames reduced on the way', async () => {
    const about = ['--catalogue', join(folder, 'stars.csv'), '--ephemeris', `planet,${join(folder, 'planet.csv')}`];
    const { answer, table } = await curveOf('frames', ...about, '--scale', '1', '--threads', '2', ...frames);
    assert.equal(answer.target, 'planet');
    assert.deepEqual([answer.nPoints, answer.leftOut], [nFrames, []]);
    const [mags, bjd] = [numbersOf(table, 'mag')!, numbersOf(table, 'bjd_tdb')!];
    // Some 0.01 mag of photon noise at V 14, less than half of it common.
    const off = Array.from(mags, (mag, k) => mag - magnitudeIn('V', gMag(k), 0.8));
    for (const one of off) assert.ok(Math.abs(one) < 0.06, `${off}`);
    assert.ok(bjd.every((value, k) => Math.abs(value - 2_400_000.5 - mjd(midMs(k))) < 0.006));
    catalogues = frames.map((path) => join(folder, 'frames', `${path.slice(path.lastIndexOf('/') + 1, -5)}.cat.ecsv`));
  });

  it('is made again of the catalogues, by its name in their records', async () => {
    const { answer } = await curveOf('again', '--moving', 'planet', ...catalogues);
    assert.deepEqual([answer.nPoints, answer.leftOut], [nFrames, []]);
    const none = await curveOf('none', '--moving', 'nobody', ...catalogues);
    assert.equal(none.answer.nPoints, 0);
    assert.match(none.answer.leftOut[0].reason, /does not tell where nobody stood/);
  });

  it('asks for a target of some kind', async () => {
    await assert.rejects(
      lightcurve()
        .exitOverride()
        .configureOutput({ writeErr: () => {} })
        .parseAsync(catalogues, { from: 'user' }),
      /needs a '--target'/,
    );
  });
});
