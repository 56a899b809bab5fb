import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { ProgrammingFault, TellOperator } from './errors.ts';

export type SqliteDatabase = Database.Database;

/** How long a write waits for another program that holds the database. */
export const busyTimeoutMs = 5000;

/** One step of the schema. The name starts with the time it was written (yyyymmddThhmm), so that order is certain. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

export interface OpenedDatabase {
  readonly database: SqliteDatabase;
  /** Where a damaged database was set aside, when that had to be done at this opening. */
  readonly setAside: string | undefined;
  /** Where the copy made before a migration lies, when one was made. */
  readonly backup: string | undefined;
}

/**
 * Opens (or makes) a database for durable use: WAL with `synchronous=FULL`, both read back because SQLite refuses
 * them silently on some network drives; foreign keys; `quick_check`; a backup before any migration of an existing
 * file. A damaged file is renamed to `*.corrupt-<time>` with its journal and a new one is begun: the caller is told
 * and rebuilds from the disk.
 */
export function openDatabase(path: string, migrations: readonly Migration[], nowMs: number): OpenedDatabase {
  mkdirSync(dirname(path), { recursive: true });
  const existed = existsSync(path);
  let setAside: string | undefined;
  let database: SqliteDatabase;
  try {
    database = openChecked(path);
  } catch (error) {
    if (!existed || !isDamage(error)) throw error;
    setAside = `${path}.corrupt-${stamp(nowMs)}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix);
    }
    database = openChecked(path);
  }
  try {
    const backup = migrate(database, path, migrations, nowMs);
    return { database, setAside, backup };
  } catch (error) {
    database.close();
    throw error;
  }
}

class Damaged extends Error {}

function isDamage(error: unknown): boolean {
  if (error instanceof Damaged) return true;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB');
}

function openChecked(path: string): SqliteDatabase {
  const database = new Database(path);
  try {
    const mode = database.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal') {
      throw new TellOperator(
        'SQLITE_NO_WAL',
        `The database ${path} cannot use a write-ahead log (SQLite answered "${String(mode)}"). Network drives do not support it: put dataDir on a local disk.`,
      );
    }
    database.pragma('synchronous = FULL');
    if (database.pragma('synchronous', { simple: true }) !== 2) {
      throw new ProgrammingFault('SQLITE_NOT_DURABLE', `SQLite did not accept synchronous=FULL for ${path}.`);
    }
    database.pragma('foreign_keys = ON');
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    database.pragma('journal_size_limit = 67108864');
    const verdict = database.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') throw new Damaged(`quick_check of ${path}: ${String(verdict)}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(
  database: SqliteDatabase,
  path: string,
  migrations: readonly Migration[],
  nowMs: number,
): string | undefined {
  database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at_ms INTEGER NOT NULL) STRICT');
  const applied = new Set(database.prepare<[], string>('SELECT name FROM migrations').pluck().all());
  const known = new Set(migrations.map((migration) => migration.name));
  const foreign = [...applied].filter((name) => !known.has(name));
  if (foreign.length > 0) {
    throw new TellOperator(
      'DATABASE_NEWER',
      `The database ${path} was written by a newer version of this program (it knows ${foreign.join(', ')}). Install that version again, or restore the backup made before the upgrade.`,
    );
  }
  const due = migrations.filter((migration) => !applied.has(migration.name));
  if (due.length === 0) return undefined;
  const backup = applied.size > 0 ? backUp(database, `${path}.before-${due[0]!.name}-${stamp(nowMs)}`) : undefined;
  const insert = database.prepare('INSERT INTO migrations (name, applied_at_ms) VALUES (?, ?)');
  for (const migration of due) {
    database.transaction(() => {
      database.exec(migration.sql);
      insert.run(migration.name, nowMs);
    })();
  }
  return backup;
}

/** Whether a database has exactly this schema. */
export function isUpToDate(database: SqliteDatabase, migrations: readonly Migration[]): boolean {
  const applied = database.prepare<[], string>('SELECT name FROM migrations ORDER BY name').pluck().all();
  const known = migrations.map(({ name }) => name).sort();
  return applied.length === known.length && known.every((name, i) => name === applied[i]);
}

/** Copies a database. The name is given last, so that a copy cut short is never taken for a whole one. */
function backUp(database: SqliteDatabase, copy: string): string {
  const partial = `${copy}.partial`;
  rmSync(partial, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(partial);
  } catch (cause) {
    rmSync(partial, { force: true });
    throw new TellOperator(
      'DATABASE_BACKUP',
      `The database could not be copied to ${copy} before its upgrade, and is left as it was. Is there room on the disk?`,
      { cause },
    );
  }
  renameSync(partial, copy);
  return copy;
}

function stamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z');
}
