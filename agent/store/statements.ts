import type { Statement } from 'better-sqlite3';
import type { SqliteDatabase } from '../../base/sqlite.ts';

/** The prepared statements of one database, each compiled once. */
export class Statements {
  readonly #database: SqliteDatabase;
  readonly #bySql = new Map<string, Statement<unknown[], unknown>>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  prepare<Values extends unknown[] = unknown[], Row = unknown>(sql: string): Statement<Values, Row> {
    let statement = this.#bySql.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#bySql.set(sql, statement);
    }
    return statement as Statement<Values, Row>;
  }
}
