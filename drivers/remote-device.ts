import type { Clock } from '../base/clock.ts';
import { confirm } from './confirm.ts';
import type { Command, Device, DeviceEvents, Listener, Reading } from './contract.ts';
import { Presence } from './presence.ts';

/** How long what was begun may take to end. */
const endMs = 10_000;

/** What devices behind a connection have in common, whatever its protocol. */
export abstract class RemoteDevice<Events extends DeviceEvents = DeviceEvents> implements Device<Events> {
  readonly id: string;
  readonly name: string;
  protected readonly clock: Clock;
  protected readonly presence: Presence<Events>;

  constructor(id: string, name: string, clock: Clock) {
    this.id = id;
    this.name = name;
    this.clock = clock;
    this.presence = new Presence(name, 'it has not come yet');
  }

  get present(): boolean {
    return this.presence.present;
  }

  on<Name extends keyof Events>(name: Name, listener: Listener<Events, Name>): () => void {
    return this.presence.on(name, listener);
  }

  /** Waits until the device's values show that a command was done; ends at once when the device is lost. */
  protected async confirmed<Value>(
    wish: string,
    read: () => Promise<Reading<Value>>,
    done: (value: Value) => boolean,
    command: Command,
  ): Promise<void> {
    await this.presence.needed((gone) =>
      confirm(
        { device: this.name, wish, read, done },
        { ...command, signal: AbortSignal.any([command.signal, gone]) },
        this.clock,
      ),
    );
  }

  /**
   * Carries out a command: nothing begins for a signal that is aborted already, and what was begun is ended before the
   * error of a command that failed is thrown.
   */
  protected async carryOut(
    command: Command,
    work: () => Promise<void>,
    end?: (command: Command) => Promise<void>,
  ): Promise<void> {
    command.signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      const isRefused = (error as { code?: unknown }).code === 'DEVICE_REFUSED';
      if (end && this.present && !isRefused) await end({ signal: new AbortController().signal, deadlineMs: endMs });
      throw error;
    }
  }
}
