import type {
  Command,
  ConditionsState,
  ObservingConditions,
  Power,
  PowerState,
  Reading,
  SafetyMonitor,
  SwitchChannel,
  Switches,
  SwitchState,
} from '../contract.ts';
import { refused } from '../errors.ts';
import { SimulatedDevice } from './device.ts';
import type { World } from './world.ts';

/** A box that says safe, until a test makes it say something else, or nothing clear. */
export class SimulatedSafetyMonitor extends SimulatedDevice implements SafetyMonitor {
  #safe: boolean | undefined = true;

  constructor(world: World) {
    super(world, 'The safety monitor');
  }

  async read(): Promise<Reading<{ safe: boolean | undefined; reason: string | undefined }>> {
    return this.reading({ safe: this.#safe, reason: undefined });
  }

  turn(safe: boolean | undefined): void {
    this.#safe = safe;
  }

  restart(): void {
    this.#safe = undefined;
  }
}

/** A supply whose mains can fail. */
export class SimulatedPower extends SimulatedDevice implements Power {
  #state: PowerState = { source: 'mains', chargePercent: 100, remainingS: undefined };

  constructor(world: World) {
    super(world, 'The power supply');
  }

  async read(): Promise<Reading<PowerState>> {
    return this.reading(this.#state);
  }

  turn(state: Partial<PowerState>): void {
    this.#state = { ...this.#state, ...state };
  }

  restart(): void {
    this.#state = { source: 'unknown', chargePercent: undefined, remainingS: undefined };
  }
}

export class SimulatedConditions extends SimulatedDevice implements ObservingConditions {
  constructor(world: World) {
    super(world, 'The sky monitor');
  }

  async read(): Promise<Reading<ConditionsState>> {
    return this.reading({ skyBrightnessMagPerArcsec2: 20.4, seeingArcsec: 2.5 });
  }

  restart(): void {
    // it remembers nothing that could change
  }
}

/** Two relays and a dew heater. */
export class SimulatedSwitches extends SimulatedDevice implements Switches {
  readonly channels: readonly SwitchChannel[] = [
    { name: 'mount power', min: 0, max: 1, writable: true },
    { name: 'dew heater', min: 0, max: 100, writable: true },
    { name: 'door', min: 0, max: 1, writable: false },
  ];
  #values = new Map(this.channels.map(({ name, min }) => [name, min]));

  constructor(world: World) {
    super(world, 'The switch box');
  }

  async read(): Promise<Reading<readonly SwitchState[]>> {
    return this.reading([...this.#values].map(([name, value]) => ({ name, value })));
  }

  async set(channel: string, value: number, command: Command): Promise<void> {
    command.signal.throwIfAborted();
    const found = this.channels.find(({ name }) => name === channel);
    if (!found?.writable) throw refused(this.name, `it has no switch "${channel}" to set`);
    if (!(value >= found.min && value <= found.max))
      throw refused(this.name, `"${channel}" takes ${found.min} to ${found.max}, not ${value}`);
    this.#values.set(channel, value);
    const done = (states: readonly SwitchState[]) =>
      states.some((state) => state.name === channel && state.value === value);
    await this.confirmed(`has "${channel}" at ${value}`, () => this.read(), done, command);
  }

  restart(): void {
    for (const { name, min } of this.channels) this.#values.set(name, min);
  }
}
