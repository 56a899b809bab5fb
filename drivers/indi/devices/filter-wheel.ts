import type { Clock } from '../../../base/clock.ts';
import type { Command, FilterWheel, Reading } from '../../contract.ts';
import { refused } from '../../errors.ts';
import { IndiDevice } from '../device.ts';
import type { IndiServer } from '../server.ts';

/** A filter wheel by INDI, which counts its slots from 1. */
export class IndiFilterWheel extends IndiDevice implements FilterWheel {
  readonly #named: readonly string[];

  /** `named`: the filters as the site calls them, in the order of the wheel; the driver's own names where there are none. */
  constructor(server: IndiServer, device: string, clock: Clock, named: readonly string[]) {
    super(server, device, clock, ['FILTER_SLOT']);
    this.#named = named;
  }

  get filters(): readonly string[] {
    if (this.#named.length > 0) return this.#named;
    const members = this.property('FILTER_NAME')?.members.values() ?? [];
    return [...members].map(({ value }) => String(value));
  }

  read(): Promise<Reading<string | undefined>> {
    return this.reading(() => {
      const slot = this.number('FILTER_SLOT', 'FILTER_SLOT_VALUE');
      // Only Ok is the word of a wheel that stands: a slot under way shows the number it is sent to.
      const stands = this.property('FILTER_SLOT')?.state === 'Ok' || this.property('FILTER_SLOT')?.state === 'Idle';
      return stands && slot !== undefined ? this.filters[Math.round(slot) - 1] : undefined;
    });
  }

  async select(filter: string, command: Command): Promise<void> {
    const slot = this.filters.indexOf(filter) + 1;
    if (slot === 0) throw refused(this.name, `it holds ${this.filters.join(', ') || 'no filters'}, not ${filter}`);
    await this.carryOut(command, async () => {
      this.setNumbers('FILTER_SLOT', { FILTER_SLOT_VALUE: slot });
      await this.confirmed(
        `holds ${filter} in the beam`,
        () => this.read(),
        (found) => found === filter,
        command,
      );
    });
  }
}
