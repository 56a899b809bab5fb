import type { Command, Dome, DomeState, Reading } from '../contract.ts';
import { busy, refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import { Travel, type World } from './world.ts';

const travelS = 15;
const degPerS = 6;

/** A dome: a shutter with two end switches, at neither when it was stopped on its way, and a drive that turns it. */
export class SimulatedDome extends SimulatedDevice implements Dome {
  readonly canRotate: boolean;
  #shutter: DomeState['shutter'] = 'closed';
  #azimuthDeg = 0;
  #goalDeg = 0;
  #slaved = false;
  #turning = false;
  readonly #turn: Travel;

  constructor(world: World) {
    super(world, 'The roof');
    this.canRotate = world.options.domeRotates ?? false;
    this.#turn = new Travel(world);
  }

  async read(): Promise<Reading<DomeState>> {
    if (this.travel.arrives()) this.#shutter = this.#shutter === 'opening' ? 'open' : 'closed';
    if (this.#turn.arrives()) {
      this.#azimuthDeg = this.#goalDeg;
      this.#turning = false;
    }
    const rotation = { azimuthDeg: this.#azimuthDeg, moving: this.#turning, slaved: this.#slaved };
    return this.reading({ shutter: this.#shutter, rotation: this.canRotate ? rotation : undefined });
  }

  open(command: Command): Promise<void> {
    return this.#drive('opening', 'open', command);
  }

  close(command: Command): Promise<void> {
    return this.#drive('closing', 'closed', command);
  }

  async stop(command: Command): Promise<void> {
    this.#halt();
    await this.confirmed(
      'stands still',
      () => this.read(),
      ({ rotation }) => !rotation?.moving,
      command,
    );
  }

  async rotateTo(azimuthDeg: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!this.canRotate) throw refused(this.name, 'it does not rotate');
    if (this.#slaved) throw busy(this.name, 'following the mount');
    if (!(azimuthDeg >= 0 && azimuthDeg < 360)) throw refused(this.name, `azimuth ${azimuthDeg} is not 0 to 360 deg`);
    this.#goalDeg = azimuthDeg;
    this.#turning = true;
    const arc = Math.abs(azimuthDeg - this.#azimuthDeg) % 360;
    this.#turn.start(Math.min(arc, 360 - arc) / degPerS);
    const there = ({ rotation }: DomeState) => rotation?.moving === false && rotation.azimuthDeg === azimuthDeg;
    try {
      await this.confirmed(`stands at azimuth ${azimuthDeg} deg`, () => this.read(), there, command);
    } catch (error) {
      this.#turn.stop();
      this.#turning = false;
      throw error;
    }
  }

  async setSlaved(slaved: boolean, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!this.canRotate) throw refused(this.name, 'it does not rotate');
    this.#slaved = slaved;
    const wish = slaved ? 'follows the mount' : 'stands by itself';
    await this.confirmed(
      wish,
      () => this.read(),
      ({ rotation }) => rotation?.slaved === slaved,
      command,
    );
  }

  isOpen(): boolean {
    return this.#shutter === 'open';
  }

  /** Somebody moves the shutter by hand. */
  byHand(shutter: DomeState['shutter']): void {
    this.travel.stop();
    this.#shutter = shutter;
  }

  override jam(jammed = true): void {
    super.jam(jammed);
    this.#turn.jam(jammed);
  }

  restart(): void {
    this.#halt();
    this.#slaved = false;
  }

  async #drive(motion: 'opening' | 'closing', end: 'open' | 'closed', command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#shutter !== end) {
      this.#shutter = motion;
      this.travel.start(travelS);
    }
    try {
      await this.confirmed(
        `is ${end}`,
        () => this.read(),
        ({ shutter }) => shutter === end,
        command,
      );
    } catch (error) {
      if (this.#shutter === motion) this.#halt(); // else another command has it
      throw error;
    }
  }

  #halt(): void {
    this.travel.stop();
    this.#turn.stop();
    this.#turning = false;
    if (this.#shutter === 'opening' || this.#shutter === 'closing') this.#shutter = 'unknown';
  }
}
