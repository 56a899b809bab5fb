import type { Command, Guider, GuiderEvents, GuiderState, Reading, Settle } from '../contract.ts';
import { refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

/** A guider that settles as fast as it is asked to, and can lose its star. */
export class SimulatedGuider extends SimulatedDevice<GuiderEvents> implements Guider {
  #activity: GuiderState['activity'] = 'idle';

  constructor(world: World) {
    super(world, 'The guider');
  }

  async read(): Promise<Reading<GuiderState>> {
    if (this.travel.arrives()) this.#activity = 'guiding';
    return this.reading({ activity: this.#activity, rmsArcsec: this.#activity === 'guiding' ? 0.6 : undefined });
  }

  start(settle: Settle, command: Command): Promise<void> {
    return this.#settle(settle, command);
  }

  async dither(_atMostArcsec: number, settle: Settle, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    if ((await this.read()).value.activity !== 'guiding') throw refused(this.name, 'it does not guide');
    await this.#settle(settle, command);
  }

  async stop(command: Command): Promise<void> {
    this.travel.stop();
    this.#activity = 'idle';
    await this.confirmed(
      'is idle',
      () => this.read(),
      ({ activity }) => activity === 'idle',
      command,
    );
  }

  /** A cloud comes (or goes). */
  loseStar(isLost = true): void {
    this.travel.stop();
    this.#activity = isLost ? 'star lost' : 'guiding';
    this.presence.tell(isLost ? 'star lost' : 'star found');
  }

  restart(): void {
    this.travel.stop();
    this.#activity = 'idle';
  }

  async #settle({ forS }: Settle, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    this.#activity = 'settling';
    this.travel.start(forS);
    try {
      await this.confirmed(
        'guides',
        () => this.read(),
        ({ activity }) => activity === 'guiding',
        command,
      );
    } catch (error) {
      this.restart();
      throw error;
    }
  }
}
