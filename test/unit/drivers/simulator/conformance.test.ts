import { ManualClock } from '../../../../base/clock.ts';
import type { Capability } from '../../../../drivers/contract.ts';
import { simulatedObservatory } from '../../../../drivers/simulator/observatory.ts';
import { deviceConformance, type Subject } from '../../../support/device-conformance.ts';
import { settle } from '../../../support/settle.ts';
import { place, simulatorOptions } from '../../../support/simulated-site.ts';

const all: readonly Capability[] = [
  'mount',
  'camera',
  'filterWheel',
  'focuser',
  'guider',
  'rotator',
  'flatPanel',
  'dome',
  'weather',
  'safetyMonitor',
  'power',
  'conditions',
  'switches',
];

async function simulated(): Promise<Subject> {
  const clock = new ManualClock(Date.UTC(2026, 10, 22, 22));
  const devices = simulatedObservatory({ ...simulatorOptions, domeRotates: true }, place, clock);
  return {
    devices,
    nowMs: () => clock.nowMs(),
    settle: (work) => settle(clock, work, () => devices.camera.rendered()),
    pass: async (ms) => {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(ms);
    },
    high: { raDeg: 31, decDeg: 46.8 },
    never: { raDeg: 31, decDeg: -60 },
    lose: async (capability) => devices.lose(capability),
    bringBack: async (capability) => devices.bringBack(capability, 'restarted'),
  };
}

deviceConformance('the simulator', all, simulated);
