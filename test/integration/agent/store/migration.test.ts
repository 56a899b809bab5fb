import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { migrations } from '../../../../agent/store/migrations.ts';
import { Outbox } from '../../../../agent/store/outbox.ts';
import { systemClock } from '../../../../base/clock.ts';
import { openDatabase } from '../../../../base/sqlite.ts';
import { sha256, storeReduction, temporaryFolder } from '../../../support/parcels.ts';

const size = Number(process.env.BHTOM_EDGE_BACKLOG ?? 4_000);
const apart = migrations.findIndex(({ name }) => name.endsWith('products-and-parcels'));
const states = ['pending', 'sending', 'unknown', 'acknowledged', 'parked', 'superseded'] as const;
const becomes = {
  pending: 'queued',
  sending: 'sending',
  unknown: 'unknown',
  acknowledged: 'done',
  parked: 'rejected',
  superseded: 'superseded',
};

/** A database as the version before left it: each product for two destinations, in every state. */
function filledByTheOldVersion(path: string): void {
  const { database } = openDatabase(path, migrations.slice(0, apart), 1);
  storeReduction(database, 'exposure', {}, 'reduction');
  const insert = database.prepare(
    `INSERT INTO parcels (key, revision, destination, exposure_id, reduction_id, subject, state, priority, body, checksum,
       created_at_ms, next_at_ms, failures, last_error, acknowledged_at_ms)
     VALUES (?, 'r', ?, 'exposure', 'reduction', 'frame', ?, 0, ?, ?, ?, 2, 3, 'because', ?)`,
  );
  database.transaction(() => {
    for (let i = 0; i < size / 2; i++) {
      for (const destination of ['here', 'there']) {
        const state = states[(i + (destination === 'here' ? 0 : 1)) % states.length]!;
        const isSpent = state === 'acknowledged' || state === 'superseded';
        const body = isSpent ? Buffer.alloc(0) : Buffer.from(`body ${i}`);
        insert.run(
          sha256(`${destination} ${i}`),
          destination,
          state,
          body,
          sha256(`${i}`),
          i,
          state === 'acknowledged' ? 7 : null,
        );
      }
    }
  })();
  database.close();
}

describe(`a database of ${size} parcels of the version before`, () => {
  it('keeps every parcel, its state, key and body, and each product once', (t) => {
    const path = join(temporaryFolder(t), 'agent.sqlite');
    filledByTheOldVersion(path);
    const startMs = performance.now();
    const { database } = openDatabase(path, migrations, 2);
    t.diagnostic(`migrated in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    t.after(() => database.close());
    assert.equal(database.prepare('SELECT count(*) FROM products').pluck().get(), size / 2);
    const rows = database
      .prepare<
        [],
        {
          id: number;
          key: string;
          revision: string;
          destination: string;
          state: string;
          body: Buffer;
          checksum: string;
          failures: number;
        }
      >(
        `SELECT parcels.id, key, revision, destination, state, body, checksum, failures FROM parcels
         JOIN products ON products.id = product_id ORDER BY parcels.id`,
      )
      .all();
    assert.equal(rows.length, size);
    rows.forEach(({ id, key, revision, destination, state, body, checksum, failures }, n) => {
      const i = Math.floor(n / 2);
      const was = states[(i + (destination === 'here' ? 0 : 1)) % states.length]!;
      assert.deepEqual(
        [id, key, revision, state, checksum, failures],
        [n + 1, sha256(`${destination} ${i}`), 'r', becomes[was], sha256(`${i}`), 3],
      );
      if (!['done', 'superseded'].includes(state)) assert.equal(body.toString(), `body ${i}`);
    });
  });

  it('is as before when the migration was cut off, and is not migrated twice', (t) => {
    const path = join(temporaryFolder(t), 'agent.sqlite');
    filledByTheOldVersion(path);
    const torn = migrations.map((one, i) =>
      i === apart ? { ...one, sql: `${one.sql}; SELECT no_such_function();` } : one,
    );
    assert.throws(() => openDatabase(path, torn, 2));
    openDatabase(path, migrations, 3).database.close();
    const { database, backup } = openDatabase(path, migrations, 4);
    t.after(() => database.close());
    assert.equal(backup, undefined);
    assert.equal(
      new Outbox(database, systemClock).counts().reduce((sum, { count }) => sum + count, 0),
      size,
    );
  });
});
