import type { Clock } from '../../base/clock.ts';
import { proofOfLifeMs } from '../contract/device.ts';
import type { DeviceEvents, Reading } from '../contract.ts';
import { refused, silent } from '../errors.ts';
import { RemoteDevice } from '../remote-device.ts';
import type { IndiProperty } from './properties.ts';
import type { IndiServer } from './server.ts';

/** A device that does not connect is told to every so often. */
const connectEveryMs = 10_000;
/** How long a driver may take to answer a question that costs it nothing. */
const answerMs = 3_000;
/** A driver tells its properties one after the other and marks no end: it has told them when none is new for so long. */
const definedMs = 250;

type Values = Readonly<Record<string, string | number>>;

/**
 * What all devices of an INDI server have in common: they are named, connected when they are not, lost with their server
 * or driver, and back when they have told their properties, those they cannot work without among them: a mount that has
 * told its position, and not yet that it is parked, would be read as free to move. INDI is silent while nothing changes, so a device that has been silent is asked for a sign of life before its values are believed.
 */
export abstract class IndiDevice<Events extends DeviceEvents = DeviceEvents> extends RemoteDevice<Events> {
  protected readonly server: IndiServer;
  readonly #needs: readonly string[];
  readonly #stopping = new AbortController();
  #heardMs = Number.NEGATIVE_INFINITY;
  #connectAtMs = Number.NEGATIVE_INFINITY;
  #isComing = false;

  /** `needs`: without these properties it is not there. */
  constructor(server: IndiServer, device: string, clock: Clock, needs: readonly string[]) {
    super(device, `"${device}"`, clock);
    this.server = server;
    this.#needs = needs;
  }

  /** Begins to follow what the server tells of it, and connects it. Moves nothing. */
  begin(): void {
    this.server.on('lost', (reason) => this.presence.lose(reason));
    this.server.on('message', (device) => {
      if (device === this.id) this.#heardMs = this.clock.nowMs();
    });
    this.server.properties.on('change', (device, name, property) => {
      if (device !== this.id) return;
      if (property) this.#heardMs = this.clock.nowMs();
      this.#follow(name);
    });
    void this.#keepConnecting();
  }

  /** Follows it no longer. Moves nothing. */
  leave(): void {
    this.#stopping.abort();
  }

  /** What to set once it is there, each time it comes. */
  protected setUp(): void {}

  protected property(name: string): IndiProperty | undefined {
    return this.server.properties.get(this.id, name);
  }

  protected number(name: string, member: string): number | undefined {
    return this.server.properties.number(this.id, name, member);
  }

  protected isOn(name: string, member: string): boolean | undefined {
    return this.server.properties.isOn(this.id, name, member);
  }

  protected isBusy(name: string): boolean {
    return this.property(name)?.state === 'Busy';
  }

  /** A value as it stands, with the last sign of life of the device. */
  protected async reading<Value>(value: () => Value): Promise<Reading<Value>> {
    return this.presence.needed(async () => {
      const atMs = await this.#proofOfLife();
      return { value: value(), atMs };
    });
  }

  /**
   * Sets numbers of a property, refused where they are outside of its limits.
   * @throws Parked `DEVICE_REFUSED` for a value that cannot be, or a property that is not there
   */
  protected setNumbers(name: string, values: Values): void {
    const property = this.#writable(name, values);
    for (const [member, value] of Object.entries(values)) {
      const { min, max } = property.members.get(member)!;
      const isLimited = min !== undefined && max !== undefined && max > min;
      const isInside = Number.isFinite(value) && (!isLimited || (Number(value) >= min && Number(value) <= max));
      if (!isInside) throw refused(this.name, `${name} takes ${min} to ${max} for ${member}, not ${value}`);
    }
    this.server.send('Number', this.id, name, values);
  }

  /** Turns one member of a switch on. */
  protected turnOn(name: string, member: string): void {
    this.#writable(name, { [member]: 'On' });
    this.server.send('Switch', this.id, name, { [member]: 'On' });
  }

  #writable(name: string, values: Values): IndiProperty {
    const property = this.property(name);
    const missing = Object.keys(values).find((member) => !property?.members.has(member));
    if (!property || missing !== undefined || property.permission === 'ro') {
      const what = property && missing !== undefined ? `${name}.${missing}` : name;
      throw refused(this.name, `its driver has no ${what} that could be set`);
    }
    return property;
  }

  /** The last moment at which the device is known to have answered; asks it when that is a while ago. */
  async #proofOfLife(): Promise<number> {
    const asked = this.clock.nowMs();
    if (asked - this.#heardMs <= proofOfLifeMs && asked >= this.#heardMs) return this.#heardMs;
    this.server.ask(this.id, 'CONNECTION');
    const endMs = this.clock.monotonicMs() + answerMs;
    const before = this.#heardMs;
    while (this.#heardMs === before) {
      if (this.clock.monotonicMs() >= endMs) {
        this.presence.lose('its driver no longer answers');
        throw silent(this.name, 'its driver no longer answers');
      }
      await this.clock.sleep(20);
    }
    return this.#heardMs;
  }

  /** Whether it is there, by all that the server has told. */
  #follow(changed: string): void {
    const reason = this.#absence();
    if (reason !== undefined) {
      this.presence.lose(reason);
      if (changed === 'CONNECTION') this.#connect();
    } else if (!this.presence.present && !this.#isComing) {
      void this.#come();
    }
  }

  /** Back, once its driver has told all its properties. */
  async #come(): Promise<void> {
    this.#isComing = true;
    let known: number;
    do {
      known = this.server.properties.propertiesOf(this.id).length;
      await this.clock.sleep(definedMs);
    } while (this.server.properties.propertiesOf(this.id).length !== known);
    this.#isComing = false;
    if (this.#stopping.signal.aborted || this.presence.present || this.#absence() !== undefined) return;
    this.setUp();
    this.presence.comeBack();
  }

  #absence(): string | undefined {
    if (!this.property('CONNECTION')) return 'the server does not know it';
    if (this.isOn('CONNECTION', 'CONNECT') !== true) return 'its driver is not connected to it';
    const missing = this.#needs.find((name) => !this.property(name));
    return missing === undefined ? undefined : `its driver has not told ${missing}`;
  }

  #connect(): void {
    const nowMs = this.clock.monotonicMs();
    const isWanted = this.property('CONNECTION') !== undefined && this.isOn('CONNECTION', 'CONNECT') !== true;
    if (!isWanted || this.isBusy('CONNECTION') || nowMs - this.#connectAtMs < connectEveryMs) return;
    this.#connectAtMs = nowMs;
    this.server.send('Switch', this.id, 'CONNECTION', { CONNECT: 'On', DISCONNECT: 'Off' });
  }

  async #keepConnecting(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (this.server.trouble() === undefined) this.#connect();
      await this.clock.sleep(connectEveryMs / 2, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}
