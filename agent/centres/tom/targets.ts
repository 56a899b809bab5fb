import { z } from 'zod';
import { Parked } from '../../../base/errors.ts';
import type { HttpClient } from '../http.ts';
import type { NetworkTarget, TargetSource } from '../target-source.ts';
import type { TomAccount } from './account.ts';
import { listItems, notUnderstood } from './pages.ts';

const named = z.object({
  id: z.number().int(),
  name: z.string(),
  aliases: z.array(z.object({ name: z.string() })).catch([]),
});

const sidereal = z.object({
  name: z.string().trim().min(1).max(200),
  type: z.literal('SIDEREAL'),
  ra: z.number().min(0).max(360),
  dec: z.number().min(-90).max(90),
});

/** The targets of a TOM that have a fixed place. */
export function tomTargets(account: TomAccount, http: HttpClient): TargetSource {
  return {
    destination: account.destination,
    async targets(signal) {
      const targets: NetworkTarget[] = [];
      let nItems = 0;
      for await (const item of listItems(account, 'targets', {}, http, signal)) {
        nItems++;
        const { success, data } = sidereal.safeParse(item);
        if (success) targets.push({ name: data.name, raDeg: data.ra % 360, decDeg: data.dec });
      }
      if (nItems > 0 && targets.length === 0) throw notUnderstood(account, 'none of its targets has a position');
      return targets;
    },
  };
}

/**
 * The number of a target at a TOM, by its name or one of its other names there.
 * @throws RetryLater, TellOperator; Parked where the TOM, or this account, knows no such target
 */
export async function targetId(
  account: TomAccount,
  name: string,
  http: HttpClient,
  signal: AbortSignal,
): Promise<number> {
  let byAlias: number | undefined;
  // Some versions match parts of names and others a whole one; capitals matter to neither.
  for await (const item of listItems(account, 'targets', { name }, http, signal)) {
    const { success, data } = named.safeParse(item);
    if (!success) continue;
    if (isSame(data.name, name)) return data.id;
    if (data.aliases.some((alias) => isSame(alias.name, name))) byAlias = data.id;
  }
  if (byAlias !== undefined) return byAlias;
  throw new Parked(
    'TOM_TARGET',
    `The TOM ${account.url} shows this account no target "${name}". Create it there, or give it the name it has there, and send the parcel again.`,
  );
}

const isSame = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
