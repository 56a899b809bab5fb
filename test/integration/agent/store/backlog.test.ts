import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { migrations } from '../../../../agent/store/migrations.ts';
import { Outbox } from '../../../../agent/store/outbox.ts';
import { systemClock } from '../../../../base/clock.ts';
import { openDatabase, type SqliteDatabase } from '../../../../base/sqlite.ts';
import { sha256, storeReduction, temporaryFolder } from '../../../support/parcels.ts';

const size = Number(process.env.BHTOM_EDGE_BACKLOG ?? 20_000);

/** As long as real ones, for they make the indices what they are. */
const keyOf = (i: number) => sha256(`key ${i}`);
const revision = sha256('revision');

/** A database with a backlog of frames and targets that wait, one in a hundred of them for a later time. */
function backlog(t: TestContext): string {
  const path = join(temporaryFolder(t), 'agent.sqlite');
  const { database } = openDatabase(path, migrations, Date.now());
  storeReduction(database, 'exposure', {}, 'reduction');
  const product = database.prepare(
    `INSERT INTO products (id, exposure_id, reduction_id, subject, target, body, checksum, created_at_ms)
     VALUES (?, 'exposure', 'reduction', ?, ?, zeroblob(1500), ?, 1)`,
  );
  const parcel = database.prepare(
    `INSERT INTO parcels (product_id, destination, key, revision, target, state, priority, created_at_ms, next_at_ms)
     VALUES (?, 'centre', ?, ?, ?, 'queued', ?, 1, ?)`,
  );
  database.transaction(() => {
    for (let i = 0; i < size; i++) {
      const target = i % 2 ? 'star' : null;
      product.run(i + 1, target ? 'target' : 'frame', target, keyOf(i));
      parcel.run(i + 1, keyOf(i), revision, target, i % 2, i % 100 === 0 ? Date.now() + 600_000 : 1);
    }
  })();
  database.close();
  return path;
}

/** The steps of SQLite's plan for everything that was executed while `work` ran. */
function plansOf(path: string, work: (database: SqliteDatabase) => void): string[] {
  const executed: string[] = [];
  const database = new Database(path, { verbose: (sql) => executed.push(String(sql)) });
  work(database);
  const statements = executed.filter((sql) => /^\s*(SELECT|UPDATE)/.test(sql));
  const plans = statements.flatMap((sql) =>
    database
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail),
  );
  database.close();
  return plans;
}

describe(`a backlog of ${size} parcels`, () => {
  it('is claimed, settled and waited for by index alone', (t) => {
    const plans = plansOf(backlog(t), (database) => {
      const outbox = new Outbox(database, systemClock);
      outbox.recover('centre', true);
      for (const { id } of outbox.claim('centre', 8)) {
        outbox.settle(id, { state: 'queued', failures: 1, nextAtMs: Date.now() + 1000, reason: 'no answer' });
      }
      outbox.nextUnknown('centre');
      outbox.nextDueMs('centre');
    });
    assert.ok(plans.length > 20);
    const slow = plans.filter((step) => /SCAN parcels|SCAN products|SCAN newer|USE TEMP B-TREE/.test(step));
    assert.deepEqual(slow, []);
  });

  it('opens, is claimed from and drains in its order', (t) => {
    const path = backlog(t);
    const openedMs = performance.now();
    const { database } = openDatabase(path, migrations, Date.now());
    const outbox = new Outbox(database, systemClock);
    outbox.recover('centre', true);
    t.diagnostic(`opened in ${Math.round(performance.now() - openedMs)} ms`);
    const times: number[] = [];
    const keys: string[] = [];
    for (let i = 0; i < 200; i++) {
      const startMs = performance.now();
      const [parcel] = outbox.claim('centre', 1);
      times.push(performance.now() - startMs);
      keys.push(parcel!.key);
      outbox.settle(parcel!.id, { state: 'done' });
    }
    times.sort((a, b) => a - b);
    t.diagnostic(`claim: median ${times[100]!.toFixed(2)} ms, p99 ${times[197]!.toFixed(2)} ms`);
    t.diagnostic(`memory of the process: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
    database.close();
    assert.deepEqual(keys.slice(0, 4), [size - 1, size - 3, size - 5, 1].map(keyOf));
  });
});
