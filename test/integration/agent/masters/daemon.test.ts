import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pino from 'pino';
import { type Daemon, startDaemon } from '../../../../agent/daemon.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { configSchema } from '../../../../config/schema.ts';
import type { FrameSummary } from '../../../../pipeline/products/summary.ts';
import { FrameSource } from '../../../support/calibration-frames.ts';
import { until } from '../../../support/intake.ts';

const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-masters-'));
const folder = join(root, 'frames');
const nowMs = Date.now();

describe('the daemon with calibration frames', () => {
  const log: { msg: string; reason?: string }[] = [];
  let daemon: Daemon;
  let source: FrameSource;
  before(async () => {
    mkdirSync(folder);
    source = new FrameSource(
      folder,
      { widthPx: 256, heightPx: 256, vignetting: 0.2, darkEPerS: 1, scaleArcsecPerPx: 2 },
      nowMs - 3_600_000,
    );
    const config = configSchema.parse({
      site: { name: 'test', latitudeDeg: 50, longitudeDeg: 20 },
      dataDir: join(root, 'data'),
      instruments: [{ folders: [folder], camera: { saturationAdu: 60_000 } }],
      destinations: [{ id: 'away', kind: 'hub', url: 'http://127.0.0.1:9', tokenEnv: 'PATH', requests: false }],
      intake: { settleS: 0.1, rescanS: 1, minFreeMb: 0 },
      calibration: { quietMinutes: 0 },
      reduction: { threads: 1 },
    });
    daemon = await startDaemon({
      config,
      clock: systemClock,
      random: new Random(1),
      log: pino({ level: 'debug', base: null }, { write: (line: string) => log.push(JSON.parse(line)) }),
      version: 'test',
    });
  });
  after(async () => {
    await daemon.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const reductions = () => daemon.store.reductions.recent(10).map(({ record }) => JSON.parse(record) as FrameSummary);
  const mastersOf = (kind: string) => daemon.store.masters.all('main').filter((one) => one.kind === kind);

  it('reduces a light frame without masters, and says so', async () => {
    source.light(50, 3000);
    await until(() => reductions().length === 1);
    const [record] = reductions();
    assert.deepEqual(record!.masters, { bias: null, dark: null, flat: null });
    assert.match(record!.warnings.join('\n'), /no bias or dark frame/);
    assert.match(record!.warnings.join('\n'), /no flat field/);
  });

  it('builds masters in the reduction process and reduces the frame again as a revision', async () => {
    for (let k = 0; k < 5; k++) {
      source.calibration({ kind: 'bias' });
      source.calibration({ kind: 'dark', exposureS: 60 });
      source.calibration({ kind: 'flat', exposureS: 5, electrons: 30_000 });
    }
    await until(() => {
      const [record] = reductions();
      return record?.masters.dark && record.masters.flat;
    });
    const [record] = reductions();
    assert.doesNotMatch(record!.warnings.join('\n'), /no bias|no flat|no dark/);
    assert.equal(record!.gainFrom, 'photon transfer');
    assert.deepEqual(
      ['bias', 'dark', 'flat'].map((kind) => mastersOf(kind).filter(({ state }) => state === 'good').length > 0),
      [true, true, true],
    );
    const stored = daemon.store.reductions.recent(10);
    assert.ok(stored.length > 1);
    assert.equal(new Set(stored.map(({ exposureId }) => exposureId)).size, 1);
    assert.equal(new Set(stored.map(({ id }) => id)).size, stored.length);
    const waiting = daemon.store.outbox.ofExposure(stored[0]!.exposureId).filter(({ state }) => state === 'queued');
    assert.equal(waiting.length, 1, 'only the newest revision is on its way');
  });

  it('keeps a master aside that its predecessor contradicts, and does not use it', async () => {
    const later = join(folder, 'later');
    mkdirSync(later);
    const other = new FrameSource(
      later,
      { widthPx: 256, heightPx: 256, vignetting: 0.2, darkEPerS: 1, biasAdu: 1300, seed: 9 },
      nowMs + 48 * 3_600_000,
      7,
    );
    for (let k = 0; k < 5; k++) other.calibration({ kind: 'bias' });
    const aside = await until(() => mastersOf('bias').find(({ state }) => state === 'aside'));
    assert.match(aside.reason!, /level is 300\.\d ADU off/);
    assert.ok(log.some(({ msg }) => msg === 'a new master is not trusted and kept aside'));
  });
});
