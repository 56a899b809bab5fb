import type { Command, Reading, Rotator, RotatorState } from '../contract.ts';
import { refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

const degPerS = 10;

/** Turns the shorter way; its cables are counted by the mechanical angle. The simulated camera does not turn with it. */
export class SimulatedRotator extends SimulatedDevice implements Rotator {
  #mechanicalDeg = 0;
  #goalDeg = 0;
  /** Angle on the sky minus mechanical angle. */
  #zeroDeg = 0;
  #moving = false;

  constructor(world: World) {
    super(world, 'The rotator');
  }

  async read(): Promise<Reading<RotatorState>> {
    if (this.travel.arrives()) {
      this.#mechanicalDeg = this.#goalDeg;
      this.#moving = false;
    }
    const angleDeg = turned(this.#mechanicalDeg + this.#zeroDeg);
    return this.reading({ angleDeg, mechanicalDeg: this.#mechanicalDeg, moving: this.#moving });
  }

  async rotateTo(angleDeg: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!(angleDeg >= 0 && angleDeg < 360)) throw refused(this.name, `${angleDeg} is not 0 to 360 deg`);
    this.#goalDeg = turned(angleDeg - this.#zeroDeg);
    this.#moving = true;
    const arc = Math.abs(this.#goalDeg - this.#mechanicalDeg);
    this.travel.start(Math.min(arc, 360 - arc) / degPerS);
    const there = (state: RotatorState) => !state.moving && Math.abs(state.angleDeg - angleDeg) < 1e-6;
    try {
      await this.confirmed(`stands at ${angleDeg} deg`, () => this.read(), there, command);
    } catch (error) {
      this.#halt();
      throw error;
    }
  }

  async sync(angleDeg: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!(angleDeg >= 0 && angleDeg < 360)) throw refused(this.name, `${angleDeg} is not 0 to 360 deg`);
    this.#zeroDeg = turned(angleDeg - this.#mechanicalDeg);
    const there = (state: RotatorState) => Math.abs(state.angleDeg - angleDeg) < 1e-6;
    await this.confirmed(`calls its angle ${angleDeg} deg`, () => this.read(), there, command);
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

  restart(): void {
    this.#halt();
    this.#zeroDeg = 0;
  }

  #halt(): void {
    this.travel.stop();
    this.#moving = false;
  }
}

function turned(deg: number): number {
  return ((deg % 360) + 360) % 360;
}
