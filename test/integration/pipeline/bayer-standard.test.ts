import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { saveFrame } from '../../../cli/demo/camera-program.ts';
import { reduceFrames } from '../../../cli/reduce.ts';
import { magnitudeIn } from '../../../drivers/simulator/sky/bands.ts';
import { Renderer } from '../../../drivers/simulator/sky/renderer.ts';
import { makeSky, starsAround } from '../../../drivers/simulator/sky/stars.ts';
import type { FrameSummary } from '../../../pipeline/products/summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'bayer-'));
after(() => rmSync(folder, { recursive: true, force: true }));

it('each plane of a colour camera has its own band, zero point and measurement of each target', async () => {
  const field = { raDeg: 83.2, decDeg: 30.1, sky: makeSky(5, { starsPerSquareDegree: 3000 }) };
  const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
  const renderer = new Renderer();
  const { path, truth } = await saveFrame(
    renderer,
    folder,
    1,
    { ...field, site, bayer: 'RGGB' },
    Date.UTC(2026, 10, 20),
  );
  await renderer.close();
  const bands = ['B', 'V', 'R', 'I', 'G'] as const;
  const stars = starsAround(field.sky, field.raDeg, field.decDeg, 0.6).filter(({ gMag }) => gMag < 17);
  const rows = stars.map((one) =>
    [one.raDeg, one.decDeg, ...bands.map((band) => magnitudeIn(band, one.gMag, one.bpRp).toFixed(4))].join(),
  );
  writeFileSync(join(folder, 'stars.csv'), `ra,dec,${bands.join()}\n${rows.join('\n')}\n`);
  const seen = new Map(truth.map((one) => [one.id, one]));
  const star = stars.find(({ id, gMag }) => gMag > 13 && gMag < 14.5 && seen.get(id) && !seen.get(id)!.saturated)!;
  const target = [{ name: 'star', raDeg: star.raDeg, decDeg: star.decDeg }];
  const options = { solve: true, threads: 2, out: folder, catalogue: join(folder, 'stars.csv'), target };
  for await (const result of reduceFrames([path], options)) {
    const { planes, targets, warnings } = result as FrameSummary;
    assert.deepEqual(
      planes.map(({ plane, band }) => [plane, band]),
      [
        ['R', 'R'],
        ['G1', 'V'],
        ['G2', 'V'],
        ['B', 'B'],
      ],
      warnings.join('\n'),
    );
    // A quarter of the pixels sees a quarter of the light: 1.505 mag.
    const zeroPoints = [22.6, 22.6, 22.6, 22.3].map((mag) => mag - 2.5 * Math.log10(4));
    for (const [k, { zeroPoint }] of planes.entries())
      assert.ok(Math.abs(zeroPoint! - zeroPoints[k]!) < 0.06, `${zeroPoint}`);
    assert.ok(Math.abs(planes[1]!.zeroPoint! - planes[2]!.zeroPoint!) < 0.02);
    const mags = (['R', 'V', 'V', 'B'] as const).map((band) => magnitudeIn(band, star.gMag, star.bpRp));
    targets.forEach(({ mag, magErr, counterpart }, k) => {
      assert.ok(Math.abs(mag! - mags[k]!) < 5 * magErr! + 0.03, `${mag} is not ${mags[k]}`);
      assert.equal(counterpart!.kind, 'known star', counterpart!.words);
    });
    assert.equal(targets.length, 4);
  }
});
