import type { LeaseStore } from '../ports.ts';
import type { PostgresDatabase } from './database.ts';

/** The leases of links, in PostgreSQL. */
export class PostgresLeases implements LeaseStore {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  async take(site: string, holder: string, expiresAtMs: number): Promise<void> {
    await this.#database.query(
      `INSERT INTO leases (site, holder, expires_at_ms) VALUES ($1, $2, $3)
       ON CONFLICT (site) DO UPDATE SET holder = excluded.holder, expires_at_ms = excluded.expires_at_ms`,
      [site, holder, expiresAtMs],
    );
  }

  async renew(site: string, holder: string, expiresAtMs: number): Promise<boolean> {
    const { rowCount } = await this.#database.query(
      'UPDATE leases SET expires_at_ms = $3 WHERE site = $1 AND holder = $2',
      [site, holder, expiresAtMs],
    );
    return rowCount === 1;
  }

  async release(site: string, holder: string): Promise<void> {
    await this.#database.query('DELETE FROM leases WHERE site = $1 AND holder = $2', [site, holder]);
  }

  async holder(site: string, nowMs: number): Promise<string | undefined> {
    const { rows } = await this.#database.query<{ holder: string }>(
      'SELECT holder FROM leases WHERE site = $1 AND expires_at_ms > $2',
      [site, nowMs],
    );
    return rows[0]?.holder;
  }
}
