import type { Command, FilterWheel, Reading } from '../contract.ts';
import { refused } from '../errors.ts';
import { obey, Travel, type World } from './world.ts';

/** A wheel that needs half a second for each step. */
export class SimulatedFilterWheel implements FilterWheel {
  readonly filters: readonly string[];
  readonly #world: World;
  readonly #travel: Travel;
  #slot = 0;
  #turning = false;

  constructor(world: World) {
    this.#world = world;
    this.#travel = new Travel(world);
    this.filters = world.options.filters;
  }

  async read(): Promise<Reading<string | undefined>> {
    if (this.#travel.arrives()) this.#turning = false;
    return { value: this.current(), atMs: this.#world.clock.nowMs() };
  }

  async select(filter: string, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    const wanted = this.filters.indexOf(filter);
    if (wanted < 0) throw refused('The filter wheel', `it holds ${this.filters.join(', ')}, not ${filter}`);
    if (wanted !== this.#slot) {
      this.#turning = true;
      this.#travel.start(0.5 * Math.abs(wanted - this.#slot));
      this.#slot = wanted;
    }
    const wish = `holds ${filter} in the beam`;
    await obey(
      this.#world,
      { device: 'The filter wheel', wish, read: () => this.read(), done: (f) => f === filter },
      command,
    );
  }

  current(): string | undefined {
    return this.#turning ? undefined : this.filters[this.#slot];
  }
}
