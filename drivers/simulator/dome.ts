import type { Command, Dome, DomeState, Reading } from '../contract.ts';
import { obey, Travel, type World } from './world.ts';

const travelS = 15;

/** A roof with two end switches; stopped on its way it is at neither. */
export class SimulatedDome implements Dome {
  readonly #world: World;
  readonly #travel: Travel;
  #shutter: DomeState['shutter'] = 'closed';

  constructor(world: World) {
    this.#world = world;
    this.#travel = new Travel(world);
  }

  async read(): Promise<Reading<DomeState>> {
    if (this.#travel.arrives()) this.#shutter = this.#shutter === 'opening' ? 'open' : 'closed';
    return { value: { shutter: this.#shutter }, atMs: this.#world.clock.nowMs() };
  }

  open(command: Command): Promise<void> {
    return this.#drive('opening', 'open', command);
  }

  close(command: Command): Promise<void> {
    return this.#drive('closing', 'closed', command);
  }

  isOpen(): boolean {
    return this.#shutter === 'open';
  }

  /** From now on (or no longer) the motor turns and the roof does not arrive. */
  jam(jammed = true): void {
    this.#travel.jam(jammed);
  }

  async #drive(motion: 'opening' | 'closing', end: 'open' | 'closed', command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#shutter !== end) {
      this.#shutter = motion;
      this.#travel.start(travelS);
    }
    const done = (state: DomeState) => state.shutter === end;
    try {
      await obey(this.#world, { device: 'The roof', wish: `is ${end}`, read: () => this.read(), done }, command);
    } catch (error) {
      this.#travel.stop();
      this.#shutter = 'unknown';
      throw error;
    }
  }
}
