import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pino from 'pino';
import { buildMaster } from '../../../../agent/masters/build.ts';
import { MasterKeeper } from '../../../../agent/masters/keeper.ts';
import { readMaster } from '../../../../agent/masters/master-file.ts';
import { systemClock } from '../../../../base/clock.ts';
import { openFile } from '../../../../base/file-bytes.ts';
import { Random } from '../../../../base/random.ts';
import { configSchema } from '../../../../config/schema.ts';
import { readHdus } from '../../../../pipeline/fits/hdu.ts';
import { encodeFits } from '../../../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../../../pipeline/fits/write-card.ts';
import { FrameSource } from '../../../support/calibration-frames.ts';
import { type Site, startSite, stopAndRemove, temporaryRoot, until } from '../../../support/intake.ts';

const [width, height] = [160, 128];
const startMs = Date.UTC(2026, 10, 22, 18);
const random = new Random(31);

describe("other programs' masters in the watched folder", () => {
  let site: Site;
  let keeper: MasterKeeper;
  let source: FrameSource;
  let nFiles = 0;

  before(() => {
    const root = temporaryRoot();
    source = new FrameSource(join(root, 'frames'), { widthPx: width, heightPx: height, darkEPerS: 1 }, startMs);
    site = startSite({ root });
    const config = configSchema.parse({
      site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20 },
      dataDir: site.dataDir,
      instruments: [{ folders: [site.folder] }],
    });
    const log = pino({ level: 'silent' });
    keeper = new MasterKeeper({
      config,
      store: site.store,
      clock: systemClock,
      log,
      software: 'test',
      build: buildMaster,
    });
  });
  after(() => stopAndRemove(site).catch(() => undefined));

  /** Drops a master as another program leaves it, and lets the library do its work. */
  async function drop(name: string, type: string, pixels: Float32Array, cards: readonly CardToWrite[] = []) {
    const usual: CardToWrite[] = [
      { keyword: 'IMAGETYP', value: type },
      { keyword: 'SWCREATE', value: 'PixInsight 1.9' },
      { keyword: 'DATE-OBS', value: new Date(startMs).toISOString().slice(0, -1) },
      { keyword: 'INSTRUME', value: 'Test Camera' },
      { keyword: 'CCD-TEMP', value: -10 },
      { keyword: 'XBINNING', value: 1 },
      { keyword: 'YBINNING', value: 1 },
      { keyword: 'GAIN', value: 100 },
    ];
    const image = { kind: 'image', width, height, pixels, cards: [...usual, ...cards] } as const;
    writeFileSync(join(site.folder, `${name}.fits`), Buffer.concat(encodeFits([image])));
    const filed = site.store.frames.counts().filed ?? 0;
    await until(() => (site.store.frames.counts().filed ?? 0) === filed + 1);
    nFiles++;
    await keeper.buildAll();
    assert.equal(site.store.masters.all('main').length, nFiles, 'each becomes one entry of the library');
    return site.store.masters.all('main')[0]!;
  }
  const noisy = (level: number, sigma: number, slope = 0) =>
    Float32Array.from(
      { length: width * height },
      (_, i) => level * (1 + slope * (i % width)) + sigma * random.normal(),
    );
  const exposure: CardToWrite = { keyword: 'EXPTIME', value: 60 };

  it('a dark kept from 0 to 1 comes in as ADU, with its name, its program and its bad pixels', async () => {
    const pixels = noisy(1060 / 65535, 1.5 / 65535);
    pixels[2000] = 9000 / 65535;
    const record = await drop('masterDark', 'Master Dark', pixels, [exposure, { keyword: 'NCOMBINE', value: 30 }]);
    assert.deepEqual([record.kind, record.state, record.nCombined], ['dark', 'good', 30]);
    assert.match(record.reason!, /adopted from masterDark\.fits by PixInsight 1\.9; .*parts of 65535 ADU/);
    const master = await readMaster(record.path!, 'dark', record.id!);
    assert.ok(Math.abs(master.pixels[100]! - pixels[100]! * 65535) < 0.01);
    assert.equal(master.bad![2000], 1, 'its hot pixel is masked');
    const file = await openFile(record.path!);
    const { header } = (await readHdus(file))[0]!;
    await file.close();
    assert.equal(header.string('MADOPTED'), 'masterDark.fits by PixInsight 1.9');
    assert.match(header.string('INP0001')!, /masterDark\.fits$/);
  });

  it('a flat comes to mean 1, and a light frame is given both', async () => {
    const filter: CardToWrite = { keyword: 'FILTER', value: 'V' };
    const record = await drop('masterFlat_V', 'Master Flat', noisy(0.5, 0.0005, 0.001), [filter]);
    assert.deepEqual([record.kind, record.state], ['flat', 'good']);
    const { pixels } = await readMaster(record.path!, 'flat', record.id!);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    assert.ok(Math.abs(mean - 1) < 0.01 && pixels[width - 1]! > pixels[0]!, `mean ${mean}`);
    source.light(50, 0);
    await until(() => site.store.frames.counts().identified === 1);
    const { choice } = await keeper.chooseFor(site.store.frames.nextLight(new Set())!);
    assert.deepEqual(Object.keys(choice.chosen).sort(), ['dark', 'flat']);
  });

  it('one that contradicts the last is kept aside, one without a pedestal is refused', async () => {
    const other = await drop('masterDark-other', 'Master Dark', noisy(1400, 1.5), [exposure]);
    assert.equal(other.state, 'aside');
    assert.match(other.reason!, /level is .* ADU off/);
    const bare = await drop('masterDark-bare', 'Master Dark', noisy(0, 1.5), [exposure]);
    assert.equal(bare.state, 'refused');
    assert.match(bare.reason!, /masterDark-bare\.fits: .*pedestal was taken out/);
  });
});
