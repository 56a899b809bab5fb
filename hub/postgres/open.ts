import type { Clock } from '../../base/clock.ts';
import type { HubStores } from '../ports.ts';
import { databaseTrouble, migrate, PostgresDatabase } from './database.ts';
import { PostgresLeases } from './leases.ts';
import { News } from './news.ts';
import { PostgresParcels } from './parcels.ts';
import { PostgresRequests } from './requests.ts';
import { PostgresTargets } from './targets.ts';

/**
 * The stores of a hub in a PostgreSQL database, for as many processes as there are. `onLost` hears of connections that
 * were lost and are made anew.
 * @throws TellOperator when the server refuses the account, is too old, or has a newer schema
 * @throws RetryLater when it cannot be reached
 */
export async function openPostgresStores(
  url: string,
  clock: Clock,
  onLost: (reason: string) => void,
): Promise<HubStores> {
  const database = new PostgresDatabase(url, (error) => onLost((error as Error).message));
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw (error as { reaction?: unknown }).reaction === undefined ? databaseTrouble(error) : error;
  }
  const news = new News(url, clock, onLost);
  return {
    parcels: new PostgresParcels(database),
    requests: new PostgresRequests(database),
    targets: new PostgresTargets(database),
    leases: new PostgresLeases(database),
    onNews: (listener) => news.listen(listener),
    async close() {
      await news.close();
      await database.close();
    },
  };
}
