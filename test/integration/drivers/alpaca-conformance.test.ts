import type { Capability } from '../../../drivers/contract.ts';
import { type Served, served } from '../../support/alpaca-server/server.ts';
import { alpacaSite, untilPresent } from '../../support/alpaca-site.ts';
import { deviceConformance, type Subject } from '../../support/device-conformance.ts';

const all = Object.keys(served) as Served[];

/** Motors and messages need their time; silence is made up. */
const leastMs = 4_000;

async function open(): Promise<Subject> {
  const { clock, devices, server } = await alpacaSite(all);
  return {
    devices,
    nowMs: () => clock.nowMs(),
    settle: (work) => work,
    async pass(ms) {
      await clock.sleep(leastMs);
      clock.putForward(Math.max(0, ms - leastMs));
    },
    high: { raDeg: 31, decDeg: 46.8 },
    never: { raDeg: 31, decDeg: -60 },
    async lose(capability) {
      server.plug(capability as Served, false);
      await untilPresent(devices[capability as Served]!, false);
    },
    async bringBack(capability) {
      server.plug(capability as Served, true);
      await untilPresent(devices[capability as Served]!);
    },
  };
}

deviceConformance('Alpaca', all satisfies readonly Capability[], open);
