import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Happening } from '../../../../agent/happenings.ts';
import { Alarms } from '../../../../agent/health/alarms.ts';
import { type Health, well } from '../../../../agent/health/health.ts';
import { HealthWatch, partEnded } from '../../../../agent/health/health-watch.ts';
import { AlarmStore } from '../../../../agent/store/alarms.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, silent } from '../../../support/parcels.ts';

const startMs = Date.UTC(2026, 11, 1);
const stuck: Health = { state: 'stalled', reason: 'A share hangs.' };
const locked: Health = { state: 'needs-operator', reason: 'The token is refused.' };

async function setUp(t: TestContext) {
  const clock = new ManualClock(startMs);
  const told: Happening[] = [];
  const tell = (happening: Happening) => void told.push(happening);
  const alarms = new Alarms({ store: new AlarmStore(databaseInMemory(t)), clock, log: silent, tell });
  const part = { name: 'intake', state: well, health: () => part.state };
  const watch = new HealthWatch({ clock, log: silent, tell, alarms, parts: () => [part] });
  watch.start(assert.ifError);
  t.after(() => watch.stop());
  return { clock, told, alarms, part, watch };
}

describe('the watch over the health of parts', () => {
  it('says since when a part is as it is, whatever its reason says', async (t) => {
    const { clock, part, watch } = await setUp(t);
    await clock.advance(60_000);
    part.state = stuck;
    await clock.advance(10_000);
    part.state = { ...stuck, reason: 'It hangs for longer.' };
    await clock.advance(30_000);
    assert.deepEqual(watch.report(), [
      { name: 'intake', state: 'stalled', reason: 'It hangs for longer.', sinceMs: startMs + 70_000 },
    ]);
  });

  it('tells of a change once, and of the way back', async (t) => {
    const { clock, told, part } = await setUp(t);
    part.state = { state: 'away', reason: 'no route' };
    await clock.advance(30_000);
    part.state = well;
    await clock.advance(10_000);
    assert.deepEqual(told, [
      { kind: 'part-health', part: 'intake', state: 'away', reason: 'no route' },
      { kind: 'part-health', part: 'intake', state: 'well', reason: '' },
    ]);
  });

  for (const [code, health] of [
    ['STALLED', stuck],
    ['NEEDS_OPERATOR', locked],
  ] as const) {
    it(`raises ${code} and clears it on recovery`, async (t) => {
      const { clock, alarms, part } = await setUp(t);
      part.state = health;
      await clock.advance(20_000);
      assert.deepEqual(
        alarms.open().map((alarm) => [alarm.code, alarm.subject, alarm.count]),
        [[code, 'intake', 1]],
      );
      part.state = well;
      await clock.advance(10_000);
      assert.deepEqual(alarms.open(), []);
    });
  }

  it('raises no alarm for what is only away', async (t) => {
    const { clock, alarms, part } = await setUp(t);
    part.state = { state: 'away', reason: 'no route' };
    await clock.advance(20_000);
    assert.deepEqual(alarms.open(), []);
  });

  it('takes back that a part ended only when it has been well for a while', async (t) => {
    const { clock, alarms } = await setUp(t);
    alarms.raise(partEnded('intake', 'the disk broke.'));
    await clock.advance(9 * 60_000);
    assert.equal(alarms.open().length, 1);
    await clock.advance(2 * 60_000);
    assert.deepEqual(alarms.open(), []);
  });
});
