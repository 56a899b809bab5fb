import type { Clock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';
import type { Site } from '../sky/site.ts';
import type { Devices } from './contract.ts';
import type { SimulatorOptions } from './simulator/world.ts';

/** Which driver, and its own options; the filters come from the instrument. */
export type DriverChoice = { readonly kind: 'simulator' } & SimulatorOptions;

/**
 * Opens the devices of one driver. Its code is imported only here, so that a site without the hardware never loads it.
 * Nothing moves.
 * @throws TellOperator for a kind that does not exist
 */
export async function loadDriver(choice: DriverChoice, site: Site, clock: Clock): Promise<Devices> {
  switch (choice.kind) {
    case 'simulator': {
      const { simulatedObservatory } = await import('./simulator/observatory.ts');
      return simulatedObservatory(choice, site, clock);
    }
    default: {
      const { kind } = choice as { kind: string };
      throw new TellOperator('DRIVER_UNKNOWN', `There is no driver "${kind}". Choose one of: simulator.`);
    }
  }
}
