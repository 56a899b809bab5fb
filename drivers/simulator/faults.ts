import type { Capability, Command, Devices } from '../contract.ts';
import { refused, silent } from '../errors.ts';
import type { Presence } from '../presence.ts';
import type { World } from './world.ts';

/** Every reading and command of the contract at which a simulated device can be made to fail. */
export type FaultPoint = {
  [Of in Capability]: `${Of}.${AsyncMethods<NonNullable<Devices[Of]>>}`;
}[Capability];

type AsyncMethods<Of> = string &
  { [Name in keyof Of]: Of[Name] extends (...facts: never[]) => Promise<unknown> ? Name : never }[keyof Of];

export type Fault =
  /** Neither answers nor hears its signal. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Says Ok at once and does nothing. */
  | { readonly kind: 'lies' }
  | { readonly kind: 'refuses'; readonly reason: string }
  /** Rejects at once, as a dead link does. */
  | { readonly kind: 'fails' }
  /** Begins, and is busy for ever. */
  | { readonly kind: 'stuck' }
  /** A reading that is repeated as it was, time and all. */
  | { readonly kind: 'frozen' }
  /** A reading with a value of the test's choice, fresh. */
  | { readonly kind: 'tells'; readonly value: unknown };

/** The faults of one simulated observatory, set and lifted while it works. */
export class SimulatedFaults {
  readonly #set = new Map<string, { fault: Fault; times: number }>();
  readonly #calls = new Map<string, number>();

  /** From the next call on, so many times; for ever when not told. */
  set(point: FaultPoint, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#set.set(point, { fault, times });
  }

  lift(point?: FaultPoint): void {
    if (point === undefined) this.#set.clear();
    else this.#set.delete(point);
  }

  /** How often the point was called, well or ill. */
  calls(point: FaultPoint): number {
    return this.#calls.get(point) ?? 0;
  }

  /** Counts a call and gives the fault that it meets. */
  meet(point: string): Fault | undefined {
    this.#calls.set(point, (this.#calls.get(point) ?? 0) + 1);
    const entry = this.#set.get(point);
    if (entry === undefined || entry.times <= 0) return undefined;
    entry.times--;
    return entry.fault;
  }
}

const pointsOf: { readonly [Of in Capability]: readonly AsyncMethods<NonNullable<Devices[Of]>>[] } = {
  mount: ['read', 'slewTo', 'offset', 'sync', 'flip', 'setTracking', 'stop', 'park', 'unpark', 'setSite'],
  camera: ['read', 'expose', 'cool', 'warm'],
  filterWheel: ['read', 'select'],
  focuser: ['read', 'moveTo', 'stop'],
  guider: ['read', 'start', 'dither', 'stop'],
  rotator: ['read', 'rotateTo', 'sync', 'stop'],
  flatPanel: ['read', 'moveCover', 'illuminate'],
  dome: ['read', 'open', 'close', 'stop', 'rotateTo', 'setSlaved'],
  weather: ['read'],
  safetyMonitor: ['read'],
  power: ['read'],
  conditions: ['read'],
  switches: ['read', 'set'],
};

/** The device as its users see it: each point of the contract may meet a fault, and none works while it is lost. */
export function withFaults<Of extends Faultable>(
  capability: Capability,
  device: Of,
  faults: SimulatedFaults,
  world: World,
): Of {
  const points: readonly string[] = pointsOf[capability];
  const frozen = new Map<string, unknown>();
  const call = async (name: string, method: Method, facts: unknown[]): Promise<unknown> => {
    const command = facts.find(isCommand);
    const run = () =>
      device.presence.needed((lost) =>
        method(
          ...facts.map((fact) => (isCommand(fact) ? { ...fact, signal: AbortSignal.any([fact.signal, lost]) } : fact)),
        ),
      );
    const fault = faults.meet(`${capability}.${name}`);
    switch (fault?.kind) {
      case 'silent':
        return device.presence.needed(() => new Promise(() => undefined));
      case 'slow':
        return device.presence.needed(() => world.clock.sleep(fault.ms, command?.signal)).then(run);
      case 'lies':
        return undefined;
      case 'refuses':
        throw refused(device.name, fault.reason);
      case 'fails':
        throw silent(device.name);
      case 'stuck':
        device.jam();
        return run().finally(() => device.jam(false));
      case 'frozen':
        if (!frozen.has(name)) frozen.set(name, await run());
        return frozen.get(name);
      case 'tells':
        return { value: fault.value, atMs: world.clock.nowMs() };
      case undefined:
        frozen.delete(name);
        return run();
    }
  };
  return new Proxy(device, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as Method;
      if (typeof name !== 'string' || !points.includes(name)) return method;
      return (...facts: unknown[]) => call(name, method, facts);
    },
  });
}

/** What a device has that can be made to fail. */
export interface Faultable {
  readonly name: string;
  readonly presence: Pick<Presence, 'needed' | 'lose' | 'comeBack'>;
  jam(jammed?: boolean): void;
}

type Method = (...facts: unknown[]) => Promise<unknown>;

function isCommand(fact: unknown): fact is Command {
  return typeof fact === 'object' && fact !== null && 'signal' in fact && 'deadlineMs' in fact;
}
