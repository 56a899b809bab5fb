import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Capability, Command, Device, Devices } from '../../drivers/contract.ts';
import { openIndi } from '../../drivers/indi/observatory.ts';
import { deviceConformance, type Subject } from './device-conformance.ts';
import { freePort } from './free-port.ts';
import { type RunningIndiServer, startIndiServer } from './indi.ts';
import { withPrograms } from './outside.ts';

/** The simulated mount parks six hours before the meridian of Greenwich, at the equator: here that is south and high. */
const site = { latitudeDeg: 50, longitudeDeg: 90, heightM: 100 };
const patienceMs = 20_000;

/** Device names of Debian's simulators, by what they can do. */
type Names = Readonly<Partial<Record<Capability, string>>>;

/** Holds simulators of a real indiserver to the contract of devices. `drivers`: such as `telescope`, of `indi_simulator_telescope`. */
export function indiConformance(names: Names, drivers: readonly string[]): void {
  describe(`the real INDI simulators: ${drivers.join(', ')}`, withPrograms('indiserver'), () => {
    let running: RunningIndiServer;
    before(async () => {
      const programs = drivers.map((name) => `indi_simulator_${name}`);
      running = await startIndiServer(programs, await freePort());
    });
    after(() => running.kill());
    deviceConformance('INDI', Object.keys(names) as Capability[], () => open(running.port, names));
  });
}

async function open(port: number, names: Names): Promise<Subject> {
  let aheadMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const devices = await openIndi({ host: '127.0.0.1', port, devices: names, filters: [] }, site, clock);
  try {
    await Promise.all((Object.keys(names) as Capability[]).map((name) => present(devices[name]!)));
    await settleDown(devices);
    const raDeg = (await devices.mount?.read())?.value.raDeg ?? 0;
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
      // Near where it is parked, so that slews take a few seconds: long enough to be broken off.
      high: { raDeg, decDeg: 20 },
      never: { raDeg, decDeg: -75 },
    };
  } catch (error) {
    await devices.close(); // what is left open dials for ever, and the test file never ends
    throw error;
  }
}

async function present(device: Device): Promise<void> {
  const untilMs = systemClock.nowMs() + patienceMs;
  while (!device.present) {
    if (systemClock.nowMs() > untilMs) throw new Error(`${device.name} has not come within ${patienceMs / 1000} s`);
    await sleep(20);
  }
}

async function settleDown({ mount, dome }: Devices): Promise<void> {
  const command: Command = { signal: new AbortController().signal, deadlineMs: 60_000 };
  if (mount && (await mount.read()).value.motion !== 'parked') await mount.park(command);
  if (dome && (await dome.read()).value.shutter !== 'closed') await dome.close(command);
}
