import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { LeaseStore } from '../ports.ts';

/** The leases of links, in SQLite. */
export class SqliteLeases implements LeaseStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async take(site: string, holder: string, expiresAtMs: number): Promise<void> {
    this.#database
      .prepare(
        `INSERT INTO leases (site, holder, expires_at_ms) VALUES (?, ?, ?)
         ON CONFLICT (site) DO UPDATE SET holder = excluded.holder, expires_at_ms = excluded.expires_at_ms`,
      )
      .run(site, holder, expiresAtMs);
  }

  async renew(site: string, holder: string, expiresAtMs: number): Promise<boolean> {
    const { changes } = this.#database
      .prepare('UPDATE leases SET expires_at_ms = ? WHERE site = ? AND holder = ?')
      .run(expiresAtMs, site, holder);
    return changes > 0;
  }

  async release(site: string, holder: string): Promise<void> {
    this.#database.prepare('DELETE FROM leases WHERE site = ? AND holder = ?').run(site, holder);
  }

  async holder(site: string, nowMs: number): Promise<string | undefined> {
    return this.#database
      .prepare<[string, number], string>('SELECT holder FROM leases WHERE site = ? AND expires_at_ms > ?')
      .pluck()
      .get(site, nowMs);
  }
}
