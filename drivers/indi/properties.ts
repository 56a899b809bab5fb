import { EventEmitter } from 'node:events';
import type { Definition, Deletion, IndiState, MemberDefinition, Update, VectorKind } from './wire/elements.ts';

/** One property of a device as it stands. */
export interface IndiProperty {
  readonly device: string;
  readonly name: string;
  readonly kind: VectorKind;
  readonly permission: 'ro' | 'wo' | 'rw';
  readonly state: IndiState;
  readonly members: ReadonlyMap<string, MemberDefinition>;
  /** When the server last spoke of it, Unix milliseconds. A value that stands still is not told again. */
  readonly atMs: number;
  /** How many times the server has spoken of it: the word that answers a command is a new one. */
  readonly told: number;
}

interface PropertyEvents {
  /** A property came, changed or went (then it is undefined). */
  change: [device: string, name: string, property: IndiProperty | undefined];
}

/**
 * What a server has told of its devices' properties. Servers define properties more than once, and drivers redefine
 * them with other limits: the last word stands.
 */
export class PropertyBook extends EventEmitter<PropertyEvents> {
  readonly #devices = new Map<string, Map<string, IndiProperty>>();

  get(device: string, name: string): IndiProperty | undefined {
    return this.#devices.get(device)?.get(name);
  }

  /** The value of one member; undefined where the property or the member is not there. */
  number(device: string, name: string, member: string): number | undefined {
    const value = this.get(device, name)?.members.get(member)?.value;
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  text(device: string, name: string, member: string): string | undefined {
    const value = this.get(device, name)?.members.get(member)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  /** Whether a member of a switch is on; undefined where it is not there. */
  isOn(device: string, name: string, member: string): boolean | undefined {
    const value = this.text(device, name, member);
    return value === undefined ? undefined : value === 'On';
  }

  devices(): string[] {
    return [...this.#devices.keys()];
  }

  propertiesOf(device: string): IndiProperty[] {
    return [...(this.#devices.get(device)?.values() ?? [])];
  }

  define({ device, name, kind, permission, state, members }: Definition, atMs: number): void {
    const known = this.#devices.get(device) ?? new Map<string, IndiProperty>();
    this.#devices.set(device, known);
    const told = (known.get(name)?.told ?? 0) + 1;
    this.#put({
      device,
      name,
      kind,
      permission,
      state,
      atMs,
      told,
      members: new Map(members.map((one) => [one.name, one])),
    });
  }

  /** New values of a property that is known; of one that is not they say nothing that could be believed. */
  update({ device, name, state, members }: Omit<Update, 'type' | 'kind' | 'message'>, atMs: number): void {
    const known = this.get(device, name);
    if (!known) return;
    const values = new Map(known.members);
    for (const { name: member, value } of members) {
      const before = values.get(member);
      if (before) values.set(member, { ...before, value });
    }
    this.#put({ ...known, state: state ?? known.state, members: values, atMs, told: known.told + 1 });
  }

  delete({ device, name }: Omit<Deletion, 'type'>): void {
    const known = this.#devices.get(device);
    for (const gone of name === undefined ? [...(known?.keys() ?? [])] : [name]) {
      if (known?.delete(gone)) this.emit('change', device, gone, undefined);
    }
    if (known?.size === 0) this.#devices.delete(device);
  }

  /** The connection is gone, and with it all that was known. */
  clear(): void {
    for (const device of this.devices()) this.delete({ device, name: undefined });
  }

  #put(property: IndiProperty): void {
    this.#devices.get(property.device)!.set(property.name, property);
    this.emit('change', property.device, property.name, property);
  }
}
