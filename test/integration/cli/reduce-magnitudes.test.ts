import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { importStars } from '../../../agent/catalogue/import/import-files.ts';
import { openStarTiles } from '../../../agent/store/star-tiles.ts';
import { systemClock } from '../../../base/clock.ts';
import { type SavedFrame, saveFrame } from '../../../cli/demo/camera-program.ts';
import { demoCamera } from '../../../cli/demo/sky.ts';
import { type ReduceOptions, reduceFrames } from '../../../cli/reduce.ts';
import { magnitudeIn } from '../../../drivers/simulator/sky/bands.ts';
import { Renderer } from '../../../drivers/simulator/sky/renderer.ts';
import { makeSky, starsAround } from '../../../drivers/simulator/sky/stars.ts';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';
import { readEcsv } from '../../../pipeline/tables/read-ecsv.ts';

const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
const field = { raDeg: 83.2, decDeg: 30.1 };
const sky = makeSky(5, { starsPerSquareDegree: 3000 });
const exposureS = 60;

let folder: string;
let frame: SavedFrame;
let truth: { zeroPoint: number; star: { raDeg: number; decDeg: number; mag: number; g: number; r: number } };

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reduce-magnitudes-'));
  const renderer = new Renderer();
  frame = await saveFrame(renderer, folder, 1, { ...field, sky, site }, Date.UTC(2026, 10, 20, 1));
  await renderer.close();
  const stars = starsAround(sky, field.raDeg, field.decDeg, 0.6).filter(({ gMag }) => gMag < 17);
  const bands = ['B', 'V', 'R', 'I', 'g', 'r', 'i', 'G'] as const;
  const rows = stars.map(({ raDeg, decDeg, gMag, bpRp }) =>
    [raDeg.toFixed(7), decDeg.toFixed(7), ...bands.map((band) => magnitudeIn(band, gMag, bpRp).toFixed(4))].join(','),
  );
  writeFileSync(join(folder, 'bands.csv'), `ra,dec,${bands.join(',')}\n${rows.join('\n')}\n`);
  const plain = stars.map(({ raDeg, decDeg, gMag }) => `${raDeg},${decDeg},${gMag}`);
  const sloan = stars.map(({ raDeg, decDeg, gMag, bpRp }) =>
    [raDeg, decDeg, ...(['g', 'r', 'i'] as const).map((band) => magnitudeIn(band, gMag, bpRp).toFixed(4))].join(','),
  );
  writeFileSync(join(folder, 'sloan.csv'), `ra,dec,g,r,i\n${sloan.join('\n')}\n`);
  writeFileSync(join(folder, 'plain.csv'), `ra,dec,mag\n${plain.join('\n')}\n`);
  writeFileSync(
    join(folder, 'site.yaml'),
    `site: { name: test, latitudeDeg: 50, longitudeDeg: 20 }\ndataDir: data\ninstruments: [{ folders: [frames] }]\n`,
  );
  const byId = new Map(stars.map((star) => [star.id, star]));
  const known = frame.truth.filter(({ id, saturated, electrons }) => byId.has(id) && !saturated && electrons > 20_000);
  const offsets = known.map(({ id, electrons }) => {
    const { gMag, bpRp } = byId.get(id)!;
    return magnitudeIn('V', gMag, bpRp) + 2.5 * Math.log10(electrons / exposureS);
  });
  const one = byId.get(known[3]!.id)!;
  const [g, V, r] = (['g', 'V', 'r'] as const).map((band) => magnitudeIn(band, one.gMag, one.bpRp)) as [
    number,
    number,
    number,
  ];
  const star = { raDeg: one.raDeg, decDeg: one.decDeg, mag: V, g, r };
  truth = { zeroPoint: offsets.sort((a, b) => a - b)[offsets.length >> 1]!, star };
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function reduced(options: Partial<ReduceOptions>): Promise<FrameSummary> {
  const { raDeg, decDeg } = truth.star;
  const target = [
    { name: 'star', raDeg, decDeg },
    { name: 'outside', raDeg: 90, decDeg: 0 },
  ];
  const all = { solve: true, threads: 2, out: join(folder, 'out'), target, ...options };
  for await (const result of reduceFrames([frame.path], all)) {
    assert.equal(result.state, 'reduced', JSON.stringify(result));
    return result as FrameSummary;
  }
  throw new Error('nothing was reduced');
}

function assertRight(record: FrameSummary): void {
  assert.deepEqual([record.band, record.planes[0]!.standard.outcome], ['V', 'standardised']);
  assert.ok(Math.abs(record.zeroPoint! - truth.zeroPoint) < 0.02, `${record.zeroPoint} is not ${truth.zeroPoint}`);
  assert.ok(record.zeroPointErr! > 0 && record.zeroPointErr! < 0.02);
  const limit = -2.5 * Math.log10(record.limitFluxE! / exposureS) + record.zeroPoint!;
  assert.ok(Math.abs(record.limitingMag! - limit) < 1e-9);
  const [star, outside] = record.targets;
  assert.ok(Math.abs(star!.mag! - truth.star.mag) < 5 * star!.magErr! + 0.01);
  assert.equal(star!.counterpart!.kind, 'known star', star!.counterpart!.words);
  assert.ok(star!.counterpart!.star!.separationSigma < 3.5);
  assert.ok(Math.abs(star!.counterpart!.star!.mag! - truth.star.mag) < 0.001);
  assert.deepEqual([outside!.mag, outside!.limit, outside!.verdict], [undefined, undefined, 'outside the frame']);
}

describe('reduce with reference stars', () => {
  it('gives zero point, band and magnitudes in columns and record', async () => {
    const record = await reduced({ catalogue: join(folder, 'bands.csv') });
    assertRight(record);
    const { numbers } = readEcsv(readFileSync(record.catalogues[0]!, 'utf8'), 'catalogue', parse);
    const [mag, std, best, bestErr] = ['mag', 'mag_std', 'mag_best', 'mag_best_err'].map((name) => numbers.get(name)!);
    const measured = [...mag!.keys()].filter((row) => Number.isFinite(mag![row]!));
    assert.ok(measured.length > 100);
    for (const row of measured) {
      assert.ok(Math.abs(std![row]! - mag![row]! - record.zeroPoint!) < 2e-5);
      assert.ok(Math.abs(best![row]! - std![row]!) < 0.3 && bestErr![row]! > 0);
    }
  });

  it('takes the header at its word without solving', async () => {
    const record = await reduced({ catalogue: join(folder, 'bands.csv'), solve: false });
    assert.notEqual(record.located.from, 'solver');
  });

  it('takes magnitudes of a band not told as a band of their own', async () => {
    const record = await reduced({ catalogue: join(folder, 'plain.csv') });
    assert.equal(record.band, 'mag');
    assert.equal(record.located.from, 'solver');
    assert.ok(Number.isFinite(record.targets[0]!.mag));
  });

  it('corrects a target for its colour where the filter is far from the band', async () => {
    const record = await reduced({ catalogue: join(folder, 'sloan.csv') });
    const { mag, magBest, magBestErr } = record.targets[0]!;
    const truthIn = truth.star[record.band as 'g' | 'r'];
    assert.ok(Math.abs(magBest! - truthIn) < 5 * magBestErr! + 0.01, `${magBest} +- ${magBestErr} is not ${truthIn}`);
    assert.ok(Math.abs(magBest! - truthIn) < Math.abs(mag! - truthIn));
  });

  it("takes the site's own stars where no file is named", async () => {
    const { tiles } = openStarTiles(join(folder, 'data'), systemClock);
    const completeness = { region: { ...field, radiusDeg: 0.55 }, depthMag: 17 };
    await importStars([join(folder, 'bands.csv')], { source: {}, completeness, epochYear: undefined }, tiles);
    tiles.close();
    const record = await reduced({ config: join(folder, 'site.yaml'), scale: demoCamera.scaleArcsecPerPx });
    assertRight(record);
    assert.match(record.reference!.origin, /bands\.csv/);
    assert.ok(record.warnings.some((text) => /not known to be all/.test(text)));
  });
});
