import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { TargetList } from '../../protocol/targets.ts';

interface Row {
  name: string;
  raDeg: number;
  decDeg: number;
}

/** The positions that the hub's network cares for. */
export class Targets {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  replace({ targets }: TargetList): void {
    this.#database.transaction(() => {
      this.#database.prepare('DELETE FROM targets').run();
      const insert = this.#database.prepare('INSERT INTO targets (name, ra_deg, dec_deg) VALUES (?, ?, ?)');
      for (const { name, raDeg, decDeg } of targets) insert.run(name, raDeg, decDeg);
    })();
  }

  list(): TargetList {
    const targets = this.#database
      .prepare<[], Row>('SELECT name, ra_deg AS raDeg, dec_deg AS decDeg FROM targets ORDER BY name')
      .all();
    return { targets };
  }
}
