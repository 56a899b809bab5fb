import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, systemClock } from '../../../base/clock.ts';

describe('the system clock', () => {
  for (const days of [25, 1e6, Number.POSITIVE_INFINITY]) {
    it(`sleeps for ${days} days without going off at once`, async () => {
      const stop = new AbortController();
      const sleep = systemClock.sleep(days * 86_400_000, stop.signal).then(
        () => 'went off',
        (reason: unknown) => reason,
      );
      const first = await Promise.race([sleep, systemClock.sleep(30).then(() => 'still asleep')]);
      stop.abort('woken');
      assert.equal(first, 'still asleep');
      assert.equal(await sleep, 'woken');
    });
  }

  it('lets no loop turn hot that waits for what is past', async () => {
    let turns = 0;
    let done = false;
    const loop = (async () => {
      for (; !done; turns++) await systemClock.sleep(-5);
    })();
    const startMs = systemClock.monotonicMs();
    await systemClock.sleep(100);
    done = true;
    await loop;
    const mostTurns = (systemClock.monotonicMs() - startMs) / 10 + 1;
    assert.ok(turns <= mostTurns, `${turns} turns where ${mostTurns} are the most`);
  });

  it('sleeps no shorter than asked', async () => {
    const startMs = systemClock.monotonicMs();
    await systemClock.sleep(40);
    assert.ok(systemClock.monotonicMs() - startMs >= 40);
  });

  it('of a test starts where it is told, and can be set without anybody asleep noticing', async () => {
    const clock = new ManualClock(1000);
    assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [1000, 0]);
    let woken = false;
    void clock.sleep(50).then(() => {
      woken = true;
    });
    clock.setWallClock(5000);
    assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [5000, 0]);
    await clock.advance(49);
    assert.equal(woken, false);
    await clock.advance(1);
    assert.deepEqual([woken, clock.nowMs(), clock.monotonicMs()], [true, 5050, 50]);
  });

  it('refuses a time that is no number', async () => {
    await assert.rejects(systemClock.sleep(Number.NaN), { code: 'SLEEP_NAN' });
    await assert.rejects(new ManualClock(0).sleep(Number.NaN), { code: 'SLEEP_NAN' });
  });
});
