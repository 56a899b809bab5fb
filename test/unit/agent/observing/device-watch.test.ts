import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Happening } from '../../../../agent/happenings.ts';
import { Alarms } from '../../../../agent/health/alarms.ts';
import { DeviceWatch } from '../../../../agent/observing/device-watch.ts';
import { AlarmStore } from '../../../../agent/store/alarms.ts';
import { ManualClock } from '../../../../base/clock.ts';
import type { Devices } from '../../../../drivers/contract.ts';
import { Presence } from '../../../../drivers/presence.ts';
import { databaseInMemory, silent } from '../../../support/parcels.ts';

const minuteMs = 60_000;

/** A device of which nothing matters here but whether it is there. */
class Thing {
  readonly presence: Presence;
  readonly id: string;
  readonly name: string;
  constructor(id: string, away?: string) {
    this.id = id;
    this.name = `"${id}"`;
    this.presence = new Presence(this.name, away);
  }
  get present() {
    return this.presence.present;
  }
  on: Presence['on'] = (name, listener) => this.presence.on(name, listener);
}

function setUp(t: TestContext, mount: Thing, camera = new Thing('camera')) {
  const clock = new ManualClock(0);
  const told: Happening[] = [];
  const tell = (happening: Happening) => void told.push(happening);
  const alarms = new Alarms({ store: new AlarmStore(databaseInMemory(t)), clock, log: silent, tell: () => undefined });
  const devices = { mount, camera, close: async () => undefined } as unknown as Devices;
  const watch = new DeviceWatch({ ...{ subject: 'main', devices, clock, log: silent, tell, alarms } });
  watch.start((error) => assert.fail(String(error)));
  t.after(() => watch.stop());
  return { clock, told, alarms, watch, open: () => alarms.open().map(({ code, subject }) => [code, subject]) };
}

describe('the watch over devices', () => {
  it('tells of a device that is lost and back, once each, and raises no alarm for a moment', async (t) => {
    const mount = new Thing('mount');
    const { clock, told, watch, open } = setUp(t, mount);
    mount.presence.lose('its driver died');
    await clock.advance(minuteMs);
    assert.equal(watch.away(), '"mount" is away: its driver died');
    mount.presence.comeBack();
    await clock.advance(10 * minuteMs);
    assert.deepEqual(told, [
      { kind: 'device-lost', instrument: 'main', device: '"mount"', reason: 'its driver died' },
      { kind: 'device-back', instrument: 'main', device: '"mount"' },
    ]);
    assert.deepEqual([watch.away(), open()], ['', []]);
  });

  it('raises one alarm for each device that stays away, until it is back', async (t) => {
    const [mount, camera] = [new Thing('mount'), new Thing('camera')];
    const { clock, alarms, open } = setUp(t, mount, camera);
    mount.presence.lose('its driver died');
    await clock.advance(minuteMs);
    camera.presence.lose('it was unplugged');
    await clock.advance(90_000);
    assert.deepEqual(open(), [['DEVICE_LOST', 'main: mount']]);
    assert.match(alarms.open()[0]!.text, /"mount" of main is away: its driver died\./);
    await clock.advance(10 * minuteMs);
    assert.deepEqual(open().length, 2);
    mount.presence.comeBack();
    assert.deepEqual(open(), [['DEVICE_LOST', 'main: camera']]);
  });

  it('counts a device that has not come since the start', async (t) => {
    const mount = new Thing('mount', 'the server does not know it');
    const { clock, watch, open } = setUp(t, mount);
    assert.match(watch.away(), /has not come since the program started/);
    await clock.advance(5 * minuteMs);
    assert.deepEqual(open(), [['DEVICE_LOST', 'main: mount']]);
    mount.presence.comeBack();
    assert.deepEqual(open(), []);
  });

  it('ends the alarm of an earlier run when the device is there', async (t) => {
    const mount = new Thing('mount');
    const clock = new ManualClock(0);
    const alarms = new Alarms({
      store: new AlarmStore(databaseInMemory(t)),
      clock,
      log: silent,
      tell: () => undefined,
    });
    alarms.raise({ code: 'DEVICE_LOST', subject: 'main: mount', severity: 'warning', text: 'of yesterday' });
    const devices = { mount, close: async () => undefined } as unknown as Devices;
    const watch = new DeviceWatch({
      ...{ subject: 'main', devices, clock, log: silent, tell: () => undefined, alarms },
    });
    watch.start((error) => assert.fail(String(error)));
    t.after(() => watch.stop());
    assert.deepEqual(alarms.open(), []);
  });

  it('listens no longer when it was stopped', async (t) => {
    const mount = new Thing('mount');
    const { told, watch } = setUp(t, mount);
    await watch.stop();
    mount.presence.lose('the program is stopping');
    assert.deepEqual(told, []);
  });
});
