import type { Command, FlatPanel, FlatPanelState, Reading } from '../contract.ts';
import { refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

const coverS = 2;

/** A light in the lid of the telescope: full brightness gives half a full well, whatever the exposure. */
export class SimulatedFlatPanel extends SimulatedDevice implements FlatPanel {
  readonly hasCover = true;
  readonly hasLight = true;
  #brightness = 0;
  #cover: FlatPanelState['cover'] = 'open';
  #goal: 'open' | 'closed' = 'open';

  constructor(world: World) {
    super(world, 'The flat panel');
  }

  async read(): Promise<Reading<FlatPanelState>> {
    if (this.travel.arrives()) this.#cover = this.#goal;
    return this.reading({ cover: this.#cover, brightness: this.#brightness });
  }

  async moveCover(to: 'open' | 'closed', command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (this.#cover !== to) {
      this.#goal = to;
      this.#cover = 'moving';
      this.travel.start(coverS);
    }
    try {
      await this.confirmed(
        `is ${to}`,
        () => this.read(),
        ({ cover }) => cover === to,
        command,
      );
    } catch (error) {
      this.#halt();
      throw error;
    }
  }

  async illuminate(brightness: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!(brightness >= 0 && brightness <= 1)) throw refused(this.name, `brightness ${brightness} is not 0 to 1`);
    this.#brightness = brightness;
    await this.confirmed(
      `shines at ${brightness}`,
      () => this.read(),
      (s) => s.brightness === brightness,
      command,
    );
  }

  /** Electrons per pixel at the moment; none while the lid is open. */
  electrons(): number {
    return this.#cover === 'closed' ? this.#brightness * 0.5 * this.world.camera.fullWellE : 0;
  }

  /** Whether the lid is out of the beam. */
  isOpen(): boolean {
    return this.#cover === 'open';
  }

  restart(): void {
    this.#halt();
    this.#brightness = 0;
  }

  #halt(): void {
    this.travel.stop();
    if (this.#cover === 'moving') this.#cover = 'unknown';
  }
}
