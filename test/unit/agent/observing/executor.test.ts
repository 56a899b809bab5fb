import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { nightMs, Site } from '../../../support/robotic-site.ts';
import { settle } from '../../../support/settle.ts';
import { changed, requestFor } from '../../../support/visits.ts';

const order = (changes: Parameters<typeof requestFor>[0] = {}) => ({
  destination: 'hub',
  instrument: 'main',
  request: requestFor(changes),
});

/** A running site on which it is known to be safe. */
async function running(site = new Site(), ...choices: Parameters<Site['start']>) {
  const program = site.start(...choices);
  await setImmediate();
  await site.clock.advance(10_000);
  return { site, ...program };
}

test('a request is executed from the claim to its photometry', async () => {
  const { site, executor, stop } = await running();
  const result = await settle(site.clock, executor.execute(order()));
  assert.equal(result?.state, 'COMPLETED');
  assert.deepEqual(
    result.frames.map(({ number }) => number),
    [1, 2, 3],
  );
  assert.equal(site.folder.writes.length, 3);
  assert.equal(site.rows.rows[0]!.exposuresBegun, 3);
  assert.equal(site.rows.rows[0]!.result, result);
  assert.equal(await site.mountMotion(), 'still', 'nobody tracks into the pier');
  assert.equal(await site.shutter(), 'open');
  assert.deepEqual(site.alarms, []);
  assert.equal(await executor.execute(order()), undefined, 'never twice');
  await stop();
});

test('the row of a visit is written before anything moves', async () => {
  const site = new Site();
  const { executor, stop } = await running(site, () => ({
    roof: {
      ensureOpen: async () => {
        assert.equal(site.rows.rows.length, 1);
        throw new Error('far enough');
      },
      requireOpen: async () => undefined,
    },
  }));
  assert.equal((await executor.execute(order()))?.state, 'FAILED');
  await stop();
});

test('one visit has the telescope at a time, and frees it while its photometry is waited for', async () => {
  const { site, executor, stop } = await running();
  const first = executor.execute(order());
  await assert.rejects(executor.execute(order({ id: 'request-2' })), { code: 'TELESCOPE_BUSY' });
  await setImmediate();
  while (executor.busy) await site.clock.advance(1000);
  const second = executor.execute(order({ id: 'request-2' }));
  assert.equal((await settle(site.clock, first))?.state, 'COMPLETED');
  assert.equal((await settle(site.clock, second))?.state, 'COMPLETED');
  await stop();
});

test('a test request is answered and moves nothing', async () => {
  const { site, executor, stop } = await running();
  const result = await executor.execute(order({ test: true }));
  assert.equal(result?.state, 'NOT_ATTEMPTED');
  assert.match(result.reason, /test request.*could run now/);
  const cloudy = await executor.execute(order({ id: 'low', test: true, target: { name: 'T', raDeg: 200, decDeg: 0 } }));
  assert.match(cloudy!.reason, /could not run now.*stands at/);
  assert.deepEqual([await site.mountMotion(), await site.shutter()], ['parked', 'closed']);
  await stop();
});

test('a request that the sky does not allow is not attempted', async () => {
  const { site, executor, stop } = await running();
  const result = await executor.execute(order({ target: { name: 'T', raDeg: 200, decDeg: 0 } }));
  assert.equal(result?.state, 'NOT_ATTEMPTED');
  assert.deepEqual([await site.mountMotion(), await site.shutter()], ['parked', 'closed']);
  await stop();
});

for (const [moment, afterMs] of [
  ['the roof opens', 5_000],
  ['the mount slews', 20_000],
  ['the shutter is open', 45_000],
] as const) {
  test(`rain while ${moment} ends the visit at once and secures the observatory`, async () => {
    const { site, executor, guard, stop } = await running();
    const visit = executor.execute(order());
    await setImmediate();
    await site.clock.advance(afterMs);
    site.observatory.weather.turn({ rain: true });
    await site.clock.advance(6_000);
    const result = await Promise.race([visit, setImmediate('still going')]);
    assert.ok(typeof result === 'object', `${result}`);
    assert.equal(result.state, 'ABORTED');
    assert.match(result.reason, /it rains/);
    await settle(site.clock, guard.idle());
    assert.deepEqual([await site.mountMotion(), await site.shutter()], ['parked', 'closed']);
    assert.equal((await site.camera.read()).value.activity, 'idle');
    assert.deepEqual(site.alarms, []);
    await stop();
  });
}

test('a frame that was exposed when the rain came is kept', async () => {
  const { site, executor, stop } = await running();
  const visit = executor.execute(order());
  await setImmediate();
  while (site.camera.exposures < 2) await site.clock.advance(1000);
  site.observatory.weather.turn({ rain: true });
  const result = await settle(site.clock, visit);
  assert.equal(result?.state, 'ABORTED');
  assert.match(result.reason, /1 of 3 frames/);
  assert.equal(result.frames.length, 1);
  await stop();
});

test('a weather station that falls silent ends the visit when its last word is too old', async () => {
  const { site, executor, stop } = await running();
  const visit = executor.execute(
    order({ instrumentConfigs: [{ filter: 'V', exposureS: 600, exposureCount: 3, binning: 1 }] }),
  );
  await setImmediate();
  await site.clock.advance(60_000);
  site.observatory.weather.fallSilent();
  const silentMs = site.clock.nowMs();
  const result = await settle(site.clock, visit);
  assert.equal(result?.state, 'ABORTED');
  assert.match(result.reason, /too old|s old or more/);
  assert.ok(site.clock.nowMs() - silentMs < 140_000);
  await stop();
});

test('a mount that never confirms ends the visit, and somebody is told', async () => {
  const { site, executor, stop } = await running();
  site.observatory.mount.jam();
  const result = await settle(site.clock, executor.execute(order()));
  assert.equal(result?.state, 'ABORTED', 'it may be tried again');
  assert.match(result.reason, /did not confirm/);
  assert.match(site.alarms.join(), /did not confirm/);
  assert.equal(site.camera.exposures, 0);
  await stop();
});

test('a mount that says it arrived but points elsewhere is not believed', async () => {
  const site = new Site();
  const { executor, stop } = await running(site, ({ devices }) => ({
    devices: {
      ...devices,
      mount: changed(devices.mount!, {
        slewTo: ({ raDeg, decDeg }, command) => devices.mount!.slewTo({ raDeg, decDeg: decDeg + 1 }, command),
      }),
    },
  }));
  const result = await settle(site.clock, executor.execute(order()));
  assert.equal(result?.state, 'ABORTED');
  assert.match(result.reason, /1.000 deg/);
  assert.equal(await site.mountMotion(), 'still');
  await stop();
});

test('a driver that neither answers nor hears its signal does not hold the visit', async () => {
  const site = new Site();
  const { executor, stop } = await running(site, ({ devices }) => ({
    devices: { ...devices, camera: changed(devices.camera, { expose: () => new Promise(() => {}) }) },
  }));
  const visit = executor.execute(order());
  await setImmediate();
  await site.clock.advance(60_000);
  const gone = executor.abort('the centre cancelled the request');
  const result = await settle(site.clock, visit);
  await gone;
  assert.equal(result?.state, 'ABORTED');
  assert.match(result.reason, /cancelled/);
  assert.equal(await site.mountMotion(), 'still');
  await stop();
});

test('the local lock bars a visit, and ends one under way', async () => {
  const { site, executor, stop } = await running();
  site.attended = true;
  const barred = await executor.execute(order());
  assert.equal(barred?.state, 'ABORTED');
  assert.match(barred.reason, /attended/);
  assert.deepEqual([await site.mountMotion(), await site.shutter()], ['parked', 'closed']);
  site.attended = false;
  await site.clock.advance(10_000);
  const visit = executor.execute(order());
  await setImmediate();
  await site.clock.advance(60_000);
  site.attended = true;
  const result = await settle(site.clock, visit);
  assert.match(result!.reason, /attended/);
  await stop();
});

test('a target that goes down during the visit ends it with the frames it has', async () => {
  const site = new Site();
  const start = site.clock.nowMs();
  const { executor, stop } = await running(site, ({ checkVisibility }) => ({
    checkVisibility: (request, atMs, durationS) =>
      atMs > start + 120_000
        ? { ok: false, never: false, reason: 'the target has set' }
        : checkVisibility(request, atMs, durationS),
  }));
  const result = await settle(site.clock, executor.execute(order()));
  assert.equal(result?.state, 'ABORTED');
  assert.match(result.reason, /has set \(\d of 3 frames were taken\)/);
  assert.equal(await site.mountMotion(), 'still');
  await stop();
});

test('photometry that is late, or impossible, is said', async () => {
  const late = new Site();
  const slow = await running(late, () => ({ reductions: { wait: () => new Promise(() => {}) } }));
  const result = await settle(late.clock, slow.executor.execute(order()));
  assert.equal(result?.state, 'COMPLETED');
  assert.match(result.reason, /not ready after 600 s/);
  await slow.stop();
  const bad = new Site();
  const reject = await running(bad, () => ({
    reductions: {
      wait: async (_visit, frames) => frames.map(() => ({ state: 'rejected', reason: 'no stars' }) as const),
    },
  }));
  const failed = await settle(bad.clock, reject.executor.execute(order()));
  assert.equal(failed?.state, 'FAILED');
  assert.match(failed.reason, /frame 1 was rejected: no stars/);
  await reject.stop();
});

test('a whole night: seventy visits and a shower', async () => {
  const site = new Site(Date.UTC(2026, 10, 22, 17));
  const { executor, guard, safety, stop } = await running(site, undefined, 600_000);
  const states: Record<string, number> = {};
  for (let k = 0; k < 70; k++) {
    const request = { id: `request-${k}`, constraints: { maxAirmass: 3, minLunarDistanceDeg: 0 } };
    const result = await settle(site.clock, executor.execute(order(request)));
    states[result!.state] = (states[result!.state] ?? 0) + 1;
    if (k === 20) site.observatory.weather.turn({ rain: true });
    if (k === 22) site.observatory.weather.turn({});
    await site.clock.advance(300_000);
  }
  await guard.idle();
  assert.ok(safety.state().safe);
  assert.ok(states.COMPLETED! > 40, JSON.stringify(states));
  assert.ok(states.ABORTED! >= 2, JSON.stringify(states));
  assert.equal(site.folder.writes.length, 3 * states.COMPLETED!);
  assert.ok(site.clock.nowMs() > nightMs + 3 * 3_600_000);
  assert.deepEqual(site.alarms, []);
  await stop();
});
