/**
 * How long the daemon's event loop stands still while a camera of 61 megapixels delivers a frame every five seconds, from
 * the request through the visit, the watched folder, the intake and the reduction process:
 *   node bench/event-loop.ts [--seconds 60] [--every 5] [--threads 1]
 * Beside it stands what a loop that does nothing waits for on the same machine at the same time.
 */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import pino from 'pino';
import { startDaemon } from '../agent/daemon.ts';
import { longestBlockMs } from '../agent/health/loop-lag.ts';
import { systemClock } from '../base/clock.ts';
import { Random } from '../base/random.ts';
import { demoSky } from '../cli/demo/sky.ts';
import { configSchema } from '../config/schema.ts';
import { simulatedObservatory } from '../drivers/simulator/observatory.ts';
import { observingRequest } from '../protocol/request.ts';
import { chip, type LargeCamera, largeCamera } from './event-loop/large-camera.ts';
import { type Delays, delayBins, LoopDelay } from './event-loop/loop-delay.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    every: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const everyS = Number(values.every);
const seed = 1;
const clock = systemClock;
const root = mkdtempSync(join(tmpdir(), 'bhtom-edge-event-loop-'));
const watched = join(root, 'frames');
mkdirSync(watched);

const { site, target } = demoSky(clock.nowMs(), seed);
const simulator = {
  ...{ seed, widthPx: 64, heightPx: 64, scaleArcsecPerPx: 0.8, fwhmPx: 3, starsPerFrame: 1 },
  ...{ slewSeconds: 10, timeFactor: 100 },
};
const config = configSchema.parse({
  site,
  dataDir: join(root, 'data'),
  instruments: [
    {
      ...{ id: 'large', folders: [watched], filters: ['V'], camera: { scaleArcsecPerPx: 0.8 } },
      drivers: [{ kind: 'simulator', ...simulator }],
    },
  ],
  devices: [{ kind: 'simulator', provides: ['weather'] }],
  intake: { settleS: 0.5, minFreeMb: 0 },
  reduction: { threads: Number(values.threads), memoryMb: 8192 },
  observing: { minMoonDistanceDeg: 0 },
  safety: { pollS: 0.5, reopenAfterS: 0, roof: 'none' },
});
const camera: LargeCamera = await largeCamera(seed, everyS * 1000, clock);
const daemon = await startDaemon({
  ...{ config, clock, random: new Random(seed), version: 'bench' },
  log: pino({ level: 'warn' }, pino.destination(2)),
  async loadDevices(wanted) {
    const filters = wanted === 'site' ? [] : wanted.filters;
    const devices = simulatedObservatory({ ...simulator, filters }, config.site, clock, 'the open sky');
    if (wanted === 'site') return { weather: devices.weather, close: () => devices.close() };
    Object.assign(devices.camera, { expose: camera.expose });
    return { ...devices, close: () => devices.close().finally(() => camera.close()) };
  },
});
try {
  const idle = new Worker(new URL('./event-loop/idle-thread.ts', import.meta.url));
  await once(idle, 'online');
  askForFrames();
  while (camera.deliveredMs.length === 0) await clock.sleep(50);
  const ours = new LoopDelay();
  idle.postMessage('start');
  await clock.sleep(seconds * 1000);
  const delays = ours.stop();
  idle.postMessage('stop');
  const [machine] = (await once(idle, 'message')) as [Delays];
  await idle.terminate();
  report(delays, machine);
} finally {
  await daemon.stop();
  rmSync(root, { recursive: true });
}

/** An accepted request for more frames than there is time for: the visit is broken off at the end. */
function askForFrames(): void {
  const request = observingRequest.parse({
    ...{ id: 'bench', name: 'bench', target: { name: 'bench', raDeg: target.raDeg, decDeg: target.decDeg } },
    instrumentConfigs: [{ filter: 'V', exposureS: 0.5, exposureCount: Math.ceil(seconds / everyS) + 5, binning: 1 }],
    constraints: { maxAirmass: 3, minLunarDistanceDeg: 0 },
    windows: [
      {
        start: new Date(clock.nowMs() - 60_000).toISOString(),
        end: new Date(clock.nowMs() + 86_400_000).toISOString(),
      },
    ],
  });
  daemon.store.requests.receiveOffer('bench', 1, request);
  daemon.store.requests.answer('bench', request.id, 'accept', '');
}

function report(ours: Delays, machine: Delays): void {
  const { widthPx, heightPx } = chip;
  const megapixels = ((widthPx * heightPx) / 1e6).toFixed(1);
  const frames = camera.deliveredMs;
  const cadenceS = (frames.at(-1)! - frames[0]!) / 1000 / (frames.length - 1);
  const counts = Object.entries(daemon.store.frames.counts()).map(([state, count]) => `${count} ${state}`);
  console.log(
    `${frames.length} frames of ${megapixels} megapixels, one every ${cadenceS.toFixed(1)} s; ${counts.join(', ')}`,
  );
  console.log('milliseconds        p50     p99     max   samples');
  for (const [name, one] of [
    ['daemon', ours],
    ['idle thread', machine],
  ] as const) {
    const cells = [one.p50, one.p99, one.max].map((ms) => ms.toFixed(1).padStart(7));
    console.log(`${name.padEnd(14)} ${cells.join(' ')}  ${String(one.samples).padStart(8)}`);
  }
  console.log('\nblock, ms     daemon   idle thread');
  ours.counts.forEach((count, k) => {
    const range = k < delayBins.length ? `up to ${delayBins[k]}` : `over ${delayBins.at(-1)}`;
    console.log(`${range.padEnd(10)} ${String(count).padStart(9)} ${String(machine.counts[k]).padStart(13)}`);
  });
  console.log(`\nallowed: ${longestBlockMs} ms; ${ours.max <= longestBlockMs ? 'kept' : 'EXCEEDED'}`);
}
