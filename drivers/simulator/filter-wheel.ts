import type { Command, FilterWheel, Reading } from '../contract.ts';
import { refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

/** A wheel that needs half a second for each step. */
export class SimulatedFilterWheel extends SimulatedDevice implements FilterWheel {
  readonly filters: readonly string[];
  #slot = 0;
  #turning = false;

  constructor(world: World) {
    super(world, 'The filter wheel');
    this.filters = world.options.filters;
  }

  async read(): Promise<Reading<string | undefined>> {
    if (this.travel.arrives()) this.#turning = false;
    return this.reading(this.current());
  }

  async select(filter: string, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    const wanted = this.filters.indexOf(filter);
    if (wanted < 0) throw refused(this.name, `it holds ${this.filters.join(', ')}, not ${filter}`);
    if (wanted !== this.#slot || this.#turning) {
      this.#turning = true;
      this.travel.start(0.5 * Math.abs(wanted - this.#slot));
      this.#slot = wanted;
    }
    await this.confirmed(
      `holds ${filter} in the beam`,
      () => this.read(),
      (found) => found === filter,
      command,
    );
  }

  current(): string | undefined {
    return this.#turning ? undefined : this.filters[this.#slot];
  }

  restart(): void {
    this.travel.stop();
    this.#slot = 0;
    this.#turning = false;
  }
}
