import type { SqliteDatabase } from '../../base/sqlite.ts';
import { networkTarget, type TargetList } from '../../protocol/targets.ts';
import type { TargetStore } from '../ports.ts';

/** The positions that the hub's network cares for, in SQLite. */
export class SqliteTargets implements TargetStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async replace({ targets }: TargetList): Promise<void> {
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM targets').run();
      const insert = this.#database.prepare('INSERT INTO targets (name, payload) VALUES (?, ?)');
      for (const target of targets) insert.run(target.name, JSON.stringify(target));
    })();
  }

  async list(): Promise<TargetList> {
    const payloads = this.#database.prepare<[], string>('SELECT payload FROM targets ORDER BY name').pluck().all();
    return { targets: payloads.map((payload) => networkTarget.parse(JSON.parse(payload))) };
  }
}
