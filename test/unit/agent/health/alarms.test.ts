import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Happening } from '../../../../agent/happenings.ts';
import { Alarms } from '../../../../agent/health/alarms.ts';
import { AlarmStore } from '../../../../agent/store/alarms.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, silent } from '../../../support/parcels.ts';

const raised = { code: 'DEVICE', subject: 'main', severity: 'critical', text: 'the roof did not close' } as const;

function setUp(t: TestContext) {
  const clock = new ManualClock(1_000);
  const database = databaseInMemory(t);
  const store = new AlarmStore(database);
  const told: Happening[] = [];
  const fresh = () => new Alarms({ store, clock, log: silent, tell: (happening) => told.push(happening) });
  return { clock, database, store, told, fresh, alarms: fresh() };
}

describe('alarms', () => {
  it('are one for each code and subject, counted and with their last text', async (t) => {
    const { alarms, store, clock, told } = setUp(t);
    alarms.raise(raised);
    await clock.advance(500);
    alarms.raise({ ...raised, text: 'the roof is stuck' });
    const expected = {
      ...raised,
      text: 'the roof is stuck',
      raisedAtMs: 1_000,
      lastAtMs: 1_500,
      count: 2,
      clearedAtMs: null,
    };
    assert.deepEqual(alarms.open(), [expected]);
    assert.deepEqual(store.open(), [expected]);
    assert.deepEqual(told, [{ kind: 'alarm-raised', code: 'DEVICE', subject: 'main' }]);
  });

  it('keep subjects apart', (t) => {
    const { alarms } = setUp(t);
    alarms.raise(raised);
    alarms.raise({ ...raised, subject: 'second' });
    alarms.clear('DEVICE', 'main');
    assert.deepEqual(
      alarms.open().map(({ subject }) => subject),
      ['second'],
    );
  });

  it('are over when cleared, stay in the history, and begin anew', async (t) => {
    const { alarms, store, clock, told } = setUp(t);
    alarms.raise(raised);
    await clock.advance(500);
    alarms.clear('DEVICE', 'main');
    alarms.clear('DEVICE', 'main');
    await clock.advance(500);
    alarms.raise(raised);
    assert.deepEqual(
      store.recent(10).map(({ raisedAtMs, clearedAtMs, count }) => ({ raisedAtMs, clearedAtMs, count })),
      [
        { raisedAtMs: 2_000, clearedAtMs: null, count: 1 },
        { raisedAtMs: 1_000, clearedAtMs: 1_500, count: 1 },
      ],
    );
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['alarm-raised', 'alarm-cleared', 'alarm-raised'],
    );
  });

  it('that are open outlive the program', (t) => {
    const { alarms, fresh } = setUp(t);
    alarms.raise(raised);
    const next = fresh();
    next.load();
    next.raise(raised);
    assert.equal(next.open()[0]!.count, 2);
  });

  it('are raised once a spell where they follow a condition', (t) => {
    const { alarms, store } = setUp(t);
    for (const text of ['12 MB are free', '11 MB are free', undefined, '9 MB are free']) {
      alarms.follow('DISK', 'intake', 'warning', text);
    }
    assert.deepEqual(
      alarms.open().map(({ text, count }) => ({ text, count })),
      [{ text: '9 MB are free', count: 1 }],
    );
    assert.equal(store.open().length, 1);
  });

  it('are told though the database takes nothing, and written when it does', (t) => {
    const { alarms, store, database } = setUp(t);
    database.pragma('query_only = ON');
    alarms.raise(raised);
    assert.deepEqual([alarms.open().length, store.open().length], [1, 0]);
    database.pragma('query_only = OFF');
    alarms.flush();
    assert.deepEqual(store.open(), alarms.open());
  });
});
