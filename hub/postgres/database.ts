import { Pool, type PoolClient, type QueryResultRow, types } from 'pg';
import { RetryLater, TellOperator } from '../../base/errors.ts';
import { type Migration, migrations } from './migrations.ts';

/** Locks of this program in a database (`pg_advisory_xact_lock`): any numbers, as long as they differ. */
export const advisoryLocks = { migrate: 7_302_001, parcels: 7_302_002 } as const;

const mostConnections = 10;
const connectMs = 10_000;
/** A statement that takes longer has met a lock that nobody gives back. */
const statementMs = 60_000;
const oldestServer = 150_000;

/** Where queries go: the pool, or the one connection of a transaction. */
export interface Queryable {
  query<Row extends QueryResultRow>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** A PostgreSQL database, by a pool of connections. A `bigint` is read as a number: no column holds more than 2^53. */
export class PostgresDatabase implements Queryable {
  readonly #pool: Pool;

  /** `onError` hears of idle connections that were lost; work finds another one. */
  constructor(url: string, onError: (error: unknown) => void) {
    this.#pool = new Pool({
      connectionString: url,
      max: mostConnections,
      connectionTimeoutMillis: connectMs,
      statement_timeout: statementMs,
      application_name: 'bhtom-edge-hub',
      types: {
        getTypeParser: (oid, format) =>
          oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format as 'text'),
      },
    });
    this.#pool.on('error', onError);
  }

  async query<Row extends QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: Row[]; rowCount: number | null }> {
    return this.#pool.query<Row>(sql, [...values]);
  }

  /** What `work` gives, once it is committed. When it throws, nothing of it is there. */
  async transaction<Result>(work: (client: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client as PoolClient & Queryable);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure; // the connection is gone, and its transaction with it
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/**
 * Brings a database to the schema of this version, however many processes try at once.
 * @throws TellOperator when the server is too old, or the schema newer than this program
 */
export async function migrate(database: PostgresDatabase): Promise<void> {
  const { rows } = await database.query<{ version: string }>('SHOW server_version_num').then(({ rows }) => ({
    rows: rows.map((row) => ({ version: Object.values(row)[0] as string })),
  }));
  if (Number(rows[0]!.version) < oldestServer) {
    throw new TellOperator(
      'HUB_DATABASE',
      `The PostgreSQL server is too old (${rows[0]!.version}): a hub needs version 15 or newer.`,
    );
  }
  await database.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.migrate]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const applied = (await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY name')).rows;
    requireKnown(applied.map(({ name }) => name));
    for (const { name, sql } of migrations.slice(applied.length)) {
      await client.query(sql);
      await client.query('INSERT INTO migrations (name) VALUES ($1)', [name]);
    }
  });
}

function requireKnown(applied: readonly string[]): void {
  const isKnown = applied.every((name, index) => migrations[index]?.name === name);
  if (isKnown) return;
  const newest = (migrations.at(-1) as Migration).name;
  throw new TellOperator(
    'HUB_DATABASE',
    `The hub's database has seen a change that this version does not know (it ends with ${newest}). Run the newer version, or restore the copy made before it.`,
  );
}

/** What an error of the server or of the way to it means to whoever started the hub. */
export function databaseTrouble(error: unknown): Error {
  const { code, message } = error as { code?: string; message?: string };
  const refused = ['28P01', '28000', '3D000', '42501'].includes(code ?? '');
  return refused
    ? new TellOperator(
        'HUB_DATABASE',
        `PostgreSQL refuses the hub: ${message}. Look at the address of the database, its user and rights.`,
        { cause: error },
      )
    : new RetryLater('HUB_DATABASE', `The hub's PostgreSQL cannot be reached: ${message}`, { cause: error });
}
