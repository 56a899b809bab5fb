import type { Command, Focuser, FocuserState, Reading } from '../contract.ts';
import { refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

const bestFocus = 5000;
const lastStep = 10_000;
const stepsPerS = 1000;
/** Steps out of focus that widen a star by as much as the seeing. */
const depthOfFocus = 150;

/** A focuser of 10,000 steps; the image is sharpest in the middle. */
export class SimulatedFocuser extends SimulatedDevice implements Focuser {
  readonly range = { min: 0, max: lastStep, step: 1 };
  readonly stepUm = 1;
  #position = bestFocus;
  #goal = bestFocus;
  #moving = false;

  constructor(world: World) {
    super(world, 'The focuser');
  }

  async read(): Promise<Reading<FocuserState>> {
    if (this.travel.arrives()) {
      this.#position = this.#goal;
      this.#moving = false;
    }
    return this.reading({ position: this.#position, moving: this.#moving, temperatureC: 8 });
  }

  async moveTo(position: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!Number.isInteger(position) || position < 0 || position > lastStep)
      throw refused(this.name, `${position} is no step between 0 and ${lastStep}`);
    this.#goal = position;
    this.#moving = true;
    this.travel.start(Math.abs(position - this.#position) / stepsPerS);
    const there = (state: FocuserState) => !state.moving && state.position === position;
    try {
      await this.confirmed(`stands at step ${position}`, () => this.read(), there, command);
    } catch (error) {
      if (this.#goal === position) this.#halt();
      throw error;
    }
  }

  async stop(command: Command): Promise<void> {
    this.#halt();
    await this.confirmed(
      'stands still',
      () => this.read(),
      ({ moving }) => !moving,
      command,
    );
  }

  /** Factor on the FWHM. */
  defocus(): number {
    return Math.hypot(1, (this.#position - bestFocus) / depthOfFocus);
  }

  restart(): void {
    this.#halt();
    this.#position = 0; // an encoder that has forgotten where it stands
  }

  #halt(): void {
    const leftS = this.travel.leftS();
    this.travel.stop();
    this.#moving = false;
    if (leftS > 0) this.#position = this.#goal - Math.sign(this.#goal - this.#position) * Math.round(leftS * stepsPerS);
  }
}
