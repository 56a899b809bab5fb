import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { TellOperator } from '../base/errors.ts';
import type { HubStores } from './ports.ts';
import { openSqliteStores } from './sqlite/open.ts';

/** Where a hub keeps its rows: a folder with an SQLite file, or the address of a PostgreSQL database. */
export type StorePlace = { readonly dataDir: string } | { readonly postgres: string };

/** Opens the stores of a hub. The code of PostgreSQL is loaded only where it is used: sites do not install its client. */
export async function openStores(place: StorePlace, clock: Clock, log: Logger): Promise<HubStores> {
  if ('dataDir' in place) {
    const { setAside, ...stores } = openSqliteStores(place.dataDir, clock.nowMs());
    if (setAside !== undefined) log.error({ setAside }, 'the database was damaged and set aside; a new one is begun');
    return stores;
  }
  const { openPostgresStores } = await import('./postgres/open.ts').catch((error: { code?: string }) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new TellOperator('HUB_DATABASE', 'A hub on PostgreSQL needs its client, which sites do not: npm install pg', {
      cause: error,
    });
  });
  return openPostgresStores(place.postgres, clock, (reason) =>
    log.warn({ reason }, 'a connection to PostgreSQL was lost; it is made anew'),
  );
}
