import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { type Migration, openDatabase } from '../../../base/sqlite.ts';

const first: Migration = { name: '20260101T0000-first', sql: 'CREATE TABLE t (a INTEGER NOT NULL, b TEXT) STRICT' };
const second: Migration = { name: '20260201T0000-second', sql: 'ALTER TABLE t ADD COLUMN c TEXT' };
const wrong: Migration = { name: '20260301T0000-wrong', sql: 'INSERT INTO t (a) VALUES (9); CREATE TABLE t (z TEXT)' };
const nowMs = Date.UTC(2026, 2, 1, 22, 15);

describe('a database', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bhtom-edge-sqlite-'));
    path = join(folder, 'sub', 'x.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function filled(rows = 1): void {
    const { database } = openDatabase(path, [first], nowMs);
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
    database.transaction(() => {
      for (let i = 0; i < rows; i++) insert.run(i, 'x'.repeat(200));
    })();
    database.close();
  }

  it('is opened for durable use', () => {
    const { database, setAside, backup } = openDatabase(path, [first], nowMs);
    assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(database.pragma('synchronous', { simple: true }), 2);
    assert.equal(database.pragma('foreign_keys', { simple: true }), 1);
    assert.deepEqual([setAside, backup], [undefined, undefined]);
    assert.throws(() => database.exec("INSERT INTO t VALUES ('text', 1)"), /cannot store TEXT value/);
    database.close();
  });

  it('waits for another program that writes, and tells other faults as they are', () => {
    const { database } = openDatabase(path, [first], nowMs);
    assert.equal(database.pragma('busy_timeout', { simple: true }), 5000);
    database.close();
    mkdirSync(join(folder, 'a-folder.sqlite'));
    assert.throws(() => openDatabase(join(folder, 'a-folder.sqlite'), [first], nowMs), { code: 'SQLITE_CANTOPEN' });
    assert.deepEqual(readdirSync(folder).sort(), ['a-folder.sqlite', 'sub'], 'nothing was set aside');
  });

  it('runs each migration once, and copies itself before', () => {
    filled();
    const { database, backup } = openDatabase(path, [first, second], nowMs);
    assert.deepEqual(database.prepare('SELECT a, c FROM t').all(), [{ a: 0, c: null }]);
    database.close();
    assert.equal(backup, `${path}.before-${second.name}-20260301T221500Z`);
    const copy = new Database(backup!, { readonly: true });
    assert.deepEqual(copy.prepare('SELECT a FROM t').all(), [{ a: 0 }]);
    copy.close();
    const again = openDatabase(path, [first, second], nowMs);
    assert.equal(again.backup, undefined);
    again.database.close();
  });

  it('is as it was after a migration that failed', () => {
    filled();
    assert.throws(() => openDatabase(path, [first, wrong], nowMs), /already exists/);
    const { database } = openDatabase(path, [first], nowMs);
    assert.deepEqual(database.prepare('SELECT a FROM t').all(), [{ a: 0 }]);
    database.close();
  });

  it('of a newer version is refused with advice, and left alone', () => {
    openDatabase(path, [first, second], nowMs).database.close();
    assert.throws(() => openDatabase(path, [first], nowMs), { code: 'DATABASE_NEWER', reaction: 'tell-operator' });
    openDatabase(path, [first, second], nowMs).database.close();
  });

  for (const [name, damage] of [
    ['overwritten at its start', (bytes: Buffer) => bytes.fill(0x55, 0, 4096)],
    ['overwritten in its middle', (bytes: Buffer) => bytes.fill(0x55, 8192, 8192 + 40_960)],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ] as const) {
    it(`that was ${name} is set aside, and a new one begun`, () => {
      filled(2000);
      const damaged = damage(readFileSync(path));
      writeFileSync(path, damaged);
      const { database, setAside } = openDatabase(path, [first], nowMs);
      assert.equal(setAside, `${path}.corrupt-20260301T221500Z`);
      assert.deepEqual(readFileSync(setAside!), damaged);
      assert.equal(database.prepare('SELECT count(*) FROM t').pluck().get(), 0);
      database.close();
    });
  }

  it('whose log was cut by a power failure keeps what was committed before', () => {
    const { database } = openDatabase(path, [first], nowMs);
    for (let i = 0; i < 20; i++) database.prepare('INSERT INTO t VALUES (?, ?)').run(i, 'x'.repeat(3000));
    // the state of the disk at this instant, without a clean end
    const [main, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    database.close();
    for (let cut = 0; cut < 20; cut++) {
      const copy = join(folder, `cut${cut}.sqlite`);
      writeFileSync(copy, main);
      writeFileSync(`${copy}-wal`, log);
      truncateSync(`${copy}-wal`, Math.floor((log.length * cut) / 20) + 7);
      const opened = openDatabase(copy, [first], nowMs);
      const values = opened.database.prepare('SELECT a FROM t ORDER BY a').pluck().all();
      assert.deepEqual(
        values,
        Array.from({ length: values.length }, (_, i) => i),
      );
      assert.equal(opened.setAside, undefined);
      opened.database.close();
    }
  });

  it('that cannot be copied before its upgrade is left as it was', () => {
    filled();
    // a folder in the way of the copy stands for a disk without room
    const copy = `${path}.before-${second.name}-20260301T221500Z`;
    const inTheWay = new Database(`${copy}.partial`);
    inTheWay.exec('CREATE TABLE held (x)');
    inTheWay.close();
    openDatabase(path, [first, second], nowMs).database.close();
    assert.ok(existsSync(copy));
    assert.deepEqual(
      readdirSync(join(folder, 'sub')).filter((name) => name.endsWith('.partial')),
      [],
    );
  });
});
