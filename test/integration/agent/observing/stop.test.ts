import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { startDaemon } from '../../../../agent/daemon.ts';
import { openStore } from '../../../../agent/store/open.ts';
import { systemClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { demoSky } from '../../../../cli/demo/sky.ts';
import { configSchema } from '../../../../config/schema.ts';
import { simulatedObservatory } from '../../../../drivers/simulator/observatory.ts';
import { requestFor } from '../../../support/visits.ts';

const clock = systemClock;

test('a stop while a frame is written keeps the frame and stops the mount before devices and database are closed', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'bhtom-edge-stop-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'frames'));
  const { site, target } = demoSky(clock.nowMs(), 1);
  const config = configSchema.parse({
    ...{ site, dataDir: join(root, 'data') },
    instruments: [{ id: 'main', folders: [join(root, 'frames')], filters: ['V'], drivers: [{ kind: 'simulator' }] }],
    devices: [{ kind: 'simulator', provides: ['weather'] }],
    intake: { minFreeMb: 0 },
    observing: { minMoonDistanceDeg: 0 },
    safety: { pollS: 0.2, reopenAfterS: 0, roof: 'none' },
  });
  const simulator = {
    ...{ seed: 1, widthPx: 64, heightPx: 64, scaleArcsecPerPx: 1, fwhmPx: 3, starsPerFrame: 1, filters: ['V'] },
    ...{ slewSeconds: 10, timeFactor: 20 },
  };
  const motionAtClose: string[] = [];
  const said: string[] = [];
  const daemon = await startDaemon({
    ...{ config, clock, random: new Random(1), version: 'test' },
    log: pino({ level: 'error' }, { write: (line: string) => void said.push(line) }),
    async loadDevices(wanted) {
      const devices = simulatedObservatory(simulator, config.site, clock, 'the open sky');
      if (wanted === 'site') return { weather: devices.weather, close: () => devices.close() };
      const close = async () => {
        motionAtClose.push((await devices.mount.read()).value.motion);
        await devices.close();
      };
      return { ...devices, close };
    },
  });
  const window = { start: new Date(clock.nowMs() - 60_000), end: new Date(clock.nowMs() + 36e5) };
  const request = requestFor({
    target: { name: 'target', raDeg: target.raDeg, decDeg: target.decDeg },
    instrumentConfigs: [{ filter: 'V', exposureS: 10, exposureCount: 1, binning: 1 }],
    constraints: { maxAirmass: 3, minLunarDistanceDeg: 0 },
    windows: [{ start: window.start.toISOString(), end: window.end.toISOString() }],
  });
  daemon.store.requests.receiveOffer('centre', 1, request);
  daemon.store.requests.answer('centre', request.id, 'accept', '');
  const patience = AbortSignal.timeout(60_000);
  while (daemon.store.visits.open()[0]?.step !== 'write') await clock.sleep(2, patience);
  await daemon.stop();

  assert.deepEqual(motionAtClose, ['still']);
  assert.deepEqual(said, []);
  const store = openStore(config.dataDir, clock, 'test');
  t.after(() => store.close());
  assert.equal(store.visits.open()[0]?.step, 'reduce', 'the next start has only to wait for the photometry');
});
