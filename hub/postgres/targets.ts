import { networkTarget, type TargetList } from '../../protocol/targets.ts';
import type { TargetStore } from '../ports.ts';
import type { PostgresDatabase } from './database.ts';

/** The positions that the hub's network cares for, in PostgreSQL. */
export class PostgresTargets implements TargetStore {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  async replace({ targets }: TargetList): Promise<void> {
    await this.#database.transaction(async (client) => {
      // Two lists that come at once are put in place one after the other.
      await client.query('LOCK TABLE targets IN EXCLUSIVE MODE');
      await client.query('DELETE FROM targets');
      await client.query('INSERT INTO targets (name, payload) SELECT * FROM unnest($1::text[], $2::text[])', [
        targets.map(({ name }) => name),
        targets.map((target) => JSON.stringify(target)),
      ]);
    });
  }

  async list(): Promise<TargetList> {
    const { rows } = await this.#database.query<{ payload: string }>('SELECT payload FROM targets ORDER BY name');
    return { targets: rows.map(({ payload }) => networkTarget.parse(JSON.parse(payload))) };
  }
}
