import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { readJson } from '../../base/read-json.ts';
import type { SqliteDatabase } from '../../base/sqlite.ts';
import type { ArchivePoint } from '../../pipeline/targets/archive.ts';
import { Statements } from './statements.ts';

export interface StoredTarget {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
}

/** How much a centre wants a target; null where it does not say. */
export interface StoredInterest {
  readonly importance: number | null;
  readonly priority: number | null;
  readonly cadenceDays: number | null;
}

export interface StoredArchive {
  /** In the order of time; undefined when the centre does not know the target. */
  readonly points: readonly ArchivePoint[] | undefined;
  /** What has to stand wherever they are used; null where the centre asks for nothing. */
  readonly acknowledgement: string | null;
  readonly fetchedAtMs: number;
}

const noInterest: StoredInterest = { importance: null, priority: null, cadenceDays: null };

/** What centres last told of their targets: lists and light curves, with their age. They may be out of date, never half. */
export class NetworkTargetStore {
  readonly #database: SqliteDatabase;
  readonly #statements: Statements;
  readonly #clock: Clock;
  /** By centres, since every frame asks for them and they change a few times a day. */
  readonly #lists = new Map<string, readonly StoredTarget[]>();

  constructor(database: SqliteDatabase, clock: Clock) {
    this.#database = database;
    this.#statements = new Statements(database);
    this.#clock = clock;
  }

  /** Puts a centre's list in the place of its last one, and gives the targets that were not in that. */
  replaceList<T extends StoredTarget & { readonly interest?: StoredInterest }>(
    destination: string,
    targets: readonly T[],
  ): T[] {
    this.#lists.clear();
    return this.#database
      .transaction(() => {
        const before = new Set(
          this.#statements
            .prepare<[string], string>('SELECT name FROM network_targets WHERE destination = ?')
            .pluck()
            .all(destination),
        );
        this.#statements.prepare('DELETE FROM network_targets WHERE destination = ?').run(destination);
        const insert = this.#statements.prepare(
          `INSERT OR REPLACE INTO network_targets (destination, name, ra_deg, dec_deg, importance, priority, cadence_days)
           VALUES (@destination, @name, @raDeg, @decDeg, @importance, @priority, @cadenceDays)`,
        );
        for (const { name, raDeg, decDeg, interest } of targets)
          insert.run({ destination, name, raDeg, decDeg, ...(interest ?? noInterest) });
        this.#statements
          .prepare('INSERT OR REPLACE INTO target_lists (destination, fetched_at_ms) VALUES (?, ?)')
          .run(destination, this.#clock.nowMs());
        return targets.filter(({ name }) => !before.has(name));
      })
      .immediate();
  }

  /** When a centre's list was last got; undefined when never. */
  listFetchedAtMs(destination: string): number | undefined {
    return this.#statements
      .prepare<[string], number>('SELECT fetched_at_ms FROM target_lists WHERE destination = ?')
      .pluck()
      .get(destination);
  }

  /** How many targets each centre has, and when its list was got. */
  lists(): { readonly destination: string; readonly count: number; readonly fetchedAtMs: number }[] {
    return this.#statements
      .prepare<[], { destination: string; count: number; fetchedAtMs: number }>(
        `SELECT l.destination, count(t.name) AS count, l.fetched_at_ms AS fetchedAtMs FROM target_lists AS l
         LEFT JOIN network_targets AS t ON t.destination = l.destination GROUP BY l.destination ORDER BY l.destination`,
      )
      .all();
  }

  /** The targets of all these centres. */
  targets(destinations: readonly string[]): readonly StoredTarget[] {
    const key = JSON.stringify(destinations);
    let found = this.#lists.get(key);
    if (!found) {
      found = this.#statements
        .prepare<[string], StoredTarget>(
          `SELECT name, ra_deg AS raDeg, dec_deg AS decDeg FROM network_targets
           WHERE destination IN (SELECT value FROM json_each(?)) ORDER BY destination, name`,
        )
        .all(key);
      this.#lists.set(key, found);
    }
    return found;
  }

  /** How much these centres want their targets, the most wanted first, those of which they do not say it last. */
  interests(destinations: readonly string[]): (StoredInterest & StoredTarget & { readonly destination: string })[] {
    return this.#statements
      .prepare<[string], StoredInterest & StoredTarget & { readonly destination: string }>(
        `SELECT destination, name, ra_deg AS raDeg, dec_deg AS decDeg, importance, priority, cadence_days AS cadenceDays FROM network_targets
         WHERE destination IN (SELECT value FROM json_each(?))
         ORDER BY priority DESC NULLS LAST, importance DESC NULLS LAST, destination, name`,
      )
      .all(JSON.stringify(destinations));
  }

  writeArchive(
    destination: string,
    name: string,
    points: readonly ArchivePoint[] | undefined,
    acknowledgement?: string,
  ): void {
    const rows = points?.map(({ mjd, mag, magErr, band }) => [mjd, mag, Number.isNaN(magErr) ? null : magErr, band]);
    this.#statements
      .prepare(
        `INSERT OR REPLACE INTO target_archives (destination, name, fetched_at_ms, points, acknowledgement)
         VALUES (?, ?, ?, ?, ?)`,
      )
      .run(
        ...[destination, name, this.#clock.nowMs()],
        rows ? deflateRawSync(JSON.stringify(rows)) : null,
        acknowledgement ?? null,
      );
  }

  /** What a centre's archive was last seen to hold of a target; undefined when it was never asked, or is to be asked again
   * since what was stored cannot be read. */
  archive(destination: string, name: string): StoredArchive | undefined {
    const row = this.#statements
      .prepare<[string, string], Omit<StoredArchive, 'points'> & { readonly points: Buffer | null }>(
        `SELECT points, acknowledgement, fetched_at_ms AS fetchedAtMs FROM target_archives
         WHERE destination = ? AND name = ?`,
      )
      .get(destination, name);
    if (!row?.points) return row && { ...row, points: undefined };
    const points = unpack(row.points);
    return points && { ...row, points };
  }
}

/** MJD, magnitude, its error (null for a limit), band; a later program may add to it. */
const archiveRows = z.array(z.tuple([z.number(), z.number(), z.number().nullable(), z.string()], z.unknown()));

function unpack(body: Buffer): ArchivePoint[] | undefined {
  const rows = readJson(archiveRows, inflateRawSync(body).toString('utf8')).value;
  return rows?.map(([mjd, mag, magErr, band]) => ({ mjd, mag, magErr: magErr ?? Number.NaN, band }));
}
