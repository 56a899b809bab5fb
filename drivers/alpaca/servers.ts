import type { Clock } from '../../base/clock.ts';
import { RetryLater } from '../../base/errors.ts';
import type { Command } from '../contract.ts';
import { type AlpacaAddress, AlpacaClient, type AlpacaDevice } from './wire/client.ts';
import { devicesOf } from './wire/devices.ts';
import { type DiscoveryOptions, discoverServers } from './wire/discovery.ts';

/** How a device is known: by its number at a server, or by its UniqueID wherever it is. */
export type AlpacaName = { readonly number: number } | { readonly uniqueId: string };

export interface FoundDevice {
  readonly client: AlpacaClient;
  readonly device: AlpacaDevice;
}

export interface ServersOptions {
  /** The server of the devices known by number, and where those known by UniqueID are looked for first. */
  readonly address?: AlpacaAddress | undefined;
  /** Where else they are looked for; the local networks when absent. */
  readonly discovery?: Pick<DiscoveryOptions, 'addresses' | 'port'> | undefined;
  readonly clientId: number;
  readonly clock: Clock;
}

const discoveryMs = 1_500;

/** The Alpaca servers of a site, a client each, and which device is where. */
export class AlpacaServers {
  readonly #options: ServersOptions;
  readonly #clients = new Map<string, AlpacaClient>();
  readonly #addresses = new Map<string, AlpacaAddress>();
  #discovering: Promise<AlpacaAddress[]> | undefined;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /** Where the device is now. @throws RetryLater `DEVICE_SILENT` when no server has it */
  async find(type: string, name: AlpacaName, command: Command): Promise<FoundDevice> {
    const { address } = this.#options;
    if ('number' in name) {
      if (!address) throw nowhere(`the ${type} ${name.number} needs the address of its server`);
      return { client: this.#clientOf(address), device: { type, number: name.number } };
    }
    const known = [...(address ? [address] : []), ...this.#addresses.values()];
    const found =
      (await this.#among(known, type, name.uniqueId, command)) ??
      (await this.#among(await this.#discovered(command.signal), type, name.uniqueId, command));
    if (!found) throw nowhere(`no server on the network lists a ${type} with the UniqueID ${name.uniqueId}`);
    return found;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  async #among(
    addresses: readonly AlpacaAddress[],
    type: string,
    uniqueId: string,
    command: Command,
  ): Promise<FoundDevice | undefined> {
    for (const address of addresses) {
      const client = this.#clientOf(address);
      const listed = await devicesOf(client, command).catch((error: unknown) => {
        if (error instanceof RetryLater) return undefined; // a server that is away lists nothing; others may
        throw error;
      });
      const device = listed?.find((one) => one.type === type && one.uniqueId === uniqueId);
      if (device) return { client, device: { type, number: device.number } };
    }
    return undefined;
  }

  /** Devices that look at the same time share one question into the network. */
  #discovered(signal: AbortSignal): Promise<AlpacaAddress[]> {
    const { clock, discovery } = this.#options;
    this.#discovering ??= discoverServers({ ...discovery, clock, signal, waitMs: discoveryMs })
      .then((found) => {
        this.#addresses.clear();
        for (const address of found) this.#addresses.set(keyOf(address), address);
        return found;
      })
      .finally(() => {
        this.#discovering = undefined;
      });
    return this.#discovering;
  }

  #clientOf(address: AlpacaAddress): AlpacaClient {
    const key = keyOf(address);
    const client = this.#clients.get(key) ?? new AlpacaClient(address, this.#options.clientId);
    this.#clients.set(key, client);
    return client;
  }
}

function keyOf({ host, port }: AlpacaAddress): string {
  return `${host} ${port}`;
}

function nowhere(reason: string): RetryLater {
  return new RetryLater('DEVICE_SILENT', `An Alpaca device is not found: ${reason}. It will be looked for again.`);
}
