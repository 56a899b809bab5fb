import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  ensureOpen,
  type RoofParts,
  type RoofPolicy,
  requireOpen,
  secure,
  shutterNow,
} from '../../../../agent/safety/roof.ts';
import { RoofControl } from '../../../../agent/safety/roof-control.ts';
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

test('an open roof is not commanded again, a parked mount neither', async () => {
  const { clock, mount, dome, parts } = await observing('interlocked');
  const commands: string[] = [];
  const counted = {
    ...parts,
    mounts: [withCount(mount, 'park', commands)],
    dome: withCount(withCount(dome, 'open', commands), 'close', commands),
  };
  await settle(clock, ensureOpen(counted, signal));
  assert.deepEqual(commands, []);
  await settle(clock, secure(counted, nobody));
  assert.deepEqual(commands, ['park', 'close']);
  await settle(clock, secure(counted, nobody));
  assert.deepEqual(commands, ['park', 'close', 'close'], 'the roof is closed again whatever is believed of it');
});

test('a roof that is none of this program is neither opened nor closed, nor asked for', async () => {
  const { clock, dome, parts } = await observing('none');
  const commands: string[] = [];
  const counted = { ...parts, dome: withCount(withCount(dome, 'open', commands), 'close', commands) };
  await settle(clock, dome.close(command));
  await settle(clock, ensureOpen(counted, signal));
  await settle(clock, requireOpen(counted, signal));
  assert.equal(await settle(clock, shutterNow(counted)), 'closed');
  assert.deepEqual(commands, []);
});

test('without an interlock a mount that does not park keeps no roof open', async () => {
  for (const policy of ['independent', 'none'] as const) {
    const { clock, mount, parts } = await observing(policy);
    mount.jam();
    const { parked, closed, alarms } = await settle(clock, secure(parts, nobody));
    assert.deepEqual([parked, closed, alarms.length], [false, true, 1], policy);
    assert.match(alarms[0]!, /did not confirm/);
  }
});

test('who wants to open waits for the sequence before, and is asked again then', async () => {
  const { clock, parts } = await observing('interlocked');
  let safe = true;
  const state = () => ({ safe, reasons: safe ? [] : ['rain'], sinceMs: 0, attended: false });
  const control = new RoofControl(parts, { state, onChange: () => () => undefined });
  const securing = control.secure(nobody);
  const abort = new AbortController();
  const [given, refused] = [control.ensureOpen(abort.signal), control.ensureOpen(signal)];
  const ends = Promise.allSettled([given, refused]);
  safe = false;
  abort.abort(new Error('the visit is over'));
  await settle(clock, securing);
  const [first, second] = await settle(clock, ends);
  assert.match(String((first as PromiseRejectedResult).reason), /the visit is over/);
  assert.match(String((second as PromiseRejectedResult).reason), /not safe: rain/);
  assert.equal(await settle(clock, control.isClosed()), true);
});

test('a release that fails is told where the sequence is, and ends nothing else', async () => {
  const { clock, parts } = await observing('interlocked');
  const control = new RoofControl(parts, {
    state: () => ({ safe: true, reasons: [], sinceMs: 0, attended: false }),
    onChange: () => () => undefined,
  });
  const busy = control.secure(() => new Promise((resolve) => setTimeout(resolve, 20)));
  const failing = control.secure(() => Promise.reject(new Error('it does not let go')));
  await assert.rejects(settle(clock, failing), /does not let go/);
  await settle(clock, busy);
});

/** A device whose commands of one name are noted. */
function withCount<Device extends object>(device: Device, name: keyof Device & string, commands: string[]): Device {
  return new Proxy(device, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      const bound = value.bind(target) as (...given: unknown[]) => unknown;
      if (key !== name) return bound;
      return (...given: unknown[]) => {
        commands.push(name);
        return bound(...given);
      };
    },
  });
}
