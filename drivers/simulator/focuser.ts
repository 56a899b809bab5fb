import type { Command, Focuser, Reading } from '../contract.ts';
import { refused } from '../errors.ts';
import { obey, Travel, type World } from './world.ts';

const bestFocus = 5000;
const lastStep = 10_000;
/** Steps out of focus that widen a star by as much as the seeing. */
const depthOfFocus = 150;

/** A focuser of 10,000 steps, a thousand a second; the image is sharpest in the middle. */
export class SimulatedFocuser implements Focuser {
  readonly #world: World;
  readonly #travel: Travel;
  #position = bestFocus;
  #goal = bestFocus;

  constructor(world: World) {
    this.#world = world;
    this.#travel = new Travel(world);
  }

  async read(): Promise<Reading<number>> {
    if (this.#travel.arrives()) this.#position = this.#goal;
    return { value: this.#position, atMs: this.#world.clock.nowMs() };
  }

  async moveTo(position: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!Number.isInteger(position) || position < 0 || position > lastStep)
      throw refused('The focuser', `${position} is no step between 0 and ${lastStep}`);
    this.#goal = position;
    this.#travel.start(Math.abs(position - this.#position) / 1000);
    const wish = `stands at step ${position}`;
    await obey(
      this.#world,
      { device: 'The focuser', wish, read: () => this.read(), done: (p) => p === position },
      command,
    );
  }

  /** Factor on the FWHM. */
  defocus(): number {
    return Math.hypot(1, (this.#position - bestFocus) / depthOfFocus);
  }
}
