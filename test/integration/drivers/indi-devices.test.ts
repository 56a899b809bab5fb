import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../base/clock.ts';
import type { Command, Device, Devices } from '../../../drivers/contract.ts';
import { openIndi } from '../../../drivers/indi/observatory.ts';
import { headerNumber } from '../../../drivers/indi/wire/fits-header.ts';
import { separationDeg } from '../../../sky/sphere.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/hub.ts';
import { type RunningIndiServer, startIndiServer } from '../../support/indi.ts';
import { withPrograms } from '../../support/outside.ts';

const drivers = ['telescope', 'ccd', 'wheel', 'focus', 'dome', 'weather', 'rotator', 'lightpanel'].map(
  (name) => `indi_simulator_${name}`,
);
const names = {
  mount: 'Telescope Simulator',
  camera: 'CCD Simulator',
  filterWheel: 'Filter Simulator',
  focuser: 'Focuser Simulator',
  dome: 'Dome Simulator',
  weather: 'Weather Simulator',
  rotator: 'Rotator Simulator',
  flatPanel: 'Light Panel Simulator',
};
/** The simulated mount parks six hours before the meridian of Greenwich, at the equator: here that is south and high. */
const site = { latitudeDeg: 50, longitudeDeg: 90, heightM: 100 };
const { signal } = new AbortController();
const within = (deadlineMs: number): Command => ({ signal, deadlineMs });

async function untilPresent(device: Device): Promise<void> {
  await until(() => device.present, `${device.name} is there`);
}

describe('devices of the real INDI simulators', withPrograms('indiserver'), () => {
  let running: RunningIndiServer;
  let devices: Required<Pick<Devices, keyof typeof names>> & Devices;

  before(async () => {
    running = await startIndiServer(drivers, await freePort());
    devices = (await openIndi(
      { host: '127.0.0.1', port: running.port, devices: names, filters: [] },
      site,
      systemClock,
    )) as typeof devices;
    await Promise.all(Object.keys(names).map((capability) => untilPresent(devices[capability as keyof typeof names])));
  });
  after(async () => {
    await devices?.close(); // not there where the set-up failed
    await running.kill();
  });

  it('is a mount that points where it is sent, stands still, parks and refuses to slew while parked', async () => {
    const { mount } = devices;
    // Parked first, since it wakes up anywhere.
    await mount.park(within(60_000));
    const parked = (await mount.read()).value;
    await mount.unpark(within(30_000));
    const target = { raDeg: parked.raDeg, decDeg: 5 };
    await mount.slewTo(target, within(60_000));
    const { value } = await mount.read();
    assert.equal(value.motion, 'tracking');
    // The simulator aims at where the target stood when it was told, and the sky turns while it slews.
    assert.ok(separationDeg(value, target) < 0.05, JSON.stringify(value));
    // So far away that it ends its first slew beside the target, by what the sky has turned meanwhile.
    const far = { raDeg: (parked.raDeg + 60) % 360, decDeg: 5 };
    await mount.slewTo(far, within(120_000));
    assert.ok(separationDeg((await mount.read()).value, far) < 0.05);
    await mount.stop(within(10_000));
    assert.equal((await mount.read()).value.motion, 'still');
    await mount.park(within(60_000));
    await mount.park(within(60_000));
    assert.equal((await mount.read()).value.motion, 'parked');
    await assert.rejects(mount.slewTo(target, within(1000)), { code: 'DEVICE_REFUSED' });
    await assert.rejects(mount.setTracking(true, within(1000)), { code: 'DEVICE_REFUSED' });
  });

  it('is a camera that gives the frame that was ordered, and none of one that was given up', async () => {
    const { camera } = devices;
    const stop = new AbortController();
    const given = assert.rejects(
      camera.expose({ kind: 'light', exposureS: 3, binning: 1 }, { signal: stop.signal, deadlineMs: 20_000 }),
      /enough/,
    );
    await sleep(700);
    assert.equal((await camera.read()).value.activity, 'exposing');
    await assert.rejects(camera.expose({ kind: 'light', exposureS: 1, binning: 1 }, within(5000)), {
      code: 'DEVICE_BUSY',
    });
    stop.abort(new Error('enough'));
    await given;
    const frame = await camera.expose({ kind: 'light', exposureS: 0.5, binning: 2 }, within(20_000));
    assert.equal(frame.form, 'fits');
    const bytes = frame.form === 'fits' ? frame.bytes : Buffer.alloc(0);
    assert.deepEqual(
      ['EXPTIME', 'NAXIS1', 'XBINNING'].map((keyword) => headerNumber(bytes, keyword)),
      [0.5, 640, 2],
    );
    assert.equal(frame.facts.binning, 2);
    await assert.rejects(camera.expose({ kind: 'light', exposureS: 1e9, binning: 1 }, within(1000)), {
      code: 'DEVICE_REFUSED',
    });
  });

  it('is a cooler that is set, and turned off', async () => {
    const { camera } = devices;
    await camera.cool(-5, within(10_000));
    assert.equal((await camera.read()).value.cooler?.on, true);
    await camera.warm(within(10_000));
    assert.equal((await camera.read()).value.cooler?.on, false);
  });

  it('is a wheel that turns to a filter by its name', async () => {
    const { filterWheel } = devices;
    assert.ok(filterWheel.filters.length >= 5, filterWheel.filters.join());
    const wanted = filterWheel.filters[2]!;
    await filterWheel.select(wanted, within(20_000));
    assert.equal((await filterWheel.read()).value, wanted);
    await assert.rejects(filterWheel.select('none such', within(1000)), { code: 'DEVICE_REFUSED' });
  });

  it('is a focuser that stands where it was sent, within its range', async () => {
    const { focuser } = devices;
    await focuser.moveTo(36_700, within(30_000));
    assert.equal((await focuser.read()).value.position, 36_700);
    await assert.rejects(focuser.moveTo(focuser.range!.max + 1, within(1000)), { code: 'DEVICE_REFUSED' });
  });

  it('is a dome whose shutter opens and closes by its own property', async () => {
    const { dome } = devices;
    await dome.open(within(30_000));
    assert.equal((await dome.read()).value.shutter, 'open');
    await dome.close(within(30_000));
    await dome.close(within(30_000));
    assert.equal((await dome.read()).value.shutter, 'closed');
  });

  it('is a weather station in our units', async () => {
    const { value, atMs } = await devices.weather.read();
    assert.ok(Math.abs(Date.now() - atMs) < 60_000);
    assert.equal(typeof value.temperatureC, 'number');
    assert.equal(typeof value.windMPerS, 'number');
    assert.equal(value.rain, false);
    assert.equal(value.safe, true);
  });

  it('is a rotator that turns, and a panel that shines', async () => {
    const { rotator, flatPanel } = devices;
    await rotator.rotateTo(25, within(30_000));
    assert.ok(Math.abs((await rotator.read()).value.angleDeg - 25) < 0.5);
    await flatPanel.illuminate(0.5, within(10_000));
    assert.ok(Math.abs((await flatPanel.read()).value.brightness - 0.5) < 0.02);
    await flatPanel.illuminate(0, within(10_000));
    assert.equal((await flatPanel.read()).value.brightness, 0);
  });

  it('are lost with their server, and back with it, blobs and all', async () => {
    const { camera, mount } = devices;
    const { port } = running;
    const exposing = assert.rejects(camera.expose({ kind: 'light', exposureS: 5, binning: 1 }, within(20_000)), {
      code: 'DEVICE_SILENT',
    });
    await sleep(1000);
    await running.kill();
    await exposing;
    await assert.rejects(mount.read(), { code: 'DEVICE_SILENT' });
    running = await startIndiServer(drivers, port);
    await Promise.all([untilPresent(camera), untilPresent(mount)]);
    const frame = await camera.expose({ kind: 'light', exposureS: 0.2, binning: 1 }, within(20_000));
    assert.equal(frame.form, 'fits');
  });
});
