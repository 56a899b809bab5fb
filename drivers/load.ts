import type { Clock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';
import type { Site } from '../sky/site.ts';
import type { AlpacaDeviceNames } from './alpaca/observatory.ts';
import type { Capability, Devices } from './contract.ts';
import type { IndiDeviceNames } from './indi/observatory.ts';
import type { SimulatedObservatory } from './simulator/observatory.ts';
import type { SimulatorOptions } from './simulator/world.ts';

/** One driver: its kind, its own options, and what is taken from it. */
export type DriverEntry = SimulatorEntry | IndiEntry | AlpacaEntry;

type SimulatorEntry = {
  readonly kind: 'simulator';
  /** Entries that name the same observatory stand under the same roof. */
  readonly observatory: string;
  readonly provides: readonly Capability[];
} & Partial<SimulatorOptions>;

interface IndiEntry {
  readonly kind: 'indi';
  readonly host: string;
  readonly port: number;
  /** By capability, the INDI names of the devices that are taken. */
  readonly devices: IndiDeviceNames;
}

interface AlpacaEntry {
  readonly kind: 'alpaca';
  readonly host?: string | undefined;
  readonly port: number;
  /** By capability, the number or UniqueID of the devices that are taken. */
  readonly devices: AlpacaDeviceNames;
}

type Opened = Devices & Partial<Record<Capability, unknown>>;

/**
 * Opens drivers, each kind imported only when it is named, so that a site without the hardware never loads its code.
 * Servers that several entries name are opened once. Nothing moves.
 */
export class Drivers {
  readonly #site: Site;
  readonly #clock: Clock;
  /** By name, the simulated observatory whose roof the others share. */
  readonly #simulated = new Map<string, SimulatedObservatory>();

  constructor(site: Site, clock: Clock) {
    this.#site = site;
    this.#clock = clock;
  }

  /**
   * The devices of all entries together; `filters` are those in the wheel of the instrument.
   * @throws TellOperator for a kind that does not exist
   */
  async open(entries: readonly DriverEntry[], filters: readonly string[] = []): Promise<Devices> {
    const opened: { devices: Opened; provides: readonly Capability[] }[] = [];
    try {
      for (const entry of entries)
        opened.push({ devices: await this.#openOne(entry, filters), provides: capabilitiesOf(entry) });
    } catch (error) {
      await Promise.all(opened.map(({ devices }) => devices.close()));
      throw error;
    }
    const provided = opened.flatMap(({ devices, provides }) => provides.map((one) => [one, devices[one]] as const));
    const close = async () => void (await Promise.all(opened.map(({ devices }) => devices.close())));
    return { ...(Object.fromEntries(provided) as Omit<Devices, 'close'>), close };
  }

  async #openOne(entry: DriverEntry, filters: readonly string[]): Promise<Opened> {
    switch (entry.kind) {
      case 'simulator': {
        const { simulatedObservatory, usualSimulator } = await import('./simulator/observatory.ts');
        const { kind: _, observatory: name, provides, ...options } = entry;
        const under = this.#simulated.get(name) ?? (provides.includes('dome') ? undefined : 'the open sky');
        const made = simulatedObservatory({ ...usualSimulator, ...options, filters }, this.#site, this.#clock, under);
        if (provides.includes('dome')) this.#simulated.set(name, made);
        return made;
      }
      case 'indi': {
        const { openIndi } = await import('./indi/observatory.ts');
        return openIndi({ ...entry, filters }, this.#site, this.#clock);
      }
      case 'alpaca': {
        const { openAlpaca } = await import('./alpaca/observatory.ts');
        return openAlpaca({ ...entry, filters }, this.#site, this.#clock);
      }
      default: {
        const { kind } = entry as { kind: string };
        throw new TellOperator(
          'DRIVER_UNKNOWN',
          `There is no driver "${kind}". Choose one of: simulator, indi, alpaca.`,
        );
      }
    }
  }
}

function capabilitiesOf(entry: DriverEntry): readonly Capability[] {
  if (entry.kind === 'simulator') return entry.provides;
  const { devices } = entry;
  return (Object.entries(devices) as [Capability, unknown][]).flatMap(([capability, name]) =>
    name === undefined ? [] : [capability],
  );
}
