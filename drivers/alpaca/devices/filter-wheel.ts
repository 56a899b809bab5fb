import type { Command, FilterWheel, Reading } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { AlpacaDevice, type AlpacaReach } from '../device.ts';

/** A filter wheel by Alpaca, which counts its slots from 0; -1 is a wheel that turns. */
export class AlpacaFilterWheel extends AlpacaDevice implements FilterWheel {
  readonly #named: readonly string[];

  /** `named`: the filters as the site calls them, in the order of the wheel; the driver's own names where there are none. */
  constructor(reach: AlpacaReach, named: readonly string[]) {
    super(reach, 'filterwheel', ['names']);
    this.#named = named;
  }

  get filters(): readonly string[] {
    return this.#named.length > 0 ? this.#named : this.traits.names('names');
  }

  read(): Promise<Reading<string | undefined>> {
    return this.reading(async () => this.filters[(await this.state('position')).number('position') ?? -1]);
  }

  async select(filter: string, command: Command): Promise<void> {
    const slot = this.filters.indexOf(filter);
    if (slot < 0) throw refused(this.name, `it holds ${this.filters.join(', ') || 'no filters'}, not ${filter}`);
    await this.obeyed(
      {
        write: (writing) => this.put('position', { Position: slot }, writing),
        wish: `holds ${filter} in the beam`,
        read: () => this.read(),
        done: (found) => found === filter,
      },
      command,
    );
  }
}
