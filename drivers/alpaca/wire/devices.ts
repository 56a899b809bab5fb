import { z } from 'zod';
import type { Command } from '../../contract.ts';
import type { AlpacaClient, AlpacaDevice } from './client.ts';

/** A device that a server lists. */
export interface ListedDevice extends AlpacaDevice {
  readonly name: string;
  /** Stays the same when addresses and numbers change. */
  readonly uniqueId: string;
}

const listed = z.looseObject({
  DeviceName: z.string().default(''),
  DeviceType: z.string(),
  DeviceNumber: z.coerce.number().int().nonnegative(),
  UniqueID: z.string().default(''),
});

/**
 * The devices that a server lists; undefined where it has no list (small servers do without one). Entries that make no
 * sense are passed over: the others still count.
 */
export async function devicesOf(client: AlpacaClient, command: Command): Promise<ListedDevice[] | undefined> {
  const value = await client.management('v1/configureddevices', command);
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((entry) => {
    const { success, data } = listed.safeParse(entry);
    if (!success) return [];
    return [
      {
        name: data.DeviceName,
        type: data.DeviceType.toLowerCase(),
        number: data.DeviceNumber,
        uniqueId: data.UniqueID,
      },
    ];
  });
}
