import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import pino from 'pino';
import { DiskSpace } from '../../../../agent/intake/disk-space.ts';
import { Writes } from '../../../../agent/intake/writes.ts';
import { ManualClock } from '../../../../base/clock.ts';

describe('the writes of the intake', () => {
  let stop: AbortController;
  let disk: DiskSpace;
  let writes: Writes;
  let transactions: number;
  let isFull: boolean;
  beforeEach(() => {
    stop = new AbortController();
    transactions = 0;
    isFull = false;
    const log = pino({ level: 'silent' });
    const freeBytes = async () => (isFull ? 0 : 1e12);
    disk = new DiskSpace({ dataDir: '/data', minFreeMb: 0, clock: new ManualClock(0), log, freeBytes });
    writes = new Writes({
      transaction: (work) => {
        transactions++;
        const result = work();
        if (isFull) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
        return result;
      },
      disk,
      signal: stop.signal,
    });
  });
  afterEach(() => stop.abort());

  it('of the same moment share a transaction, and each has its own result', async () => {
    const fault = new Error('a fault');
    const results = await Promise.allSettled([
      writes.write(() => 1),
      writes.write(() => {
        throw fault;
      }),
      writes.write(() => 3),
    ]);
    assert.equal(transactions, 1);
    assert.deepEqual(results, [
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: fault },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('let the event loop have its turn', async () => {
    let turns = 0;
    const counting = setImmediate(function count() {
      turns++;
      setImmediate(count).unref();
    });
    await Promise.all(Array.from({ length: 1000 }, () => writes.write(() => undefined)));
    clearImmediate(counting);
    assert.equal(transactions, 20);
    assert.ok(turns >= 19, `${turns} turns`);
  });

  it('are done again, in their order, when a full disk has room', async () => {
    const done: number[] = [];
    isFull = true;
    const writing = Promise.all([1, 2, 3].map((n) => writes.write(() => done.push(n))));
    while (disk.paused === undefined) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(transactions, 1);
    isFull = false;
    done.length = 0; // the transaction that failed was rolled back
    await disk.check();
    await writing;
    assert.deepEqual(done, [1, 2, 3]);
  });

  it('end with the intake', async () => {
    const reason = new Error('the program is stopping');
    stop.abort(reason);
    await assert.rejects(
      writes.write(() => undefined),
      reason,
    );
  });
});
