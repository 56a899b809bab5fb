import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Alarms } from '../../../../agent/health/alarms.ts';
import { Morning } from '../../../../agent/notices/morning.ts';
import { AlarmStore } from '../../../../agent/store/alarms.ts';
import { NightStore } from '../../../../agent/store/nights.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, silent } from '../../../support/parcels.ts';

const hourMs = 3_600_000;
/** Noon before the night; the Sun sets near 17:40 UTC and rises near 4:40 (in March, at 20 degrees east). */
const noonMs = Date.UTC(2026, 2, 20, 11);
const site = { name: 'hill', latitudeDeg: 50, longitudeDeg: 20, heightM: 300 };

async function setUp(t: TestContext) {
  const clock = new ManualClock(noonMs);
  const database = databaseInMemory(t);
  const alarmStore = new AlarmStore(database);
  const alarms = new Alarms({ store: alarmStore, clock, log: silent, tell: () => undefined });
  const store = { nights: new NightStore(database), alarms: alarmStore };
  const morning = new Morning({ ...{ site, clock, log: silent, alarms, store, silentNights: true } });
  morning.start((error) => assert.fail(String(error)));
  t.after(() => morning.stop());
  let count = 0;
  const frame = (atMs: number, kind: string | null, state: string, duplicateOf: number | null = null) =>
    database
      .prepare(
        `INSERT INTO frames (instrument, path, size_bytes, mtime_ms, state, kind, duplicate_of, seen_at_ms, state_at_ms)
         VALUES ('main', ?, 1, 1, ?, ?, ?, ?, ?)`,
      )
      .run(`${++count}.fits`, state, kind, duplicateOf, atMs, atMs);
  return { clock, alarms, morning, frame };
}

describe('the morning', () => {
  it('counts what the night brought, and what came in the day not', async (t) => {
    const { clock, alarms, morning, frame } = await setUp(t);
    frame(noonMs + hourMs, 'light', 'reduced');
    const nightMs = noonMs + 10 * hourMs;
    const first = frame(nightMs, 'light', 'reduced').lastInsertRowid;
    frame(nightMs, 'light', 'identified');
    frame(nightMs, 'light', 'reduced', Number(first));
    frame(nightMs, null, 'rejected');
    frame(nightMs, 'flat', 'filed');
    await clock.advance(10 * hourMs);
    alarms.raise({ code: 'DEVICE', subject: 'roof', severity: 'critical', text: 'it is stuck' });
    await clock.advance(9 * hourMs);
    const summary = morning.summary()!;
    assert.equal(summary.date, '2026-03-20');
    assert.equal(summary.notice.title, 'hill: night of 2026-03-20, 1 of 3 frames measured, 1 alarm open');
    assert.deepEqual(summary.notice.text.split('\n'), [
      'main: 3 light frames, 1 measured, 1 refused; 1 calibration frames',
      '0 results reached a centre.',
      'critical DEVICE roof at 21:00 UTC: it is stuck',
    ]);
  });

  it('is over at noon', async (t) => {
    const { clock, morning } = await setUp(t);
    await clock.advance(20 * hourMs);
    assert.equal(morning.summary()?.date, '2026-03-20');
    await clock.advance(11 * hourMs);
    assert.equal(morning.summary(), undefined);
  });

  it('raises an alarm after a night without a light frame, until one comes', async (t) => {
    const { clock, alarms, frame } = await setUp(t);
    frame(noonMs + 10 * hourMs, 'dark', 'filed');
    await clock.advance(17 * hourMs);
    assert.deepEqual(alarms.open(), []);
    await clock.advance(2 * hourMs);
    assert.deepEqual(
      alarms.open().map(({ code, severity }) => [code, severity]),
      [['SILENT_NIGHT', 'warning']],
    );
    frame(clock.nowMs(), 'light', 'seen');
    await clock.advance(hourMs);
    assert.deepEqual(alarms.open(), []);
  });

  it('knows nothing of a night that it did not see from its beginning', async (t) => {
    const { clock, alarms, morning } = await setUp(t);
    await morning.stop();
    await clock.advance(10 * hourMs);
    const late = new Morning({
      ...{ site, clock, log: silent, alarms, silentNights: true },
      store: { nights: new NightStore(databaseInMemory(t)), alarms: new AlarmStore(databaseInMemory(t)) },
    });
    late.start((error) => assert.fail(String(error)));
    t.after(() => late.stop());
    await clock.advance(10 * hourMs);
    assert.deepEqual(alarms.open(), []);
  });
});
