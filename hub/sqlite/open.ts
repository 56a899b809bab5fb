import { join } from 'node:path';
import { openDatabase } from '../../base/sqlite.ts';
import type { HubStores } from '../ports.ts';
import { SqliteLeases } from './leases.ts';
import { migrations } from './migrations.ts';
import { SqliteParcels } from './parcels.ts';
import { SqliteRequests } from './requests.ts';
import { SqliteTargets } from './targets.ts';

/**
 * The stores of a hub in one SQLite file in `dataDir`. `setAside` says where a damaged file was put. Throws TellOperator
 * where the file cannot be used.
 */
export function openSqliteStores(
  dataDir: string,
  nowMs: number,
): HubStores & { readonly setAside: string | undefined } {
  const { database, setAside } = openDatabase(join(dataDir, 'hub.sqlite'), migrations, nowMs);
  return {
    parcels: new SqliteParcels(database),
    requests: new SqliteRequests(database),
    targets: new SqliteTargets(database),
    leases: new SqliteLeases(database),
    setAside,
    onNews: () => undefined,
    close: async () => {
      database.close();
    },
  };
}
