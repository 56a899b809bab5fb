import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ensureOpen, type RoofParts, type RoofPolicy, secure } from '../../../../agent/safety/roof.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { simulatedObservatory } from '../../../../drivers/simulator/observatory.ts';
import { nightMs, place } from '../../../support/robotic-site.ts';
import { settle } from '../../../support/settle.ts';

const simulator = {
  seed: 1,
  widthPx: 64,
  heightPx: 64,
  scaleArcsecPerPx: 2,
  fwhmPx: 3,
  starsPerFrame: 5,
  slewSeconds: 30,
  timeFactor: 1,
  filters: [],
};
const { signal } = new AbortController();
const command = { signal, deadlineMs: 120_000 };
const nobody = async () => {};

async function observing(policy: RoofPolicy) {
  const clock = new ManualClock(nightMs);
  const { mount, dome } = simulatedObservatory(simulator, place, clock);
  const lock = { attended: false };
  const parts: RoofParts = { policy, mounts: [mount], dome, clock, attended: () => lock.attended, deadlineMs: 120_000 };
  await settle(clock, dome.open(command));
  await mount.unpark(command);
  await settle(clock, mount.slewTo({ raDeg: 31, decDeg: 46.8 }, command));
  const look = async () => [(await mount.read()).value.motion, (await dome.read()).value.shutter];
  return { clock, mount, dome, parts, lock, look };
}

test('interlocked: the roof does not move before the mount is parked', async () => {
  const { clock, parts, look } = await observing('interlocked');
  const done = secure(parts, nobody);
  await setImmediate();
  await clock.advance(20_000);
  assert.deepEqual(await look(), ['slewing', 'open']);
  assert.deepEqual(await settle(clock, done), { parked: true, closed: true, alarms: [] });
  assert.deepEqual(await look(), ['parked', 'closed']);
});

test('interlocked: a mount that does not confirm keeps the roof where it is, and calls for help', async () => {
  const { clock, mount, parts, look } = await observing('interlocked');
  mount.jam();
  const result = await settle(clock, secure(parts, nobody));
  assert.equal(result.parked || result.closed, false);
  assert.match(result.alarms[0]!, /did not confirm/);
  assert.match(result.alarms[1]!, /roof stays/);
  assert.equal((await look())[1], 'open');
});

test('interlocked: nothing moves under a closed roof', async () => {
  const { clock, dome, parts, look } = await observing('interlocked');
  await settle(clock, dome.close(command));
  const result = await settle(clock, secure(parts, nobody));
  assert.match(result.alarms[0]!, /not open \(closed\)/);
  assert.equal((await look())[0], 'tracking');
  await assert.rejects(settle(clock, ensureOpen(parts, signal)), { code: 'UNPARKED_UNDER_ROOF' });
});

test('independent: the roof closes at once, whatever the mount does', async () => {
  const { clock, mount, parts, look } = await observing('independent');
  mount.jam();
  const done = secure(parts, () => new Promise(() => {}));
  await setImmediate();
  await clock.advance(16_000);
  assert.equal((await look())[1], 'closed');
  // The visit that never lets go is the guard's business; here the sequence waits for it.
  assert.equal(await Promise.race([done, clock.advance(0).then(() => 'waiting')]), 'waiting');
});

test('a roof that does not arrive is alarmed', async () => {
  const { clock, dome, parts } = await observing('interlocked');
  dome.jam();
  const result = await settle(clock, secure(parts, nobody));
  assert.deepEqual([result.parked, result.closed], [true, false]);
  assert.match(result.alarms[0]!, /The roof did not confirm/);
});

test('without a roof the mount is parked', async () => {
  const { clock, parts, look } = await observing('none');
  assert.deepEqual((await settle(clock, secure(parts, nobody))).alarms, []);
  assert.deepEqual(await look(), ['parked', 'open']);
});

test('the local lock bars every motion', async () => {
  const { clock, dome, parts, lock, look } = await observing('interlocked');
  lock.attended = true;
  const result = await settle(clock, secure(parts, nobody));
  assert.match(result.alarms.join(), /act by hand/);
  assert.deepEqual(await look(), ['tracking', 'open']);
  lock.attended = false;
  await settle(clock, secure(parts, nobody));
  lock.attended = true;
  await assert.rejects(settle(clock, ensureOpen(parts, signal)), { code: 'ATTENDED' });
  assert.equal((await dome.read()).value.shutter, 'closed');
});

test('opening takes a parked mount and confirms', async () => {
  const { clock, parts, look } = await observing('interlocked');
  await settle(clock, secure(parts, nobody));
  await settle(clock, ensureOpen(parts, signal));
  assert.deepEqual(await look(), ['parked', 'open']);
});
