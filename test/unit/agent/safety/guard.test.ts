import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Guard } from '../../../../agent/safety/guard.ts';
import { RoofControl } from '../../../../agent/safety/roof-control.ts';
import type { SafetyState } from '../../../../agent/safety/state.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { simulatedObservatory } from '../../../../drivers/simulator/observatory.ts';
import { nightMs, place, Site } from '../../../support/robotic-site.ts';
import { settle } from '../../../support/settle.ts';

const command = { signal: new AbortController().signal, deadlineMs: 120_000 };
const simulator = {
  seed: 1,
  widthPx: 64,
  heightPx: 64,
  scaleArcsecPerPx: 2,
  fwhmPx: 3,
  starsPerFrame: 5,
  slewSeconds: 10,
  timeFactor: 1,
  filters: [],
};

/** A guard over an open observatory, told what to think of the weather. */
async function guarded(release: () => Promise<void> = async () => {}) {
  const clock = new ManualClock(nightMs);
  const { mount, dome } = simulatedObservatory(simulator, place, clock);
  await settle(clock, dome.open(command));
  await mount.unpark(command);
  let now: SafetyState = { safe: true, reasons: [], sinceMs: 0, attended: false };
  let listener: (state: SafetyState) => void = () => {};
  const safety = {
    state: () => now,
    onChange: (listen: typeof listener) => {
      listener = listen;
      return () => {};
    },
  };
  const alarms: string[] = [];
  const attended = () => now.attended;
  const parts = { policy: 'interlocked' as const, mounts: [mount], dome, clock, attended, deadlineMs: 60_000 };
  const guard = new Guard({
    safety,
    roof: new RoofControl(parts, safety),
    clock,
    release,
    alarm: (message) => alarms.push(message),
  });
  guard.start();
  const turn = async (changes: Partial<SafetyState>) => {
    now = { ...now, ...changes };
    listener(now);
    await settle(clock, guard.idle());
    return [(await mount.read()).value.motion, (await dome.read()).value.shutter];
  };
  return { clock, mount, dome, alarms, turn };
}

test('each spell of unsafety is answered once', async () => {
  const { clock, dome, mount, turn, alarms } = await guarded();
  assert.deepEqual(await turn({ safe: false, reasons: ['rain'] }), ['parked', 'closed']);
  await settle(clock, dome.open(command));
  assert.deepEqual(await turn({ reasons: ['rain', 'wind'] }), ['parked', 'open'], 'a person opened it meanwhile');
  await turn({ safe: true, reasons: [] });
  await mount.unpark(command);
  assert.deepEqual(await turn({ safe: false, reasons: ['rain'] }), ['parked', 'closed']);
  assert.deepEqual(alarms, []);
});

test('under the local lock it calls for help once, and acts when the person has gone', async () => {
  const { turn, alarms } = await guarded();
  await turn({ attended: true });
  assert.deepEqual(await turn({ safe: false, reasons: ['rain'] }), ['still', 'open']);
  await turn({ reasons: ['rain', 'wind'] });
  assert.equal(alarms.length, 1);
  assert.match(alarms[0]!, /act by hand/);
  assert.deepEqual(await turn({ attended: false }), ['parked', 'closed']);
});

test('a visit that does not let go is not waited for for ever', async () => {
  const { turn, alarms } = await guarded(() => new Promise(() => {}));
  assert.deepEqual(await turn({ safe: false, reasons: ['rain'] }), ['parked', 'closed']);
  assert.match(alarms.join(), /did not let go/);
  const failing = await guarded(() => Promise.reject(new Error('broken')));
  assert.deepEqual(await failing.turn({ safe: false, reasons: ['rain'] }), ['parked', 'closed']);
  assert.match(failing.alarms.join(), /broken/);
});

test('found open and unsafe at start, the observatory is closed; nothing moves before the sensors were asked', async () => {
  const site = new Site();
  await settle(site.clock, site.observatory.dome.open(command));
  await site.observatory.mount.unpark(command);
  site.observatory.weather.fallSilent();
  const { safety, guard, stop } = site.start();
  safety.state();
  assert.deepEqual([await site.mountMotion(), await site.shutter()], ['still', 'open']);
  await setImmediate();
  await site.clock.advance(6_000);
  await settle(site.clock, guard.idle());
  assert.deepEqual([await site.mountMotion(), await site.shutter()], ['parked', 'closed']);
  await stop();
});

test('at sunrise the observatory closes by itself', async () => {
  // Sunrise at 50 N 19.8 E on 23 November is at 6:11 UTC.
  const site = new Site(Date.UTC(2026, 10, 23, 5, 45));
  await settle(site.clock, site.observatory.dome.open(command));
  await site.observatory.mount.unpark(command);
  const { safety, guard, stop } = site.start();
  await setImmediate();
  await site.clock.advance(10 * 60_000);
  assert.equal(safety.state().safe, true);
  assert.equal(await site.shutter(), 'open');
  await site.clock.advance(30 * 60_000);
  await settle(site.clock, guard.idle());
  assert.deepEqual(safety.state().reasons, ['daylight: the Sun is up']);
  assert.deepEqual([await site.mountMotion(), await site.shutter()], ['parked', 'closed']);
  await stop();
});
