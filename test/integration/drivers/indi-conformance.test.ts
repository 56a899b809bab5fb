import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../../../base/clock.ts';
import type { Capability, Command, Device, Devices } from '../../../drivers/contract.ts';
import { openIndi } from '../../../drivers/indi/observatory.ts';
import { deviceConformance, type Subject } from '../../support/device-conformance.ts';
import { freePort, type RunningIndiServer, startIndiServer } from '../../support/indi.ts';
import { withPrograms } from '../../support/outside.ts';

/** Without the rotator: the simulated one takes a sync and shows nothing of it. */
const names = {
  mount: 'Telescope Simulator',
  camera: 'CCD Simulator',
  filterWheel: 'Filter Simulator',
  focuser: 'Focuser Simulator',
  dome: 'Dome Simulator',
  flatPanel: 'Light Panel Simulator',
} satisfies Partial<Record<Capability, string>>;
const drivers = ['telescope', 'ccd', 'wheel', 'focus', 'dome', 'lightpanel'].map((name) => `indi_simulator_${name}`);
/** Near the pole, where what stands high stays high while the test runs. */
const site = { latitudeDeg: 80, longitudeDeg: 20, heightM: 100 };
const command = (deadlineMs: number): Command => ({ signal: new AbortController().signal, deadlineMs });

describe('the real INDI simulators', withPrograms('indiserver'), () => {
  let running: RunningIndiServer;
  before(async () => {
    running = await startIndiServer(drivers, await freePort());
  });
  after(() => running.kill());

  async function open(): Promise<Subject> {
    let aheadMs = 0;
    const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
    const devices = await openIndi({ host: '127.0.0.1', port: running.port, devices: names, filters: [] }, site, clock);
    await Promise.all(Object.keys(names).map((name) => present(devices[name as keyof typeof names]!)));
    await settleDown(devices);
    const { raDeg } = (await devices.mount!.read()).value;
    return {
      devices,
      nowMs: () => clock.nowMs(),
      settle: (work) => work,
      async pass(ms) {
        // Motors need their time; silence can be made up.
        const really = Math.min(ms, 2000);
        await sleep(really);
        aheadMs += ms - really;
      },
      // Near where it is parked, so that no slew takes long.
      high: { raDeg, decDeg: 80 },
      never: { raDeg, decDeg: -75 },
    };
  }

  deviceConformance('INDI', Object.keys(names) as Capability[], open);
});

async function present(device: Device): Promise<void> {
  while (!device.present) await sleep(20);
}

async function settleDown({ mount, dome }: Devices): Promise<void> {
  if ((await mount!.read()).value.motion !== 'parked') await mount!.park(command(60_000));
  if ((await dome!.read()).value.shutter !== 'closed') await dome!.close(command(60_000));
}
