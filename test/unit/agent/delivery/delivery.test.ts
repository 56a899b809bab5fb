import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { DeliveryAdapter, DeliveryOutcome, Reconciliation } from '../../../../agent/centres/contract.ts';
import { Delivery } from '../../../../agent/delivery/delivery.ts';
import { Outbox, type Parcel } from '../../../../agent/store/outbox.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { databaseInMemory, parcelOf, silent, storeReduced } from '../../../support/parcels.ts';

const minuteMs = 60_000;

/** A centre that answers as it is told, and keeps what it was sent. */
class ScriptedCentral implements DeliveryAdapter {
  readonly destination = 'centre';
  readonly taking = { destination: 'centre', takes: 'everything' } as const;
  readonly capabilities;
  readonly tries: { key: string; atMs: number }[] = [];
  answer: (parcel: Parcel) => DeliveryOutcome | Promise<DeliveryOutcome> = () => ({ kind: 'accepted' });
  found: Reconciliation = 'undecided';
  looks = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock, keyed: boolean) {
    this.#clock = clock;
    this.capabilities = { keyed };
  }

  async deliver(parcel: Parcel): Promise<DeliveryOutcome> {
    this.tries.push({ key: parcel.key, atMs: this.#clock.monotonicMs() });
    return this.answer(parcel);
  }

  async reconcile(): Promise<Reconciliation> {
    this.looks++;
    return this.found;
  }
}

function setUp(t: TestContext, keyed = true) {
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const database = databaseInMemory(t);
  const outbox = new Outbox(database, clock);
  const central = new ScriptedCentral(clock, keyed);
  const delivery = new Delivery({ outbox, adapter: central, clock, random: new Random(1), log: silent });
  delivery.start((error) => assert.fail(String(error)));
  t.after(() => delivery.stop());
  return {
    clock,
    adapter: central,
    delivery,
    outbox,
    async put(name: string) {
      const parcel = await parcelOf(name);
      storeReduced(database, [parcel], () => outbox.enqueue([parcel]));
      delivery.wake();
      await clock.advance(0);
      await settled();
      return parcel;
    },
    count: (state: string) => outbox.counts().find((row) => row.state === state)?.count ?? 0,
  };
}

/** Lets everything run that is not waiting for the clock. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets time pass in small steps, with everything that follows from it. */
async function pass(clock: ManualClock, ms: number, steps = 200): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await clock.advance(ms / steps);
    await settled();
  }
}

describe('delivery', () => {
  it('sends at once what is enqueued, without any time passing', async (t) => {
    const { put, count, clock } = setUp(t);
    await put('a');
    assert.equal(count('done'), 1);
    assert.equal(clock.monotonicMs(), 0);
  });

  it('tries again with growing waits of at most 15 minutes for as long as the centre cannot be reached', async (t) => {
    const { clock, adapter: central, put, count } = setUp(t);
    central.answer = () => ({ kind: 'retry-later', scope: 'destination', reason: 'no network' });
    await put('a');
    await put('b');
    await pass(clock, 12 * 60 * minuteMs, 2000);
    const waits = central.tries.slice(1).map(({ atMs }, i) => atMs - central.tries[i]!.atMs);
    assert.ok(Math.max(...waits) <= 15.5 * minuteMs, `longest wait ${Math.max(...waits)} ms`);
    assert.ok(Math.max(...waits) > 5 * minuteMs, 'the waits grow');
    assert.ok(central.tries.length < 150, `${central.tries.length} tries in twelve hours are too many`);
    assert.equal(count('rejected'), 0);
    central.answer = () => ({ kind: 'accepted' });
    await pass(clock, 16 * minuteMs);
    assert.equal(count('done'), 2);
  });

  it('does not let one parcel that always fails hold up the others', async (t) => {
    const { clock, adapter: central, put, count } = setUp(t);
    const poison = await parcelOf('poison');
    central.answer = ({ key }) =>
      key === poison.key ? { kind: 'retry-later', scope: 'parcel', reason: 'HTTP 500' } : { kind: 'duplicate' };
    await put('poison');
    for (let i = 0; i < 20; i++) await put(`good ${i}`);
    await pass(clock, 60 * minuteMs, 600);
    assert.equal(count('done'), 20);
    assert.equal(count('queued'), 1);
    const tries = central.tries.filter(({ key }) => key === poison.key).length;
    assert.ok(tries > 5 && tries < 60, `${tries} tries in an hour`);
  });

  it('sends one parcel as a probe after a failure, not several', async (t) => {
    const { clock, adapter: central, put } = setUp(t);
    central.answer = () => ({ kind: 'retry-later', scope: 'destination', reason: 'no network', waitMs: minuteMs });
    await put('a');
    for (const name of ['b', 'c', 'd', 'e']) await put(name);
    const before = central.tries.length;
    await pass(clock, 10 * minuteMs, 600);
    const perMinute = central.tries.slice(before).length / 10;
    assert.ok(perMinute <= 1.1, `${perMinute} tries a minute though one was asked for`);
  });

  it('obeys the wait the centre asks for, but not beyond an hour', async (t) => {
    const { clock, adapter: central, put } = setUp(t);
    central.answer = () => ({
      kind: 'retry-later',
      scope: 'destination',
      reason: 'busy',
      waitMs: 30 * 24 * 60 * minuteMs,
    });
    await put('a');
    await pass(clock, 59 * minuteMs);
    assert.equal(central.tries.length, 1);
    await pass(clock, 2 * minuteMs);
    assert.equal(central.tries.length, 2);
  });

  it('does not wait for the time of a clock that ran ahead, put back while it runs or before it started', async (t) => {
    const { clock, adapter, delivery, put, count } = setUp(t);
    const rightMs = clock.nowMs();
    clock.setWallClock(rightMs + 365 * 86_400_000);
    adapter.answer = () => ({ kind: 'retry-later', scope: 'parcel', reason: 'busy' });
    await put('a');
    assert.equal(adapter.tries.length, 1);
    adapter.answer = () => ({ kind: 'accepted' });
    clock.setWallClock(rightMs);
    delivery.wake();
    await pass(clock, 16 * minuteMs);
    assert.equal(count('done'), 1, 'a year ahead, and nobody waits for it');
  });

  it('sets aside what is refused for good and goes on', async (t) => {
    const { adapter: central, delivery, outbox, put, count } = setUp(t);
    central.answer = () => ({ kind: 'rejected', reason: 'frame.width: expected an integer' });
    const parcel = await put('a');
    central.answer = () => ({ kind: 'accepted' });
    await put('b');
    assert.equal(count('rejected'), 1);
    assert.equal(count('done'), 1);
    assert.equal(outbox.ofExposure(parcel.exposureId)[0]?.lastError, 'frame.width: expected an integer');
    assert.equal(delivery.status().state, 'delivering');
  });

  it('asks for the operator when the centre does not know the site, parks nothing and recovers by itself', async (t) => {
    const { clock, adapter: central, delivery, put, count } = setUp(t);
    central.answer = () => ({ kind: 'tell-operator', reason: 'the token is wrong' });
    await put('a');
    await put('b');
    assert.deepEqual(delivery.status(), {
      destination: 'centre',
      state: 'needs-operator',
      reason: 'the token is wrong',
      inFlight: 0,
    });
    await pass(clock, 60 * minuteMs);
    assert.ok(central.tries.length <= 6, `${central.tries.length} tries in an hour`);
    assert.equal(count('queued'), 2);
    central.answer = () => ({ kind: 'accepted' });
    await pass(clock, 16 * minuteMs);
    assert.equal(count('done'), 2);
    assert.equal(delivery.status().state, 'delivering');
  });

  it('sends what may have arrived at a keyless centre only after it was twice not found there', async (t) => {
    const { clock, adapter: central, put, count } = setUp(t, false);
    central.answer = () => ({ kind: 'unknown', reason: 'no answer' });
    await put('a');
    assert.equal(count('unknown'), 1);
    await pass(clock, minuteMs);
    assert.equal(central.looks, 1);
    await pass(clock, 60 * minuteMs);
    assert.equal(central.tries.length, 1, 'undecided means wait');
    central.found = 'absent';
    central.answer = () => ({ kind: 'accepted' });
    const before = central.looks;
    await pass(clock, 25 * minuteMs);
    assert.equal(central.looks - before, 2);
    assert.equal(central.tries.length, 2);
    assert.equal(count('done'), 1);
  });

  it('does not send others at once into the trouble in which one may have got lost', async (t) => {
    const { adapter: central, put, count } = setUp(t, false);
    central.answer = () => ({ kind: 'unknown', reason: 'no answer' });
    await put('a');
    await put('b');
    assert.equal(count('unknown'), 1);
    assert.equal(count('queued'), 1);
  });

  it('takes what is found at a keyless centre as delivered', async (t) => {
    const { clock, adapter: central, put, count } = setUp(t, false);
    central.answer = () => ({ kind: 'unknown', reason: 'no answer' });
    central.found = 'held';
    await put('a');
    await pass(clock, minuteMs);
    assert.equal(central.tries.length, 1);
    assert.equal(count('done'), 1);
  });

  it('survives an adapter that throws, and sends the parcel again', async (t) => {
    const { clock, adapter: central, put, count } = setUp(t);
    central.answer = () => {
      throw new Error('not thought of');
    };
    await put('a');
    central.answer = () => ({ kind: 'accepted' });
    await pass(clock, 2 * minuteMs);
    assert.equal(count('done'), 1);
  });

  it('tries at once when the way is known to be open again', async (t) => {
    const { adapter: central, delivery, put, count } = setUp(t);
    central.answer = () => ({ kind: 'retry-later', scope: 'destination', reason: 'no network', waitMs: 30 * minuteMs });
    await put('a');
    central.answer = () => ({ kind: 'accepted' });
    delivery.retryNow();
    await settled();
    assert.equal(count('done'), 1);
  });

  it('stops cleanly: what is in flight is settled, nothing new is taken', async (t) => {
    const { adapter: central, delivery, put, count } = setUp(t);
    let finish = (): void => undefined;
    central.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ kind: 'accepted' });
      });
    await put('a');
    const stopped = delivery.stop();
    finish();
    await stopped;
    await put('b');
    assert.equal(count('done'), 1);
    assert.equal(count('queued'), 1);
    assert.equal(central.tries.length, 1);
  });
});

describe('the health of a delivery', () => {
  it('is away while the centre cannot be reached, and well again after', async (t) => {
    const { clock, adapter: central, delivery, put } = setUp(t);
    central.answer = () => ({ kind: 'retry-later', scope: 'destination', waitMs: minuteMs, reason: 'no route' });
    await put('exposure');
    assert.deepEqual(delivery.health(), { state: 'away', reason: 'no route' });
    central.answer = () => ({ kind: 'accepted' });
    await clock.advance(2 * minuteMs);
    await settled();
    assert.deepEqual(delivery.health(), { state: 'well', reason: '' });
  });

  it('needs the operator when the centre refuses the site', async (t) => {
    const { adapter: central, delivery, put } = setUp(t);
    central.answer = () => ({ kind: 'tell-operator', reason: 'the token is refused' });
    await put('exposure');
    assert.deepEqual(delivery.health(), { state: 'needs-operator', reason: 'the token is refused' });
  });

  it('is stalled when its loop does not turn any more', async (t) => {
    const { clock, delivery } = setUp(t);
    await settled();
    assert.equal(delivery.health().state, 'well');
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (_, signal) => sleep(Number.POSITIVE_INFINITY, signal); // it rests once more, and nothing wakes it
    await clock.advance(minuteMs);
    await settled();
    await clock.advance(10 * minuteMs);
    assert.equal(delivery.health().state, 'stalled');
  });
});
