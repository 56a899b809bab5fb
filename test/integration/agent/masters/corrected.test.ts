import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pino from 'pino';
import { buildMaster } from '../../../../agent/masters/build.ts';
import { openGiven } from '../../../../agent/masters/given.ts';
import { MasterKeeper } from '../../../../agent/masters/keeper.ts';
import { Library } from '../../../../agent/masters/library.ts';
import { readMaster } from '../../../../agent/masters/master-file.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { type CalibrationConfig, configSchema } from '../../../../config/schema.ts';
import { buildCamera, cameraSpec } from '../../../../drivers/simulator/sky/camera.ts';
import { type CalibrationExposure, renderCalibration } from '../../../../drivers/simulator/sky/render.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import { calibrationFacts } from '../../../support/calibration-facts.ts';
import { type Site, startSite, stopAndRemove, temporaryRoot, until } from '../../../support/intake.ts';

const [width, height] = [160, 128];
const startMs = Date.UTC(2026, 10, 22, 18);
const flatOf = { kind: 'flat', exposureS: 5, electrons: 20_000 } as const;
const levelAdu = 100;

describe('calibration frames that the program of the camera corrected already', () => {
  const camera = buildCamera(cameraSpec({ widthPx: width, heightPx: height, vignetting: 0.3, gainEPerAdu: 2 }));
  const random = new Random(3);
  const named = { bias: [] as string[], dark: [] as string[], flat: [] as string[], raw: [] as string[] };
  let site: Site;
  let calibration: CalibrationConfig;

  before(async () => {
    site = startSite({ root: temporaryRoot() });
    // Bias and corrections share no noise, as in a program that corrects by its own master.
    const ownBias = new Float64Array(width * height);
    for (let k = 0; k < 50; k++) {
      const one = renderCalibration(camera, { kind: 'bias' }, random);
      for (let i = 0; i < ownBias.length; i++) ownBias[i]! += one[i]! / 50;
    }
    for (let k = 0; k < 5; k++) {
      named.bias.push(save(`bias-${k}`, { kind: 'bias' }, undefined));
      named.raw.push(save(`raw-${k}`, flatOf, undefined, 'V'));
      named.flat.push(save(`done-${k}`, flatOf, ownBias, 'R'));
      named.dark.push(save(`dark-${k}`, { kind: 'dark', exposureS: 60 }, ownBias));
    }
    await until(() => site.store.frames.counts().filed === 20);
    const config = configSchema.parse({
      site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20 },
      dataDir: site.dataDir,
      instruments: [{ folders: [site.folder] }],
      calibration: { quietMinutes: 0 },
    });
    const log = pino({ level: 'silent' });
    const { store } = site;
    calibration = config.calibration;
    const keeper = new MasterKeeper({ config, store, clock: systemClock, log, software: 'test', build: buildMaster });
    await keeper.buildAll();
  });
  after(() => stopAndRemove(site).catch(() => undefined));

  /** A frame as it comes off the camera, or less a bias, with a level left in, as MaxIm DL saves it. */
  function save(name: string, exposure: CalibrationExposure, bias: Float64Array | undefined, filter?: string): string {
    const adu = renderCalibration(camera, exposure, random);
    const pixels = Uint16Array.from(adu, (value, i) => (bias ? Math.round(value - bias[i]! + levelAdu) : value));
    const types = { bias: 'Bias Frame', dark: 'Dark Frame', flat: 'Flat Field' };
    const cards = [
      { keyword: 'IMAGETYP', value: types[exposure.kind] },
      { keyword: 'SWCREATE', value: 'MaxIm DL Version 6.30' },
      { keyword: 'DATE-OBS', value: new Date(startMs).toISOString().slice(0, -1) },
      { keyword: 'EXPTIME', value: exposure.kind === 'bias' ? 0 : exposure.exposureS },
      { keyword: 'INSTRUME', value: 'Test Camera' },
      { keyword: 'CCD-TEMP', value: -10 },
      ...(filter ? [{ keyword: 'FILTER', value: filter }] : []),
      ...(bias
        ? [
            { keyword: 'CALSTAT', value: 'B' },
            { keyword: 'PEDESTAL', value: -levelAdu },
          ]
        : []),
    ];
    const path = join(site.folder, `${name}.fits`);
    writeFileSync(path, Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards }])));
    return path;
  }

  /** Mean of a flat in a corner over that in the middle. */
  function falloff(pixels: Float32Array): number {
    const mean = (x0: number, y0: number) => {
      let sum = 0;
      for (let y = y0; y < y0 + 24; y++) for (let x = x0; x < x0 + 24; x++) sum += pixels[y * width + x]! / 576;
      return sum;
    };
    return mean(0, 0) / mean(68, 52);
  }
  // Photons of 5 x 576 pixels of 20,000 electrons tell a ratio to 2e-4. The bias taken out twice would change it by 1.9e-2, the level
  // left in by 1.5e-3.
  const same = 7e-4;

  it('make flats that are the flats of raw frames, with nothing taken out twice or left in', async () => {
    const flats = new Map(
      site.store.masters.all('main').flatMap((one) => (one.kind === 'flat' ? [[one.facts.filter, one]] : [])),
    );
    const falloffs = [];
    for (const filter of ['V', 'R']) {
      const { state, path, id } = flats.get(filter)!;
      assert.equal(state, 'good');
      falloffs.push(falloff((await readMaster(path!, 'flat', id!)).pixels));
    }
    assert.ok(falloffs[0]! < 0.9, 'there is a falloff to compare');
    assert.ok(Math.abs(falloffs[1]! - falloffs[0]!) < same, `${falloffs}`);
    assert.ok(flats.get('V')!.detector, 'raw flats and biases tell the detector');
    assert.equal(flats.get('R')!.detector, null, 'what lacks its bias does not');
  });

  it('are no darks, which must hold their bias, and the operator hears why', async () => {
    assert.ok(site.store.masters.all('main').every(({ kind }) => kind !== 'dark'));
    const library = new Library(site.store, 'main', calibration, (setKey) => assert.fail(setKey));
    await library.refresh();
    const dark = library.sets(Date.now()).find(({ set }) => set.kind === 'dark')!;
    assert.equal(dark.state, 'incomplete');
    assert.match(dark.reason!, /calibrated it already: save raw/);
  });

  it('serve in the same way where a person names them', async () => {
    const { bias, dark, flat, raw } = named;
    const light = calibrationFacts({ filter: 'R' });
    const mono = { ...light, setup: { ...light.setup, widthPx: width, heightPx: height } };
    const done = await (await openGiven({ bias, dark, flat }))(mono);
    const own = await (await openGiven({ bias, dark: [], flat: raw }))({ ...mono, filter: 'V' });
    const pixelsOf = ({ masters }: typeof done) => masters.find(({ kind }) => kind === 'flat')!.pixels;
    assert.ok(Math.abs(falloff(pixelsOf(done)) - falloff(pixelsOf(own))) < same);
    assert.ok(done.masters.every(({ kind }) => kind !== 'dark'));
    assert.match(done.warnings.join('\n'), /dark-0\.fits is not used as a dark: .*save raw calibration frames/);
  });
});
