import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ReductionReply } from '../../../../agent/reduction/job.ts';
import { Reducer, type ReducerParts } from '../../../../agent/reduction/reducer.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { Parked, RetryLater, TellOperator } from '../../../../base/errors.ts';
import { silent } from '../../../support/parcels.ts';

const frame = { id: 1, path: 'a.fits', instrument: 'main', attempts: 0 };
const rejected: ReductionReply = { state: 'rejected', code: 'TEST', reason: 'no light' } as ReductionReply;

/** A reducer whose only frame stays to be reduced until it is rejected or has failed. */
function setUp(t: TestContext, run: () => Promise<ReductionReply>) {
  const clock = new ManualClock(0);
  const seen = { attempts: 0, rejected: 0 };
  const parts = {
    config: { reduction: { maxAttempts: 3 } },
    clock,
    log: silent,
    store: {
      frames: {
        attemptFailed: () => {
          seen.attempts++;
          return { ...frame, state: 'identified' };
        },
        rejectIdentified: () => void seen.rejected++,
      },
    },
    intake: {
      nextLight: (signal: AbortSignal) =>
        seen.rejected === 0 ? Promise.resolve(frame) : clock.sleep(Number.POSITIVE_INFINITY, signal),
      release: () => undefined,
    },
    jobOf: async () => ({}),
    run,
  };
  const reducer = new Reducer(parts as unknown as ReducerParts);
  reducer.start(assert.ifError);
  t.after(() => reducer.stop());
  return { clock, reducer, seen };
}

/** Lets everything run that does not wait for the clock. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

const siteFaults: [string, Error][] = [
  ['a full disk', Object.assign(new Error('no space left'), { code: 'ENOSPC' })],
  ['a database that takes nothing', Object.assign(new Error('disk is full'), { code: 'SQLITE_FULL' })],
  ['a database on a failing disk', Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' })],
  ['a catalogue that is gone', new TellOperator('CATALOGUE_UNUSABLE', 'no such file')],
  ['a fault of the site in the child', new RetryLater('SITE_FAULT', 'no space left')],
];

describe('the reducer', () => {
  for (const [name, error] of siteFaults) {
    it(`pauses for ${name}, which costs the frame no attempt, and goes on by itself`, async (t) => {
      let tries = 0;
      const { clock, reducer, seen } = setUp(t, async () => {
        if (++tries <= 5) throw error;
        return rejected;
      });
      await settled();
      assert.equal(tries, 1, 'it rests');
      assert.match(reducer.paused ?? '', /because of this computer/);
      for (let i = 0; i < 5; i++) {
        await clock.advance(60_000);
        await settled();
      }
      assert.deepEqual(seen, { attempts: 0, rejected: 1 });
      assert.equal(reducer.paused, undefined);
    });
  }

  it('counts the attempts of a frame that is at fault itself', async (t) => {
    let tries = 0;
    const { seen } = setUp(t, async () => {
      if (++tries <= 2) throw new Parked('REDUCTION_FAULT', 'no such extension');
      return rejected;
    });
    await settled();
    assert.deepEqual(seen, { attempts: 2, rejected: 1 });
  });
});
