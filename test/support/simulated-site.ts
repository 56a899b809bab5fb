import type { SimulatorOptions } from '../../drivers/simulator/world.ts';

export const place = { latitudeDeg: 50, longitudeDeg: 19.8, heightM: 300 };
/** Deep night there; RA 31 Dec 46.8 stands at 76 deg. */
export const nightMs = Date.UTC(2026, 10, 22, 22);

/** A small simulated observatory in real time. */
export const simulatorOptions: SimulatorOptions = {
  seed: 1,
  widthPx: 64,
  heightPx: 64,
  scaleArcsecPerPx: 2,
  fwhmPx: 3,
  starsPerFrame: 5,
  slewSeconds: 10,
  timeFactor: 1,
  filters: ['B', 'V', 'clear'],
};
