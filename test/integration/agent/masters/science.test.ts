import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pino from 'pino';
import { buildMaster } from '../../../../agent/masters/build.ts';
import { type FrameMasters, MasterKeeper } from '../../../../agent/masters/keeper.ts';
import { loadMasters } from '../../../../agent/reduction/load-masters.ts';
import { systemClock } from '../../../../base/clock.ts';
import { openFile } from '../../../../base/file-bytes.ts';
import { dialectTable } from '../../../../config/dialects.ts';
import { configSchema } from '../../../../config/schema.ts';
import { fieldWorn } from '../../../../drivers/simulator/sky/camera.ts';
import { calibrate } from '../../../../pipeline/calibration/calibrate.ts';
import { resolveDetector } from '../../../../pipeline/calibration/detector.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { readFrame } from '../../../../pipeline/frame/read-frame.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import type { Plane } from '../../../../pipeline/plane.ts';
import { FrameSource } from '../../../support/calibration-frames.ts';
import { type Site, startSite, stopAndRemove, temporaryRoot, until } from '../../../support/intake.ts';

const exposureS = 60;
const skyEPerS = 200;
const nFrames = 12;
const worn = { ...fieldWorn, widthPx: 384, heightPx: 320, gainEPerAdu: 1.4, readNoiseE: 6, darkEPerS: 2 };

/** Simulated calibration frames and a light frame of an empty sky, taken in, combined and applied: all on real disks. */
async function calibrateThroughTheLibrary(bayer: 'GRBG' | undefined, seed: number) {
  const root = temporaryRoot();
  const source = new FrameSource(join(root, 'frames'), { ...worn, bayer, seed }, Date.UTC(2026, 10, 22, 18), seed);
  for (let k = 0; k < nFrames; k++) {
    source.calibration({ kind: 'bias' });
    source.calibration({ kind: 'dark', exposureS, cosmicRays: 3 });
    source.calibration({ kind: 'flat', exposureS: 5, electrons: 30_000 });
  }
  const lightPath = source.light(skyEPerS, 0, exposureS);
  const site = startSite({ root });
  const config = configSchema.parse({
    site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20 },
    dataDir: site.dataDir,
    instruments: [{ folders: [site.folder] }],
    calibration: { memoryMb: 16 },
  });
  const keeper = new MasterKeeper({
    config,
    store: site.store,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    software: 'test',
    build: buildMaster,
  });
  await until(() => site.store.frames.counts().filed === 3 * nFrames && site.store.frames.counts().identified === 1);
  const light = site.store.frames.nextLight(new Set())!;
  assert.equal(light.path, lightPath);
  const found = await keeper.chooseFor(light);
  const files = Object.values(found.choice.chosen).map(({ master: { id, kind, path } }) => ({ id, kind, path }));
  const file = await openFile(lightPath);
  const read = await readFrame(file, { table: dialectTable, path: 'light.fits' });
  await file.close();
  if (read.kind !== 'frame') throw new Error('the light frame was rejected');
  const { mtimeMs } = await stat(lightPath);
  const masters = await loadMasters({ how: 'chosen', files, warnings: found.choice.warnings }, read.facts, mtimeMs);
  const { gainEPerAdu, readNoiseE } = found.detector ?? {};
  const measured = gainEPerAdu === undefined ? {} : { gainEPerAdu, readNoiseE: readNoiseE! };
  const { planes, record } = await calibrate(
    {
      ...read.image,
      exposureS: read.facts.exposureS?.value,
      bayer: read.facts.bayer?.value.pattern,
    },
    { detector: resolveDetector({ measured, header: read.facts }), masters: masters.set },
    soloCrew(kernels),
  );
  return { root, site, source, found, planes, record, warnings: masters.warnings };
}

/** rms of the means of blocks of 16 x 16 pixels about their mean, in units of it, with the noise of the blocks taken out. */
function residualStructure({ width, height, electrons, mask }: Plane): { level: number; structure: number } {
  const block = 16;
  const means: number[] = [];
  let noise = 0;
  for (let y0 = 0; y0 + block <= height; y0 += block) {
    for (let x0 = 0; x0 + block <= width; x0 += block) {
      const values: number[] = [];
      for (let y = y0; y < y0 + block; y++) {
        for (let x = x0; x < x0 + block; x++) if (mask[y * width + x] === 0) values.push(electrons[y * width + x]!);
      }
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      noise += values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length;
      means.push(mean);
    }
  }
  const level = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  const scatter = means.reduce((sum, mean) => sum + (mean - level) ** 2, 0) / (means.length - 1);
  return { level, structure: Math.sqrt(Math.max(0, scatter - noise / means.length)) / level };
}

describe('a camera with vignetting, dust, bias structure, dark current and hot pixels', () => {
  let run: Awaited<ReturnType<typeof calibrateThroughTheLibrary>>;
  let site: Site;
  before(async () => {
    run = await calibrateThroughTheLibrary(undefined, 3);
    site = run.site;
  });
  after(() => stopAndRemove(site));

  it('comes out flat to 0.1 % of the sky', () => {
    const plane = run.planes[0]!;
    const { level, structure } = residualStructure(plane);
    assert.ok(structure < 0.001, `residual structure of ${(100 * structure).toFixed(3)} % of the sky`);
    // Flats are normalised in the middle of the chip, where the response is above the mean of the frame.
    assert.ok(level / (skyEPerS * exposureS) > 0.98 && level / (skyEPerS * exposureS) < 1.15, `sky of ${level} e-`);
    assert.ok(run.record.darkId && run.record.flatId);
    assert.equal(run.record.darkScale, 1);
    assert.deepEqual(run.warnings, []);
  });

  it('has its gain measured to 2 % and its read noise to 5 %', () => {
    const { detector } = run.found as FrameMasters;
    assert.ok(detector);
    assert.ok(Math.abs(detector.gainEPerAdu / worn.gainEPerAdu - 1) < 0.02, `gain ${detector.gainEPerAdu}`);
    assert.ok(Math.abs(detector.readNoiseE / worn.readNoiseE - 1) < 0.05, `read noise ${detector.readNoiseE}`);
  });

  it('has its hot pixels masked', () => {
    const { camera } = run.source;
    const { mask } = run.planes[0]!;
    const hot = [...camera.dark.keys()].filter((i) => camera.dark[i]! > 20);
    const missed = hot.filter((i) => mask[i] === 0);
    const masked = mask.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
    assert.ok(hot.length > 10);
    assert.deepEqual(missed, []);
    assert.ok(masked < 0.02 * mask.length, `${masked} pixels are masked`);
  });
});

describe('a colour camera', () => {
  it('comes out flat in every Bayer plane', async () => {
    const { site, planes } = await calibrateThroughTheLibrary('GRBG', 4);
    try {
      assert.deepEqual(planes.map(({ name }) => name).sort(), ['B', 'G1', 'G2', 'R']);
      for (const plane of planes) {
        const { structure } = residualStructure(plane);
        assert.ok(structure < 0.001, `${plane.name}: residual structure of ${(100 * structure).toFixed(3)} %`);
      }
    } finally {
      await stopAndRemove(site);
    }
    rmSync(site.root, { recursive: true, force: true });
  });
});
