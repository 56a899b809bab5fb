import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ensureOpen, type RoofParts, type RoofPolicy, requireOpen, secure } from '../../../agent/safety/roof.ts';
import { RoofControl } from '../../../agent/safety/roof-control.ts';
import { SiteSafety } from '../../../agent/safety/site-safety.ts';
import { ManualClock } from '../../../base/clock.ts';
import { parseConfig } from '../../../config/load.ts';
import { safetySchema } from '../../../config/sections/safety.ts';
import { simulatedObservatory } from '../../../drivers/simulator/observatory.ts';
import { Site } from '../../support/robotic-site.ts';
import { settle } from '../../support/settle.ts';
import { nightMs, place, simulatorOptions } from '../../support/simulated-site.ts';

const { signal } = new AbortController();
const command = { signal, deadlineMs: 120_000 };
const nobody = async () => {};

/** An observatory that observes under an open roof. */
async function observing(policy: RoofPolicy = 'interlocked') {
  const clock = new ManualClock(nightMs);
  const observatory = simulatedObservatory(simulatorOptions, place, clock);
  const { mount, dome, faults } = observatory;
  const parts: RoofParts = { policy, mounts: [mount], dome, clock, attended: () => false, deadlineMs: 120_000 };
  await settle(clock, dome.open(command));
  await mount.unpark(command);
  await settle(clock, mount.slewTo({ raDeg: 31, decDeg: 46.8 }, command));
  return { clock, observatory, mount, dome, faults, parts };
}

test('a close that failed is commanded again while it rains, until the switch confirms it', async () => {
  const site = new Site();
  const { guard, stop } = site.start();
  await settle(site.clock, site.observatory.dome.open(command));
  site.observatory.faults.set('dome.close', { kind: 'fails' }, 2);
  await site.clock.advance(10_000);
  site.observatory.weather.turn({ rain: true });
  await setImmediate();
  await site.clock.advance(60_000);
  assert.equal(await site.shutter(), 'open');
  await site.clock.advance(10 * 60_000);
  await settle(site.clock, guard.idle());
  assert.equal(await site.shutter(), 'closed');
  assert.equal(site.observatory.faults.calls('dome.close'), 3);
  assert.equal(site.alarms.length, 1, 'one alarm for one trouble');
  await site.clock.advance(60 * 60_000);
  assert.equal(site.observatory.faults.calls('dome.close'), 3, 'confirmed: no more');
  await stop();
});

test('the roof is commanded to close though its driver believes it closed', async () => {
  const { clock, faults, parts } = await observing('independent');
  faults.set('dome.read', { kind: 'tells', value: { shutter: 'closed', rotation: undefined } });
  await settle(clock, secure(parts, nobody));
  assert.equal(faults.calls('dome.close'), 1);
});

test('a mount that says Ok to parking and does not park keeps an interlocked roof where it is', async () => {
  const { clock, dome, faults, parts } = await observing();
  faults.set('mount.park', { kind: 'lies' });
  const { parked, closed } = await settle(clock, secure(parts, nobody));
  assert.deepEqual([parked, closed], [false, false]);
  assert.equal(faults.calls('dome.close'), 0);
  assert.equal((await dome.read()).value.shutter, 'open');
});

test('an old word of the mount does not confirm that it is parked', async () => {
  const { clock, mount, faults, parts } = await observing();
  await settle(clock, mount.park(command));
  faults.set('mount.read', { kind: 'frozen' });
  await mount.read();
  await clock.advance(60_000);
  mount.byHand('tracking');
  const { parked, closed, alarms } = await settle(clock, secure(parts, nobody));
  assert.deepEqual([parked, closed], [false, false]);
  assert.match(alarms.join(), /last word is \d+ s old/);
  assert.equal(faults.calls('dome.close'), 0);
});

for (const shutter of ['unknown', 'opening', 'closing', 'closed'] as const) {
  test(`no mount moves under an interlocked roof that is ${shutter}`, async () => {
    const { clock, dome, faults, parts } = await observing();
    dome.byHand(shutter);
    const before = faults.calls('mount.park');
    const { parked, closed } = await settle(clock, secure(parts, nobody));
    assert.deepEqual([parked, closed], [false, false]);
    assert.equal(faults.calls('mount.park'), before);
    await assert.rejects(settle(clock, requireOpen(parts, signal)), { code: 'ROOF_NOT_OPEN' });
    await assert.rejects(settle(clock, ensureOpen(parts, signal)), { code: 'UNPARKED_UNDER_ROOF' });
  });
}

test('one roof stands over all mounts: it closes when the last is parked', async () => {
  const { clock, dome, parts, mount } = await observing();
  const other = simulatedObservatory({ ...simulatorOptions, slewSeconds: 60 }, place, clock);
  await other.mount.unpark(command);
  await settle(clock, other.mount.slewTo({ raDeg: 31, decDeg: 46.8 }, command));
  const closing = secure({ ...parts, mounts: [mount, other.mount] }, nobody);
  await setImmediate();
  await clock.advance(30_000);
  assert.deepEqual(
    [(await mount.read()).value.motion, (await other.mount.read()).value.motion, (await dome.read()).value.shutter],
    ['parked', 'slewing', 'open'],
  );
  assert.deepEqual(await settle(clock, closing), { parked: true, closed: true, alarms: [] });
});

test('opening and securing never move the roof at the same time', async () => {
  const { clock, mount, dome, parts } = await observing();
  await settle(clock, mount.park(command));
  await settle(clock, dome.close(command));
  let moving = 0;
  let most = 0;
  const counted = (move: typeof dome.open) => async (given: typeof command) => {
    most = Math.max(most, ++moving);
    await move.call(dome, given).finally(() => moving--);
  };
  const watched = { ...parts, dome: { ...(dome as object), read: () => dome.read() } as typeof dome };
  Object.assign(watched.dome, { open: counted(dome.open), close: counted(dome.close), name: dome.name });
  const fine = { safe: true, reasons: [], sinceMs: 0, attended: false };
  const control = new RoofControl(watched, { state: () => fine, onChange: () => () => undefined });
  const abort = new AbortController();
  const opening = control.ensureOpen(abort.signal);
  opening.catch(() => undefined); // looked at below
  await setImmediate();
  await clock.advance(5_000);
  const securing = control.secure(async () => abort.abort(new Error('rain')));
  const again = control.ensureOpen(signal);
  await assert.rejects(settle(clock, opening), /rain/);
  assert.equal((await settle(clock, securing)).closed, true);
  await settle(clock, again);
  assert.equal(most, 1);
  assert.equal((await dome.read()).value.shutter, 'open');
});

/** A site whose program is stopped while it observes. */
async function stopped(config: Record<string, unknown>) {
  const { clock, observatory, mount, dome } = await observing();
  const alarms: string[] = [];
  const released: string[] = [];
  const site = new SiteSafety({
    config: safetySchema.parse(config),
    ...{ site: place, clock, attended: () => false, clockDifferenceMs: () => undefined },
    devices: { dome, weather: observatory.weather },
    alarm: (text) => alarms.push(text),
  });
  site.join({ mount, release: async (reason) => void released.push(reason) });
  site.start((error) => assert.fail(String(error)));
  await settle(clock, site.stop());
  return { alarms, released, motion: (await mount.read()).value.motion, shutter: (await dome.read()).value.shutter };
}

test('a stop of the program parks and closes where there is a roof', async () => {
  const { alarms, released, ...end } = await stopped({ roof: 'interlocked' });
  assert.deepEqual(end, { motion: 'parked', shutter: 'closed' });
  assert.equal(released.length, 1);
  assert.deepEqual(alarms, []);
});

test('a stop that leaves the roof open says that nobody watches it now', async () => {
  const { alarms, released, ...end } = await stopped({ roof: 'interlocked', onStop: 'leave' });
  assert.deepEqual(end, { motion: 'tracking', shutter: 'open' });
  assert.equal(released.length, 1, 'the visit under way has ended');
  assert.match(alarms.join(), /nobody watches/i);
});

test('a roof without a policy is refused, and the values are named', async () => {
  await assert.rejects(stopped({}), { code: 'ROOF_POLICY_MISSING', message: /interlocked.*independent.*none/ });
  const text = (safety: string) =>
    `site: { name: a, latitudeDeg: 1, longitudeDeg: 1 }\ninstruments: [{ folders: [f] }]\ndevices: [{ kind: simulator }]\n${safety}`;
  assert.throws(() => parseConfig(text(''), 'c', '/'), /safety\.roof.*interlocked/);
  assert.equal(parseConfig(text('safety: { roof: none }'), 'c', '/').safety.roof, 'none');
});
