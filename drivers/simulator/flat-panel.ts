import type { Command, FlatPanel, FlatPanelState, Reading } from '../contract.ts';
import { refused } from '../errors.ts';
import { obey, Travel, type World } from './world.ts';

/** A light in the lid of the telescope: full brightness gives half a full well, whatever the exposure. */
export class SimulatedFlatPanel implements FlatPanel {
  readonly #world: World;
  readonly #travel: Travel;
  #brightness = 0;
  #goal = 0;
  #cover: FlatPanelState['cover'] = 'open';

  constructor(world: World) {
    this.#world = world;
    this.#travel = new Travel(world);
  }

  async read(): Promise<Reading<FlatPanelState>> {
    if (this.#travel.arrives()) {
      this.#brightness = this.#goal;
      this.#cover = this.#goal > 0 ? 'closed' : 'open';
    }
    return { value: { cover: this.#cover, brightness: this.#brightness }, atMs: this.#world.clock.nowMs() };
  }

  async illuminate(brightness: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if (!(brightness >= 0 && brightness <= 1))
      throw refused('The flat panel', `brightness ${brightness} is not 0 to 1`);
    this.#goal = brightness;
    this.#cover = 'moving';
    this.#travel.start(2);
    const wish = `shines at ${brightness}`;
    const done = (state: FlatPanelState) => state.cover !== 'moving' && state.brightness === brightness;
    await obey(this.#world, { device: 'The flat panel', wish, read: () => this.read(), done }, command);
  }

  /** Electrons per pixel at the moment; none while the lid is open. */
  electrons(): number {
    return this.#cover === 'closed' ? this.#brightness * 0.5 * this.#world.camera.fullWellE : 0;
  }

  /** Whether the lid is out of the beam. */
  isOpen(): boolean {
    return this.#cover === 'open';
  }
}
