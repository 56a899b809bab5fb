import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { databaseName, editStore, openStore, readStore } from '../../../../agent/store/open.ts';
import { systemClock } from '../../../../base/clock.ts';

const module = new URL('../../../../agent/store/open.ts', import.meta.url).href;
const clockModule = new URL('../../../../base/clock.ts', import.meta.url).href;

describe('the store', { timeout: 30_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'bhtom-edge-store-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const open = () => openStore(dataDir, systemClock, 'test');

  it('remembers', () => {
    const first = open();
    first.frames.see('main', [{ path: '/a.fits', sizeBytes: 1, mtimeMs: 2 }]);
    first.close();
    const second = open();
    assert.deepEqual(second.frames.counts(), { seen: 1 });
    second.close();
  });

  it('leaves its log to a reader that is at it, and gives the space back the next time', () => {
    const store = open();
    const log = join(dataDir, `${databaseName}-wal`);
    const see = (path: string) => store.frames.see('main', [{ path, sizeBytes: 1, mtimeMs: 2 }]);
    see('/a.fits');
    const reader = new Database(join(dataDir, databaseName), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM frames').get();
    see('/b.fits');
    store.compact();
    assert.ok(statSync(log).size > 0, 'the reader still needs it');
    reader.close();
    see('/c.fits');
    store.compact();
    assert.equal(statSync(log).size, 0);
    assert.deepEqual(store.frames.counts(), { seen: 3 });
    store.close();
  });

  it('makes its folder for its own user alone', () => {
    const made = join(dataDir, 'made');
    openStore(made, systemClock, 'test').close();
    assert.equal(statSync(made).mode & 0o777, 0o700);
  });

  it('notices what a command changes beside it', () => {
    const store = open();
    const [frame] = store.frames.see('main', [{ path: '/a.fits', sizeBytes: 1, mtimeMs: 2 }]).fresh;
    store.frames.reject(frame!.id, 'unsupported', 'not yet');
    const before = store.outsideVersion();
    const beside = editStore(dataDir, systemClock);
    beside.frames.retry(() => true);
    beside.close();
    assert.notEqual(store.outsideVersion(), before);
    assert.deepEqual(store.frames.counts(), { seen: 1 });
    store.close();
  });

  it('is not changed by a command of another version', () => {
    open().close();
    const database = new Database(join(dataDir, databaseName));
    database.exec("INSERT INTO migrations (name, applied_at_ms) VALUES ('29990101T0000-later', 0)");
    database.close();
    assert.throws(() => editStore(dataDir, systemClock), { code: 'DATABASE_OTHER_VERSION' });
  });

  it('is written by one process at a time', () => {
    const store = open();
    assert.throws(open, { code: 'AGENT_RUNNING' });
    store.close();
    open().close();
  });

  it('is free again when the process that had it was killed', async () => {
    const code = `const { openStore } = await import('${module}'); const { systemClock } = await import('${clockModule}');
      openStore(process.argv[1], systemClock, 'test'); console.log('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    assert.throws(open, { code: 'AGENT_RUNNING' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    open().close();
  });

  it('can be read beside the agent, and not written', () => {
    assert.throws(() => readStore(dataDir, systemClock), { code: 'NO_DATABASE' });
    const store = open();
    store.frames.see('main', [{ path: '/a.fits', sizeBytes: 1, mtimeMs: 2 }]);
    const reader = readStore(dataDir, systemClock);
    assert.deepEqual(reader.frames.counts(), { seen: 1 });
    assert.throws(() => reader.frames.see('main', [{ path: '/b.fits', sizeBytes: 1, mtimeMs: 2 }]), /readonly/);
    reader.close();
    store.close();
  });

  it('begins anew when the database is damaged, and says where the old one lies', () => {
    open().close();
    writeFileSync(join(dataDir, databaseName), 'not a database at all'.repeat(500));
    const store = open();
    assert.match(store.setAside!, /agent\.sqlite\.corrupt-/);
    assert.deepEqual(store.frames.counts(), {});
    store.close();
  });
});
