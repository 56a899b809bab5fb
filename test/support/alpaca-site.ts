import { openAlpaca } from '../../drivers/alpaca/observatory.ts';
import type { AlpacaAddress } from '../../drivers/alpaca/wire/client.ts';
import type { Device, Devices } from '../../drivers/contract.ts';
import { type SimulatedObservatory, simulatedObservatory } from '../../drivers/simulator/observatory.ts';
import type { Quirk } from './alpaca-server/quirks.ts';
import { AlpacaTestServer, type Served, served } from './alpaca-server/server.ts';
import { FastClock } from './fast-clock.ts';
import { nightMs, place, simulatorOptions } from './simulated-site.ts';

export interface AlpacaSite {
  readonly clock: FastClock;
  readonly observatory: SimulatedObservatory;
  readonly server: AlpacaTestServer;
  readonly address: AlpacaAddress;
  /** Those asked for, present; closing them stops the server too. */
  readonly devices: Devices;
}

const times = 10;

/** A simulated observatory behind an Alpaca server, and the devices of our driver on the other side; time runs 10 times faster. */
export async function alpacaSite(capabilities: readonly Served[], quirks: readonly Quirk[] = []): Promise<AlpacaSite> {
  const clock = new FastClock(nightMs, times);
  const observatory = simulatedObservatory({ ...simulatorOptions, domeRotates: true }, place, clock);
  const server = new AlpacaTestServer(observatory, place, clock, quirks);
  const address = await server.start();
  const names = Object.fromEntries(capabilities.map((one) => [one, { number: served[one].number }]));
  const opened = await openAlpaca({ ...address, devices: names, filters: [], coolestC: -35 }, place, clock);
  const devices = {
    ...opened,
    async close() {
      await opened.close();
      await server.stop();
      await observatory.close();
    },
  };
  await Promise.all(capabilities.map((one) => untilPresent(devices[one]!)));
  return { clock, observatory, server, address, devices };
}

export async function untilPresent(device: Device, isPresent = true): Promise<void> {
  if (device.present === isPresent) return;
  await new Promise<void>((resolve) => {
    const off = device.on(isPresent ? 'back' : 'lost', () => {
      off();
      resolve();
    });
  });
}
