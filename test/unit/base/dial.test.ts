import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../base/clock.ts';
import { keepDialling } from '../../../base/dial.ts';

/** Lets seconds pass; what begins in one of them is done before the next. */
async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1000);
  }
}

const policy = { firstMs: 1000, longestMs: 8000 };

describe('a connection that is kept', () => {
  it('is dialled again after waits that double up to the longest, and tells each loss', async () => {
    const clock = new ManualClock(0);
    const stop = new AbortController();
    const dialled: number[] = [];
    const lost: string[] = [];
    const connection = async () => {
      dialled.push(clock.monotonicMs());
      throw new Error('refused');
    };
    const running = keepDialling(connection, (reason) => lost.push(reason), clock, stop.signal, policy);
    await pass(clock, 40);
    stop.abort();
    await running;
    assert.deepEqual(dialled, [0, 1000, 3000, 7000, 15_000, 23_000, 31_000, 39_000]);
    assert.deepEqual([...new Set(lost)], ['refused']);
  });

  it('waits shortly again after a connection that lasted', async () => {
    const clock = new ManualClock(0);
    const stop = new AbortController();
    const dialled: number[] = [];
    const connection = async () => {
      dialled.push(clock.monotonicMs());
      if (dialled.length === 4) await clock.sleep(10_000);
      return 'over';
    };
    const running = keepDialling(connection, () => undefined, clock, stop.signal, policy);
    await pass(clock, 20);
    stop.abort();
    await running;
    assert.deepEqual(dialled.slice(0, 5), [0, 1000, 3000, 7000, 18_000]);
  });
});
