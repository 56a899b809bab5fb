import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, systemClock } from '../../../../base/clock.ts';
import { type DriverEntry, Drivers } from '../../../../drivers/load.ts';
import { simulatedObservatory } from '../../../../drivers/simulator/observatory.ts';
import { buildCamera } from '../../../../drivers/simulator/sky/camera.ts';
import { constant } from '../../../../drivers/simulator/sky/light-curve.ts';
import { skyToPixel } from '../../../../drivers/simulator/sky/projection.ts';
import { projectionOf } from '../../../../drivers/simulator/sky/render.ts';
import { makeWorld, type SimulatorOptions } from '../../../../drivers/simulator/world.ts';

import { settle } from '../../../support/settle.ts';

const place = { latitudeDeg: 50, longitudeDeg: 19.8, heightM: 300 };
const startMs = Date.UTC(2026, 10, 22, 22);
const high = { raDeg: 31, decDeg: 46.8 };
const options: SimulatorOptions = {
  seed: 1,
  widthPx: 128,
  heightPx: 128,
  scaleArcsecPerPx: 2,
  fwhmPx: 3,
  starsPerFrame: 20,
  slewSeconds: 10,
  timeFactor: 1,
  filters: ['B', 'V', 'clear'],
};
const command = (deadlineMs = 60_000, signal = new AbortController().signal) => ({ deadlineMs, signal });

function withManualClock() {
  const clock = new ManualClock(startMs);
  return { clock, observatory: simulatedObservatory(options, place, clock) };
}

test('the mount slews in its time and tracks what it was pointed at', async () => {
  const { clock, observatory } = withManualClock();
  await observatory.mount.unpark(command());
  await settle(clock, observatory.mount.slewTo(high, command()));
  const { raDeg, decDeg, motion } = (await observatory.mount.read()).value;
  assert.deepEqual({ raDeg, decDeg, motion }, { ...high, motion: 'tracking' });
  assert.ok(clock.nowMs() - startMs >= 10_000);
  const at = observatory.mount.truePosition();
  assert.ok(at.decDeg !== high.decDeg && Math.abs(at.decDeg - high.decDeg) < 0.03, 'a little beside');
});

test('the mount refuses the ground, and motion while parked', async () => {
  const { observatory } = withManualClock();
  await assert.rejects(observatory.mount.slewTo(high, command()), { code: 'DEVICE_REFUSED', message: /parked/ });
  await observatory.mount.unpark(command());
  const south = { raDeg: 31, decDeg: -60 };
  await assert.rejects(observatory.mount.slewTo(south, command()), {
    code: 'DEVICE_REFUSED',
    message: /below its limit/,
  });
});

test('an aborted slew stands still', async () => {
  const { clock, observatory } = withManualClock();
  await observatory.mount.unpark(command());
  const abort = new AbortController();
  const slew = observatory.mount.slewTo(high, command(60_000, abort.signal));
  await clock.advance(3000);
  assert.equal((await observatory.mount.read()).value.motion, 'slewing');
  abort.abort(new Error('rain'));
  await assert.rejects(slew, /rain/);
  assert.equal((await observatory.mount.read()).value.motion, 'still');
});

test('a jammed mount is never confirmed', async () => {
  const { clock, observatory } = withManualClock();
  await observatory.mount.unpark(command());
  observatory.mount.jam();
  await assert.rejects(settle(clock, observatory.mount.park(command())), { code: 'DEVICE_NOT_CONFIRMED' });
});

test('the wheel turns, and refuses a filter that it does not hold', async () => {
  const { clock, observatory } = withManualClock();
  const turning = observatory.filterWheel.select('clear', command());
  assert.equal((await observatory.filterWheel.read()).value, undefined);
  await settle(clock, turning);
  assert.equal((await observatory.filterWheel.read()).value, 'clear');
  await assert.rejects(observatory.filterWheel.select('Z', command()), {
    code: 'DEVICE_REFUSED',
    message: /B, V, clear/,
  });
});

test('a roof that does not arrive is in an unknown state', async () => {
  const { clock, observatory } = withManualClock();
  await settle(clock, observatory.dome.open(command()));
  assert.equal((await observatory.dome.read()).value.shutter, 'open');
  observatory.dome.jam();
  await assert.rejects(settle(clock, observatory.dome.close(command())), { code: 'DEVICE_NOT_CONFIRMED' });
  assert.equal((await observatory.dome.read()).value.shutter, 'unknown');
});

test('the weather station can turn bad, freeze and fall silent', async () => {
  const { clock, observatory } = withManualClock();
  observatory.weather.turn({ rain: true });
  assert.equal((await observatory.weather.read()).value.rain, true);
  observatory.weather.freeze();
  await clock.advance(300_000);
  assert.equal((await observatory.weather.read()).atMs, startMs);
  observatory.weather.fallSilent();
  await assert.rejects(observatory.weather.read(), { code: 'DEVICE_SILENT' });
});

test('the camera sees the sky where the mount points, and nothing through a closed roof', async () => {
  const target = { name: 'Target', ...high, gMag: 13, bpRp: 1, lightCurve: constant };
  const fast = { ...options, timeFactor: 1000, specialStars: [target] };
  // The real clock, because the frame is rendered on a thread that knows no other; at noon or midnight, 46.8 deg north
  // of a site at latitude 80 never sets.
  const observatory = simulatedObservatory(fast, { ...place, latitudeDeg: 80 }, systemClock);
  try {
    await observatory.mount.unpark(command());
    await observatory.mount.slewTo(high, command());
    const order = { kind: 'light', exposureS: 60, binning: 1 } as const;
    const dark = await observatory.camera.expose(order, command());
    assert.equal(dark.truth.length, 0);
    await observatory.dome.open(command());
    const frame = await observatory.camera.expose(order, command());
    const seen = frame.truth.find((star) => star.id === 'Target');
    const ideal = skyToPixel(
      projectionOf(buildCamera(makeWorld(fast, place, systemClock).camera), high.raDeg, high.decDeg),
    );
    const { x, y } = ideal(high.raDeg, high.decDeg);
    assert.ok(seen && Math.hypot(seen.x - x, seen.y - y) < 45, 'six times the pointing error of 15 arcsec');
    const peak = frame.adu[Math.round(seen.y) * frame.width + Math.round(seen.x)]!;
    const { gainEPerAdu, saturationAdu } = frame.facts;
    assert.ok(Math.abs(peak - 1000 - (seen.peakE + 360) / gainEPerAdu!) < 0.05 * peak, `${peak}`);
    assert.ok(saturationAdu! > 60_000);
    assert.deepEqual(observatory.camera.lastTruth(), frame.truth);
  } finally {
    await observatory.close();
  }
});

test('one camera takes one exposure at a time, and an abort frees it', async () => {
  const { observatory } = withManualClock();
  const abort = new AbortController();
  const order = { kind: 'light', exposureS: 60, binning: 1 } as const;
  const first = observatory.camera.expose(order, command(1000, abort.signal));
  await assert.rejects(observatory.camera.expose(order, command()), { code: 'DEVICE_BUSY' });
  abort.abort(new Error('clouds'));
  await assert.rejects(first, /clouds/);
  assert.equal((await observatory.camera.read()).value.activity, 'idle');
});

test('a driver is loaded by its name, and a wrong name is told the right ones', async () => {
  const drivers = new Drivers(place, systemClock);
  const entry = { kind: 'simulator', observatory: 'one', ...options } as const;
  const devices = await drivers.open([{ ...entry, provides: ['mount', 'camera'] }]);
  assert.ok(devices.mount && devices.camera && devices.weather === undefined, 'what was asked for, and nothing else');
  await devices.close();
  const wrong = { ...entry, kind: 'indy', provides: [] } as unknown as DriverEntry;
  await assert.rejects(drivers.open([wrong]), { code: 'DRIVER_UNKNOWN', message: /simulator/ });
});
