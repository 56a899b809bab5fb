import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../../../base/clock.ts';
import { untilAborted } from '../../../base/until-aborted.ts';
import { Wake } from '../../../base/wake.ts';

const never = new AbortController().signal;

/** What became of a promise so far. */
async function stateOf(work: Promise<unknown>): Promise<string> {
  const settled = work.then(
    () => 'done',
    (reason: unknown) => `failed: ${String(reason)}`,
  );
  return Promise.race([settled, new Promise<string>((resolve) => setImmediate(() => resolve('waiting')))]);
}

describe('a wake', () => {
  it('wakes all who wait, once', async () => {
    const wake = new Wake();
    const clock = new ManualClock(0);
    const sleepers = [wake.wait(clock, never), wake.wait(clock, never, 1000)];
    assert.deepEqual(await Promise.all(sleepers.map(stateOf)), ['waiting', 'waiting']);
    wake.wake();
    assert.deepEqual(await Promise.all(sleepers.map(stateOf)), ['done', 'done']);
    assert.equal(await stateOf(wake.wait(clock, never)), 'waiting', 'the wake was used up');
  });

  it('is kept for the next one who waits while nobody does, and for that one only', async () => {
    const wake = new Wake();
    wake.wake();
    wake.wake();
    const clock = new ManualClock(0);
    assert.equal(await stateOf(wake.wait(clock, never)), 'done');
    assert.equal(await stateOf(wake.wait(clock, never)), 'waiting');
  });

  it('is not waited for longer than asked, and one that comes later is kept', async () => {
    const wake = new Wake();
    const clock = new ManualClock(0);
    const sleeper = wake.wait(clock, never, 1000);
    await clock.advance(999);
    assert.equal(await stateOf(sleeper), 'waiting');
    await clock.advance(1);
    assert.equal(await stateOf(sleeper), 'done');
    wake.wake();
    assert.equal(await stateOf(wake.wait(clock, never)), 'done');
  });

  for (const ms of [undefined, 1000]) {
    it(`ends with the reason of an abort (${ms ?? 'no'} limit), before it and during it`, async () => {
      const wake = new Wake();
      const clock = new ManualClock(0);
      const abort = new AbortController();
      const sleeper = wake.wait(clock, abort.signal, ms);
      assert.equal(await stateOf(sleeper), 'waiting');
      abort.abort('rain');
      assert.equal(await stateOf(sleeper), 'failed: rain');
      wake.wake();
      assert.equal(await stateOf(wake.wait(clock, abort.signal, ms)), 'failed: rain');
      assert.equal(await stateOf(wake.wait(clock, never, ms)), 'done', 'the aborted ones have not used the wake up');
    });
  }
});

describe('what waits and is done with', () => {
  it('leaves no listener at the signal that lives on', async () => {
    const abort = new AbortController();
    const [added, removed] = [new Set<unknown>(), new Set<unknown>()];
    const { signal } = abort;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (name: string, listener: () => void, ...rest: []) => {
      added.add(listener);
      add(name, listener, ...rest);
    };
    signal.removeEventListener = (name: string, listener: () => void, ...rest: []) => {
      removed.add(listener);
      remove(name, listener, ...rest);
    };
    await untilAborted(Promise.resolve(1), signal);
    assert.deepEqual([added.size, removed], [1, added]);
  });

  it('leaves no sleeper behind that a wake went past', async () => {
    const wake = new Wake();
    const clock = new ManualClock(0);
    let asleep = 0;
    const counting = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms: number, signal?: AbortSignal) => {
        asleep++;
        try {
          await clock.sleep(ms, signal);
        } finally {
          asleep--;
        }
      },
    };
    const waiting = wake.wait(counting, never, 1000);
    assert.equal(asleep, 1);
    wake.wake();
    await waiting;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(asleep, 0);
  });
});

describe('work until an abort', () => {
  it('gives what the work gives, or the reason of the abort, whichever comes first', async () => {
    const abort = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), abort.signal), 7);
    await assert.rejects(untilAborted(Promise.reject(new Error('broken')), abort.signal), /broken/);
    const endless = untilAborted(new Promise(() => undefined), abort.signal);
    assert.equal(await stateOf(endless), 'waiting');
    abort.abort('rain');
    assert.equal(await stateOf(endless), 'failed: rain');
    assert.equal(await stateOf(untilAborted(new Promise(() => undefined), abort.signal)), 'failed: rain');
  });
});
