import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Capability, Command, Device, Devices, Reading } from '../../drivers/contract.ts';
import type { SkyPosition } from '../../sky/sphere.ts';

/** A driver under test and the time it lives in. */
export interface Subject {
  readonly devices: Devices;
  readonly nowMs: () => number;
  /** Lets time pass until the work is settled, and gives what it gives. */
  settle<Value>(work: Promise<Value>): Promise<Value>;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
  /** A position well above the horizon, and one that never rises. */
  readonly high: SkyPosition;
  readonly never: SkyPosition;
  /** Takes a device away and brings it back, where the test can. */
  readonly lose?: (capability: Capability) => Promise<void>;
  readonly bringBack?: (capability: Capability) => Promise<void>;
}

/** A reading is no older than this when the device is well. */
const freshMs = 30_000;
const deadlineMs = 120_000;

/**
 * What every driver must do, whatever its protocol: the rules atop `drivers/contract.ts`. `open` gives devices that are
 * present, with the mount parked and the roof closed; `has` names the capabilities that are tried.
 */
export function deviceConformance(driver: string, has: readonly Capability[], open: () => Promise<Subject>): void {
  const tried = (capability: Capability, name: string, work: (subject: Subject) => Promise<void>) => {
    if (!has.includes(capability)) return;
    it(`${capability}: ${name}`, async () => {
      const subject = await open();
      try {
        await work(subject);
      } finally {
        await subject.devices.close();
      }
    });
  };
  describe(`${driver} keeps the contract of`, () => {
    for (const capability of has) everyDevice(capability, tried);
    mount(tried);
    camera(tried);
    optics(tried);
    guider(tried);
    site(tried);
  });
}

type Tried = (capability: Capability, name: string, work: (subject: Subject) => Promise<void>) => void;
type AnyDevice = Device & { read(): Promise<Reading<unknown>> };

function command(signal = new AbortController().signal, ms = deadlineMs): Command {
  return { signal, deadlineMs: ms };
}

function everyDevice(capability: Capability, tried: Tried): void {
  const of = ({ devices }: Subject) => devices[capability] as unknown as AnyDevice;
  tried(capability, 'has a name, and is there', async (subject) => {
    const { id, name, present } = of(subject);
    assert.ok(id.length > 0 && name.length > 0);
    assert.equal(present, true);
  });
  tried(capability, 'tells a value that was true a moment ago', async (subject) => {
    const { atMs } = await subject.settle(of(subject).read());
    const ageMs = subject.nowMs() - atMs;
    assert.ok(ageMs >= -1000 && ageMs < freshMs, `${ageMs} ms old`);
  });
  tried(capability, 'stays fresh while nothing changes', async (subject) => {
    await subject.settle(of(subject).read());
    await subject.pass(2 * freshMs);
    const { atMs } = await subject.settle(of(subject).read());
    assert.ok(subject.nowMs() - atMs < freshMs);
  });
  tried(capability, 'when lost says so once, answers nothing from memory, and comes back', async (subject) => {
    if (!subject.lose || !subject.bringBack) return;
    const device = of(subject);
    await subject.settle(device.read());
    const told: string[] = [];
    const forget = device.on('lost', (reason) => told.push(`lost: ${reason}`));
    device.on('back', () => told.push('back'));
    await subject.lose(capability);
    assert.equal(device.present, false);
    await assert.rejects(subject.settle(device.read()), { code: 'DEVICE_SILENT', reaction: 'retry' });
    assert.match(told.join(), /^lost: .+/);
    await subject.bringBack(capability);
    assert.equal(device.present, true);
    assert.deepEqual(told.slice(1), ['back']);
    await subject.settle(device.read());
    forget();
    await subject.lose(capability);
    assert.equal(told.length, 2, 'who has gone hears nothing more');
  });
}

function aborted(): AbortSignal {
  return AbortSignal.abort(new Error('rain'));
}

function mount(tried: Tried): void {
  const of = ({ devices }: Subject) => devices.mount!;
  const motion = async (subject: Subject) => (await subject.settle(of(subject).read())).value.motion;
  const tracking = async (subject: Subject) => {
    await subject.settle(of(subject).unpark(command()));
    await subject.settle(of(subject).slewTo(subject.high, command()));
  };
  tried('mount', 'points, tracks and says where', async (subject) => {
    await tracking(subject);
    const { value } = await subject.settle(of(subject).read());
    assert.equal(value.motion, 'tracking');
    assert.ok(Math.abs(value.decDeg - subject.high.decDeg) < 0.1, `${value.decDeg}`);
    assert.ok(['east', 'west', 'unknown'].includes(value.pierSide));
  });
  tried('mount', 'does not move while parked, nor below its limits', async (subject) => {
    await assert.rejects(subject.settle(of(subject).slewTo(subject.high, command())), { code: 'DEVICE_REFUSED' });
    await subject.settle(of(subject).unpark(command()));
    await assert.rejects(subject.settle(of(subject).slewTo(subject.never, command())), { code: 'DEVICE_REFUSED' });
    assert.notEqual(await motion(subject), 'slewing');
  });
  tried('mount', 'begins nothing for a signal that was aborted before', async (subject) => {
    await subject.settle(of(subject).unpark(command()));
    await assert.rejects(subject.settle(of(subject).slewTo(subject.high, command(aborted()))), /rain/);
    assert.notEqual(await motion(subject), 'slewing');
  });
  tried('mount', 'stops a slew that is aborted', async (subject) => {
    await subject.settle(of(subject).unpark(command()));
    const abort = new AbortController();
    const slew = of(subject).slewTo(subject.high, command(abort.signal));
    slew.catch(() => undefined); // looked at below
    await subject.pass(1000);
    abort.abort(new Error('rain'));
    await assert.rejects(subject.settle(slew), /rain/);
    assert.notEqual(await motion(subject), 'slewing');
  });
  tried('mount', 'parks, and parks again with success', async (subject) => {
    await tracking(subject);
    await subject.settle(of(subject).park(command()));
    assert.equal(await motion(subject), 'parked');
    await subject.settle(of(subject).park(command()));
    await subject.settle(of(subject).unpark(command()));
    await subject.settle(of(subject).unpark(command()));
    assert.notEqual(await motion(subject), 'parked');
  });
  tried('mount', 'stops, tracking too', async (subject) => {
    await tracking(subject);
    await subject.settle(of(subject).stop(command()));
    assert.equal(await motion(subject), 'still');
  });
  tried('mount', 'turns its drive on and off, or refuses', async (subject) => {
    await tracking(subject);
    const off = subject.settle(of(subject).setTracking(false, command()));
    if (!of(subject).abilities.canSetTracking) return assert.rejects(off, { code: 'DEVICE_REFUSED' });
    await off;
    assert.equal(await motion(subject), 'still');
    await subject.settle(of(subject).setTracking(true, command()));
    assert.equal(await motion(subject), 'tracking');
    return undefined;
  });
  tried('mount', 'moves by a small angle, or refuses', async (subject) => {
    await tracking(subject);
    const before = (await subject.settle(of(subject).read())).value;
    const moved = subject.settle(of(subject).offset({ eastArcsec: 0, northArcsec: 120 }, command()));
    if (!of(subject).abilities.canOffset) return assert.rejects(moved, { code: 'DEVICE_REFUSED' });
    await moved;
    const { value } = await subject.settle(of(subject).read());
    assert.ok(Math.abs((value.decDeg - before.decDeg) * 3600 - 120) < 10);
    return undefined;
  });
  tried('mount', 'takes a sync without moving, or refuses', async (subject) => {
    await tracking(subject);
    const there = { raDeg: subject.high.raDeg, decDeg: subject.high.decDeg + 0.05 };
    const synced = subject.settle(of(subject).sync(there, command()));
    if (!of(subject).abilities.canSync) return assert.rejects(synced, { code: 'DEVICE_REFUSED' });
    await synced;
    const { value } = await subject.settle(of(subject).read());
    assert.ok(Math.abs(value.decDeg - there.decDeg) < 0.005 && value.motion === 'tracking');
    return undefined;
  });
  tried('mount', 'flips to the side it is told, or refuses', async (subject) => {
    await tracking(subject);
    const { pierSide } = (await subject.settle(of(subject).read())).value;
    const other = pierSide === 'east' ? 'west' : 'east';
    const flipped = subject.settle(of(subject).flip(other, command()));
    if (!of(subject).abilities.canFlip) return assert.rejects(flipped, { code: 'DEVICE_REFUSED' });
    await flipped;
    const { value } = await subject.settle(of(subject).read());
    assert.deepEqual([value.pierSide, value.motion], [other, 'tracking']);
    return undefined;
  });
}

function camera(tried: Tried): void {
  const of = ({ devices }: Subject) => devices.camera!;
  const order = { kind: 'bias', exposureS: 0, binning: 1 } as const;
  const long = { kind: 'dark', exposureS: 30, binning: 1 } as const;
  tried('camera', 'tells its chip', async (subject) => {
    const { sensor, abilities } = of(subject);
    assert.ok(sensor.widthPx! > 0 && sensor.heightPx! > 0);
    assert.ok(abilities.binnings.includes(1));
  });
  tried('camera', 'gives a frame of its size, with the start of the exposure', async (subject) => {
    const askedMs = subject.nowMs();
    const frame = await subject.settle(of(subject).expose(order, command()));
    assert.ok(frame.startMs >= askedMs - 1000 && frame.startMs <= subject.nowMs() + 1000);
    assert.equal(frame.facts.binning, 1);
    if (frame.form !== 'pixels') return;
    assert.equal(frame.width, of(subject).sensor.widthPx);
    assert.equal(frame.height, of(subject).sensor.heightPx);
    assert.equal(frame.adu.length, frame.width * frame.height);
  });
  tried('camera', 'reads out a part of the chip, binned', async (subject) => {
    const { abilities } = of(subject);
    if (!abilities.canSubframe || !abilities.binnings.includes(2)) return;
    const subframe = { x: 8, y: 4, width: 32, height: 24 };
    const frame = await subject.settle(of(subject).expose({ ...order, binning: 2, subframe }, command()));
    if (frame.form === 'pixels') assert.deepEqual([frame.width, frame.height], [16, 12]);
  });
  tried('camera', 'takes one exposure at a time', async (subject) => {
    const abort = new AbortController();
    const first = of(subject).expose(long, command(abort.signal));
    first.catch(() => undefined); // looked at below
    await subject.pass(1000);
    assert.equal((await subject.settle(of(subject).read())).value.activity, 'exposing');
    await assert.rejects(subject.settle(of(subject).expose(order, command())), { reaction: 'retry' });
    abort.abort(new Error('clouds'));
    await assert.rejects(subject.settle(first), /clouds/);
    assert.equal((await subject.settle(of(subject).read())).value.activity, 'idle');
  });
  tried('camera', 'refuses what it cannot do', async (subject) => {
    await assert.rejects(subject.settle(of(subject).expose({ ...order, binning: 99 }, command())), {
      code: 'DEVICE_REFUSED',
    });
    await assert.rejects(subject.settle(of(subject).expose({ ...order, readoutMode: 'no such' }, command())), {
      code: 'DEVICE_REFUSED',
    });
  });
  tried('camera', 'cools to a set point and lets go, or refuses', async (subject) => {
    const { coolingC } = of(subject).abilities;
    const cooled = subject.settle(of(subject).cool(coolingC ? Math.ceil(coolingC.min) + 5 : -10, command()));
    if (coolingC === undefined) return assert.rejects(cooled, { code: 'DEVICE_REFUSED' });
    await cooled;
    const { cooler } = (await subject.settle(of(subject).read())).value;
    assert.deepEqual([cooler?.on, cooler?.setPointC], [true, Math.ceil(coolingC.min) + 5]);
    await assert.rejects(subject.settle(of(subject).cool(coolingC.min - 1, command())), { code: 'DEVICE_REFUSED' });
    await subject.settle(of(subject).warm(command()));
    assert.equal((await subject.settle(of(subject).read())).value.cooler?.on, false);
    return undefined;
  });
}

function optics(tried: Tried): void {
  tried('filterWheel', 'brings each of its filters into the beam, and no other', async (subject) => {
    const wheel = subject.devices.filterWheel!;
    for (const filter of wheel.filters) {
      await subject.settle(wheel.select(filter, command()));
      assert.equal((await subject.settle(wheel.read())).value, filter);
    }
    await assert.rejects(subject.settle(wheel.select('no such filter', command())), { code: 'DEVICE_REFUSED' });
    await assert.rejects(subject.settle(wheel.select(wheel.filters[0]!, command(aborted()))), /rain/);
  });
  tried('focuser', 'moves where it is told, inside its range', async (subject) => {
    const focuser = subject.devices.focuser!;
    const { range } = focuser;
    assert.ok(range && range.max > range.min);
    const { position } = (await subject.settle(focuser.read())).value;
    const next = position + 50 <= range.max ? position + 50 : position - 50;
    await subject.settle(focuser.moveTo(next, command()));
    assert.equal((await subject.settle(focuser.read())).value.position, next);
    await assert.rejects(subject.settle(focuser.moveTo(range.max + 1, command())), { code: 'DEVICE_REFUSED' });
    await subject.settle(focuser.stop(command()));
  });
  tried('rotator', 'turns, and takes a sync without turning', async (subject) => {
    const rotator = subject.devices.rotator!;
    await subject.settle(rotator.rotateTo(30, command()));
    const before = (await subject.settle(rotator.read())).value;
    assert.ok(Math.abs(before.angleDeg - 30) < 0.5);
    await subject.settle(rotator.sync(40, command()));
    const { angleDeg, mechanicalDeg } = (await subject.settle(rotator.read())).value;
    assert.ok(Math.abs(angleDeg - 40) < 0.5);
    assert.equal(mechanicalDeg, before.mechanicalDeg);
    await subject.settle(rotator.stop(command()));
  });
  tried('flatPanel', 'moves its cover and shines, or refuses', async (subject) => {
    const panel = subject.devices.flatPanel!;
    const closed = subject.settle(panel.moveCover('closed', command()));
    if (panel.hasCover) {
      await closed;
      assert.equal((await subject.settle(panel.read())).value.cover, 'closed');
      await subject.settle(panel.moveCover('open', command()));
    } else await assert.rejects(closed, { code: 'DEVICE_REFUSED' });
    const lit = subject.settle(panel.illuminate(0.5, command()));
    if (!panel.hasLight) return assert.rejects(lit, { code: 'DEVICE_REFUSED' });
    await lit;
    assert.ok(Math.abs((await subject.settle(panel.read())).value.brightness - 0.5) < 0.01);
    await assert.rejects(subject.settle(panel.illuminate(1.5, command())), { code: 'DEVICE_REFUSED' });
    return undefined;
  });
}

function guider(tried: Tried): void {
  const settled = { withinArcsec: 1.5, forS: 5 };
  tried('guider', 'guides, dithers and stops', async (subject) => {
    const guiding = subject.devices.guider!;
    await subject.settle(guiding.start(settled, command()));
    assert.equal((await subject.settle(guiding.read())).value.activity, 'guiding');
    await subject.settle(guiding.dither(5, settled, command()));
    assert.equal((await subject.settle(guiding.read())).value.activity, 'guiding');
    await subject.settle(guiding.stop(command()));
    assert.equal((await subject.settle(guiding.read())).value.activity, 'idle');
  });
}

function site(tried: Tried): void {
  tried('dome', 'opens and closes, each again with success', async (subject) => {
    const dome = subject.devices.dome!;
    for (const [end, move] of [
      ['open', dome.open],
      ['open', dome.open],
      ['closed', dome.close],
      ['closed', dome.close],
    ] as const) {
      await subject.settle(move.call(dome, command()));
      assert.equal((await subject.settle(dome.read())).value.shutter, end);
    }
  });
  tried('dome', 'stopped on its way is at neither end', async (subject) => {
    const dome = subject.devices.dome!;
    const abort = new AbortController();
    const opening = dome.open(command(abort.signal));
    opening.catch(() => undefined); // looked at below
    await subject.pass(2000);
    abort.abort(new Error('rain'));
    await assert.rejects(subject.settle(opening), /rain/);
    assert.equal((await subject.settle(dome.read())).value.shutter, 'unknown');
    await subject.settle(dome.close(command()));
    assert.equal((await subject.settle(dome.read())).value.shutter, 'closed');
  });
  tried('dome', 'turns to an azimuth when it does not follow the mount, or refuses', async (subject) => {
    const dome = subject.devices.dome!;
    const turned = () => subject.settle(dome.rotateTo(90, command()));
    if (!dome.canRotate) return assert.rejects(turned(), { code: 'DEVICE_REFUSED' });
    await subject.settle(dome.setSlaved(false, command()));
    await turned();
    const { rotation } = (await subject.settle(dome.read())).value;
    assert.ok(Math.abs(rotation!.azimuthDeg - 90) < 1);
    await subject.settle(dome.setSlaved(true, command()));
    await assert.rejects(turned(), { reaction: 'retry' });
    return undefined;
  });
  tried('switches', 'set what can be set and refuse the rest', async (subject) => {
    const switches = subject.devices.switches!;
    const channel = switches.channels.find(({ writable }) => writable)!;
    await subject.settle(switches.set(channel.name, channel.max, command()));
    const states = (await subject.settle(switches.read())).value;
    assert.equal(states.find(({ name }) => name === channel.name)?.value, channel.max);
    for (const [name, value] of [
      ['no such', 1],
      [channel.name, channel.max + 1],
      ...switches.channels.filter(({ writable }) => !writable).map((one) => [one.name, one.max] as const),
    ] as const)
      await assert.rejects(subject.settle(switches.set(name, value, command())), { code: 'DEVICE_REFUSED' });
  });
}
