import { EdgeError } from '../../../base/errors.ts';
import type { Command } from '../../../drivers/contract.ts';

/** The device's own error: HTTP 200 with an ErrorNumber. */
export class AlpacaFault extends Error {
  readonly number: number;

  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

export const faults = {
  notImplemented: 0x400,
  invalidValue: 0x401,
  valueNotSet: 0x402,
  notConnected: 0x407,
  parked: 0x408,
  invalidOperation: 0x40b,
  driver: 0x500,
} as const;

/** What a parameter is; anything else is answered with 400. */
export type Kind = 'number' | 'integer' | 'boolean' | 'text';
export type Needs = Readonly<Record<string, Kind>>;
export interface Given {
  number(name: string): number;
  flag(name: string): boolean;
  text(name: string): string;
}

export interface Member {
  readonly get?: { readonly needs: Needs; readonly value: (given: Given) => unknown };
  readonly put?: { readonly needs: Needs; readonly act: (given: Given) => unknown };
}
/** The members of one device by their names in the path. */
export type Members = Readonly<Record<string, Member>>;

export function reads(value: (given: Given) => unknown, needs: Needs = {}): Member {
  return { get: { needs, value } };
}

export function acts(act: (given: Given) => unknown, needs: Needs = {}): Member {
  return { put: { needs, act } };
}

export function lacks(): Member {
  const refuse = () => {
    throw new AlpacaFault(faults.notImplemented, 'not implemented');
  };
  return { get: { needs: {}, value: refuse }, put: { needs: {}, act: refuse } };
}

/** Work that goes on after its start was answered, as the specification wants it of everything that takes long. */
export class UnderWay {
  #abort = new AbortController();

  /** Begins it; rejects when it is refused at once. How it ends the device's values show. */
  async begin(work: (command: Command) => Promise<unknown>): Promise<void> {
    this.#abort = new AbortController();
    const going = work({ signal: this.#abort.signal, deadlineMs: 600_000 });
    going.catch(() => undefined);
    await Promise.race([going, new Promise((resolve) => setImmediate(resolve))]);
  }

  end(): void {
    this.#abort.abort(new Error('aborted'));
  }
}

/** The number under which a simulated device's error goes out. */
export function faultOf(error: unknown): AlpacaFault {
  if (error instanceof AlpacaFault) return error;
  if (!(error instanceof EdgeError)) throw error;
  if (error.code === 'DEVICE_REFUSED')
    return new AlpacaFault(/is parked/.test(error.message) ? faults.parked : faults.invalidValue, error.message);
  return new AlpacaFault(error.code === 'DEVICE_BUSY' ? faults.invalidOperation : faults.driver, error.message);
}
