import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '../../base/clock.ts';
import { type Migration, openDatabase, type SqliteDatabase } from '../../base/sqlite.ts';
import { Statements } from './statements.ts';

/** Where reference stars come from, and on which terms. */
export interface StarSource {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  /** What a publication that uses the stars is asked to say. */
  readonly credit: string;
}

/** Stars of one source in one tile, as `agent/catalogue/tile-body.ts` writes them. */
export interface StoredTile {
  readonly tile: number;
  /** Whether every star that the source has there, down to `depthMag`, is in the body. */
  readonly complete: boolean;
  /** Null where no limit was set: all that the source has. */
  readonly depthMag: number | null;
  readonly nStars: number;
  /** SHA-256 of the body. */
  readonly checksum: string;
  readonly body: Buffer;
}

export interface SourceSummary extends StarSource {
  readonly nTiles: number;
  readonly nComplete: number;
  readonly nStars: number;
  readonly bytes: number;
  /** Where its stars were got, and when last. */
  readonly origin: string;
  readonly writtenAtMs: number;
}

const migrations: readonly Migration[] = [
  {
    name: '20261123T0015-star-tiles',
    sql: `
CREATE TABLE star_sources (
  id            TEXT    PRIMARY KEY,
  title         TEXT    NOT NULL,
  licence       TEXT    NOT NULL,
  credit        TEXT    NOT NULL,
  origin        TEXT    NOT NULL,
  written_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE star_tiles (
  source    TEXT    NOT NULL REFERENCES star_sources (id) ON DELETE CASCADE,
  tile      INTEGER NOT NULL,
  complete  INTEGER NOT NULL CHECK (complete IN (0, 1)),
  depth_mag REAL,
  n_stars   INTEGER NOT NULL,
  checksum  TEXT    NOT NULL,
  body      BLOB    NOT NULL,
  PRIMARY KEY (source, tile)
) STRICT;`,
  },
];

export const starTilesName = 'catalogue.sqlite';

/** Opens the reference stars of a site for writing; several processes may. `setAside` names a damaged file put away. */
export function openStarTiles(
  dataDir: string,
  clock: Clock,
): { readonly tiles: StarTiles; readonly setAside: string | undefined } {
  const { database, setAside } = openDatabase(join(dataDir, starTilesName), migrations, clock.nowMs());
  return { tiles: new StarTiles(database, clock), setAside };
}

/** Opens them for reading; undefined where the site has none yet, or another process is just making the file. */
export function readStarTiles(dataDir: string, clock: Clock): StarTiles | undefined {
  const path = join(dataDir, starTilesName);
  if (!existsSync(path)) return undefined;
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    const tables = database.prepare(`SELECT count(*) FROM sqlite_master WHERE name = 'star_tiles'`).pluck().get();
    if (tables === 1) return new StarTiles(database, clock);
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  return undefined;
}

type TileRow = Omit<StoredTile, 'complete'> & { complete: number };
const tileColumns = `tile, complete, depth_mag AS depthMag, n_stars AS nStars, checksum`;

/** Reference stars by source and tile of the sky: permanent, since the sky they show does not change. */
export class StarTiles {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #clock: Clock;

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#clock = clock;
  }

  /** Adds tiles to a source, in the place of those it had; `replacing`: in the place of all. One transaction. */
  write(source: StarSource, origin: string, tiles: Iterable<StoredTile>, replacing: boolean): void {
    const { id, title, licence, credit } = source;
    this.#database
      .transaction(() => {
        this.#statements
          .prepare(
            `INSERT INTO star_sources (id, title, licence, credit, origin, written_at_ms) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, licence = excluded.licence,
               credit = excluded.credit, origin = excluded.origin, written_at_ms = excluded.written_at_ms`,
          )
          .run(id, title, licence, credit, origin, this.#clock.nowMs());
        if (replacing) this.#statements.prepare('DELETE FROM star_tiles WHERE source = ?').run(id);
        const insert = this.#statements.prepare(
          `INSERT OR REPLACE INTO star_tiles (source, tile, complete, depth_mag, n_stars, checksum, body)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        );
        for (const { tile, complete, depthMag, nStars, checksum, body } of tiles) {
          insert.run(id, tile, complete ? 1 : 0, depthMag, nStars, checksum, body);
        }
      })
      .immediate();
  }

  /** What a source holds of the given tiles, without the stars. */
  known(source: string, tiles: readonly number[]): Omit<StoredTile, 'body'>[] {
    return this.#select<Omit<TileRow, 'body'>>(tileColumns, source, tiles);
  }

  /** The given tiles of a source, as far as it holds them. */
  read(source: string, tiles: readonly number[]): StoredTile[] {
    return this.#select<TileRow>(`${tileColumns}, body`, source, tiles);
  }

  #select<Row extends { complete: number }>(
    columns: string,
    source: string,
    tiles: readonly number[],
  ): (Omit<Row, 'complete'> & { complete: boolean })[] {
    return this.#statements
      .prepare<[string, string], Row>(
        `SELECT ${columns} FROM star_tiles WHERE source = ? AND tile IN (SELECT value FROM json_each(?)) ORDER BY tile`,
      )
      .all(source, JSON.stringify(tiles))
      .map((row) => ({ ...row, complete: row.complete === 1 }));
  }

  sources(): SourceSummary[] {
    return this.#statements
      .prepare<[], SourceSummary>(
        `SELECT id, title, licence, credit, origin, written_at_ms AS writtenAtMs, count(tile) AS nTiles,
           coalesce(sum(complete), 0) AS nComplete, coalesce(sum(n_stars), 0) AS nStars,
           coalesce(sum(length(body)), 0) AS bytes
         FROM star_sources LEFT JOIN star_tiles ON source = id GROUP BY id ORDER BY id`,
      )
      .all();
  }

  close(): void {
    this.#database.close();
  }
}
