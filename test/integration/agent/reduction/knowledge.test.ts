import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Daemon, startDaemon } from '../../../../agent/daemon.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { saveFrame } from '../../../../cli/demo/camera-program.ts';
import { configSchema } from '../../../../config/schema.ts';
import { magnitudeIn } from '../../../../drivers/simulator/sky/bands.ts';
import { Renderer } from '../../../../drivers/simulator/sky/renderer.ts';
import { makeSky, starsAround } from '../../../../drivers/simulator/sky/stars.ts';
import type { FrameSummary } from '../../../../pipeline/products/summary.ts';
import { mjdOfUnixEpoch } from '../../../../pipeline/time/mjd.ts';
import { bhtomService, bhtomTarget } from '../../../support/bhtom-service.ts';
import { until } from '../../../support/intake.ts';
import { silent } from '../../../support/parcels.ts';

const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-knowledge-'));
const folder = join(root, 'frames');
const site = { name: 'test', latitudeDeg: 50, longitudeDeg: 20, heightM: 200 };
/** Above the horizon of the site at any hour, since the frames carry the time at which the test runs. */
const field = { raDeg: 83.2, decDeg: 80.1, sky: makeSky(5, { starsPerSquareDegree: 3000 }), site };
const stars = starsAround(field.sky, field.raDeg, field.decDeg, 0.6).filter(({ gMag }) => gMag < 17);
const star = stars.find(
  ({ gMag, raDeg, decDeg }) =>
    gMag > 14 && gMag < 15 && Math.abs(raDeg - field.raDeg) < 0.1 && Math.abs(decDeg - field.decDeg) < 0.1,
)!;
const startMs = Date.now() - 7_200_000;
const mjd = mjdOfUnixEpoch + startMs / 86_400_000;

describe('what the daemon knows beside a frame', () => {
  const asked: string[] = [];
  const renderer = new Renderer();
  let daemon: Daemon;
  let close: () => Promise<unknown>;
  let number = 0;

  before(async () => {
    mkdirSync(folder);
    const server = createServer(
      bhtomService(
        {
          ...{
            token: 'word',
            pageSize: 200,
            lightCurves: { seen: [1, 2].map((k) => `${mjd - k};${13 + k};0.02;X;V(GaiaSP);`) },
          },
          targets: [bhtomTarget('seen', star.raDeg, star.decDeg), bhtomTarget('elsewhere', 10, 10)],
        },
        asked,
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = () => new Promise((resolve) => server.close(resolve));
    writeFileSync(join(root, 'token'), 'word\n');
    const rows = stars.map((one) =>
      [
        one.raDeg,
        one.decDeg,
        ...(['B', 'V', 'R'] as const).map((band) => magnitudeIn(band, one.gMag, one.bpRp)),
      ].join(),
    );
    writeFileSync(join(root, 'stars.csv'), `ra,dec,B,V,R\n${rows.join('\n')}\n`);
    const config = configSchema.parse({
      ...{ site, dataDir: join(root, 'data'), instruments: [{ folders: [folder], camera: { scaleArcsecPerPx: 1 } }] },
      catalogue: { file: join(root, 'stars.csv') },
      targets: [{ name: 'own', raDeg: 200, decDeg: 0 }],
      destinations: [
        {
          id: 'bhtom',
          kind: 'bhtom2',
          delivery: false,
          tokenFile: join(root, 'token'),
          url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        },
      ],
      intake: { settleS: 0.1, rescanS: 1, minFreeMb: 0 },
      reduction: { threads: 1 },
    });
    daemon = await startDaemon({ config, clock: systemClock, random: new Random(1), log: silent, version: 'test' });
    await until(() => daemon.store.networkTargets.listFetchedAtMs('bhtom') !== undefined);
  });
  after(async () => {
    await daemon.stop();
    await renderer.close();
    await close();
    rmSync(root, { recursive: true, force: true });
  });

  async function next(extinctionMag = 0): Promise<FrameSummary> {
    const at = startMs + 120_000 * number++;
    await saveFrame(renderer, folder, number, { ...field, extinctionMag }, at);
    await until(() => daemon.store.reductions.recent(100).length === number);
    return JSON.parse(daemon.store.reductions.recent(1)[0]!.record) as FrameSummary;
  }

  it('measures a target of the list in a frame that was taken for something else', async () => {
    const record = await next();
    assert.deepEqual(
      record.targets.map(({ name, verdict }) => [name, verdict]),
      [
        ['own', 'outside the frame'],
        ['seen', 'detected'],
      ],
    );
    const { kind, words } = record.targets[1]!.counterpart!;
    assert.equal(kind, 'known star', words);
    assert.ok(record.airmass! > 1);
  });

  it('reads its light curve at the centre then, and holds the next frame against it', async () => {
    await until(() => daemon.store.networkTargets.archive('bhtom', 'seen') !== undefined);
    assert.ok(!asked.some((line) => line.includes('elsewhere')));
    const { archive, words } = (await next()).targets[1]!.counterpart!;
    assert.deepEqual([archive!.nDetections, archive!.last!.mag], [2, 14]);
    assert.match(words, /the archive has 2 detections, the last 14\.00 1\.0 d before/);
  });

  it('tells clouds by the zero points before, once there is a habit', async () => {
    const clear = [await next(), await next(), await next(), await next()];
    assert.equal(clear[0]!.planes[0]!.transparency, null);
    const last = clear.at(-1)!.planes[0]!;
    assert.ok(Math.abs(last.transparency!.share - 1) < 0.03, JSON.stringify(last.transparency));
    assert.doesNotMatch(last.warnings.join(), /starlight/);
    const cloudy = await next(0.8);
    const { transparency, warnings } = cloudy.planes[0]!;
    assert.ok(Math.abs(transparency!.share - 10 ** (-0.4 * 0.8)) < 0.03, JSON.stringify(transparency));
    assert.match(warnings.join(), /Only 4\d % of the usual starlight arrives/);
    assert.ok(cloudy.warnings.some((text) => /usual starlight/.test(text)));
  });

  it('takes where the last frame looked for a hint, when the header does not tell', async () => {
    const at = startMs + 120_000 * number++;
    const { path } = await saveFrame(renderer, root, number, field, at);
    const bytes = readFileSync(path);
    for (const keyword of ['RA      =', 'DEC     =']) {
      const card = bytes.indexOf(keyword, 0, 'latin1');
      assert.ok(card > 0 && card % 80 === 0);
      bytes.write('COMMENT '.padEnd(80), card, 'latin1');
    }
    writeFileSync(join(folder, 'without a place.fits'), bytes);
    await until(() => daemon.store.reductions.recent(100).length === number);
    const record = JSON.parse(daemon.store.reductions.recent(1)[0]!.record) as FrameSummary;
    assert.equal(record.located.from, 'solver', JSON.stringify(record.located));
  });
});
