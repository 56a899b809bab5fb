import type { Command, Device, DeviceEvents, Listener, Reading } from '../contract.ts';
import { Presence } from '../presence.ts';
import { obey, Travel, type World } from './world.ts';

/** What all simulated devices have: a name, a presence that can be taken from them, one motion, and a stuck motor. */
export abstract class SimulatedDevice<Events extends DeviceEvents = DeviceEvents> implements Device<Events> {
  readonly id: string;
  readonly name: string;
  readonly presence: Presence<Events>;
  protected readonly world: World;
  protected readonly travel: Travel;

  constructor(world: World, name: string) {
    this.id = name.toLowerCase().replaceAll(' ', '-');
    this.name = name;
    this.presence = new Presence(name);
    this.world = world;
    this.travel = new Travel(world);
  }

  get present(): boolean {
    return this.presence.present;
  }

  on<Name extends keyof Events>(name: Name, listener: Listener<Events, Name>): () => void {
    return this.presence.on(name, listener);
  }

  /** From now on (or no longer) no motion comes to its end, as with a slipping clutch: busy for ever. */
  jam(jammed = true): void {
    this.travel.jam(jammed);
  }

  /** The state in which it comes up when its power comes back. */
  abstract restart(): void;

  protected reading<Value>(value: Value): Reading<Value> {
    return { value, atMs: this.world.clock.nowMs() };
  }

  protected async confirmed<Value>(
    wish: string,
    read: () => Promise<Reading<Value>>,
    done: (value: Value) => boolean,
    command: Command,
  ): Promise<void> {
    await obey(this.world, { device: this.name, wish, read, done }, command);
  }
}
