import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SiteSafety } from '../../../../agent/safety/site-safety.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { safetySchema } from '../../../../config/sections/safety.ts';
import type { SiteDevices } from '../../../../drivers/contract.ts';
import { simulatedObservatory } from '../../../../drivers/simulator/observatory.ts';
import { settle } from '../../../support/settle.ts';
import { nightMs, place, simulatorOptions } from '../../../support/simulated-site.ts';

const afterMs = 30_000;

/** A site by night with these of its devices, watched for half a minute after they turned so. */
async function watched(
  devices: (observatory: ReturnType<typeof simulatedObservatory>) => SiteDevices,
  options: { startMs?: number; clockWrongMs?: number; config?: object } = {},
) {
  const { startMs = nightMs, clockWrongMs, config } = options;
  const clock = new ManualClock(startMs);
  const observatory = simulatedObservatory(simulatorOptions, place, clock);
  const site = new SiteSafety({
    config: safetySchema.parse({ reopenAfterS: 0, ...config }),
    devices: devices(observatory),
    ...{ site: place, clock, attended: () => false, clockDifferenceMs: () => clockWrongMs },
    alarm: () => undefined,
  });
  site.start((error) => assert.fail(String(error)));
  await clock.advance(afterMs);
  const { safe, reasons } = site.state();
  await site.stop();
  return { safe, reasons: reasons.join(), after: site.state() };
}

test('each device that knows of danger has its say, alone or beside others that see none', async () => {
  const both = await watched(({ weather, safetyMonitor, power }) => ({ weather, safetyMonitor, power }));
  assert.deepEqual([both.safe, both.reasons], [true, '']);
  const rain = await watched(({ weather, safetyMonitor }) => {
    weather.turn({ rain: true });
    return { weather, safetyMonitor };
  });
  assert.match(rain.reasons, /it rains/);
  const monitor = await watched(({ weather, safetyMonitor }) => {
    safetyMonitor.turn(false);
    return { weather, safetyMonitor };
  });
  assert.match(monitor.reasons, /says unsafe/);
  const battery = await watched(({ safetyMonitor, power }) => {
    power.turn({ source: 'battery' });
    return { safetyMonitor, power };
  });
  assert.match(battery.reasons, /battery/);
});

test('a site where nobody knows the weather is never safe, whatever else is well', async () => {
  assert.match((await watched(({ power }) => ({ power }))).reasons, /no sensor tells/);
});

test('the Sun and a clock that is wrong speak at every site', async () => {
  const weather = (observatory: ReturnType<typeof simulatedObservatory>) => ({ weather: observatory.weather });
  assert.match((await watched(weather, { startMs: nightMs - 12 * 3_600_000 })).reasons, /the Sun is up/);
  assert.match((await watched(weather, { clockWrongMs: 3_600_000 })).reasons, /clock is wrong by 3600 s/);
});

test('nothing is safe any more once the program stops', async () => {
  const { safe, after } = await watched(({ weather }) => ({ weather }));
  assert.equal(safe, true);
  assert.deepEqual([after.safe, after.reasons], [false, ['the program is stopping']]);
});

test('a policy for a roof that is not there is refused, "none" is not', async () => {
  const weather = (observatory: ReturnType<typeof simulatedObservatory>) => ({ weather: observatory.weather });
  await assert.rejects(watched(weather, { config: { roof: 'interlocked' } }), { code: 'ROOF_MISSING' });
  assert.equal((await watched(weather, { config: { roof: 'none' } })).safe, true);
});

describe('what a stop does', () => {
  /** A site with a roof that stands open over a mount that tracks, stopped under this policy. */
  async function stopped(config: object, { opens = true } = {}) {
    const clock = new ManualClock(nightMs);
    const { mount, dome, weather } = simulatedObservatory(simulatorOptions, place, clock);
    const command = { signal: new AbortController().signal, deadlineMs: 120_000 };
    if (opens) await settle(clock, dome.open(command));
    const alarms: string[] = [];
    const released: string[] = [];
    const site = new SiteSafety({
      config: safetySchema.parse({ reopenAfterS: 0, ...config }),
      devices: { dome, weather },
      ...{ site: place, clock, attended: () => false, clockDifferenceMs: () => undefined },
      alarm: (message) => alarms.push(message),
    });
    site.join({ mount, release: async (reason) => void released.push(reason) });
    site.start((error) => assert.fail(String(error)));
    if (opens) await settle(clock, mount.unpark(command));
    await clock.advance(afterMs);
    await settle(clock, site.stop());
    return { alarms, released, motion: (await mount.read()).value.motion, shutter: (await dome.read()).value.shutter };
  }

  test('parks and closes where there is a roof to command, unasked', async () => {
    const { motion, shutter, alarms, released } = await stopped({ roof: 'interlocked' });
    assert.deepEqual([motion, shutter, alarms], ['parked', 'closed', []]);
    assert.ok(released.length > 0, 'the visits have let go');
  });

  test('leaves all as it is where the site says so, and calls for somebody when the roof is open', async () => {
    const { motion, shutter, alarms, released } = await stopped({ roof: 'interlocked', onStop: 'leave' });
    assert.notEqual(motion, 'parked');
    assert.equal(shutter, 'open');
    assert.deepEqual(released, ['the program is stopping']);
    assert.equal(alarms.length, 1);
    assert.match(alarms[0]!, /leaves the roof as it is .*: it is not closed\. Nobody watches it now/);
  });

  test('says nothing of a roof that is closed', async () => {
    const { shutter, alarms } = await stopped({ roof: 'interlocked', onStop: 'leave' }, { opens: false });
    assert.deepEqual([shutter, alarms], ['closed', []]);
  });

  test('commands no roof that is none of its business', async () => {
    const { shutter } = await stopped({ roof: 'none' });
    assert.equal(shutter, 'open');
  });
});
