import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type NewParcel, Outbox } from '../../../../agent/store/outbox.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, parcelOf, storeReduced } from '../../../support/parcels.ts';

const startMs = Date.parse('2026-11-22T21:00:00Z');

function setUp(t: TestContext) {
  const clock = new ManualClock(startMs);
  const database = databaseInMemory(t);
  const outbox = new Outbox(database, clock);
  const put = (...parcels: NewParcel[]) => storeReduced(database, parcels, () => outbox.enqueue(parcels));
  const states = (key: string) =>
    database.prepare('SELECT state FROM parcels WHERE key = ? ORDER BY id').pluck().all(key);
  return { clock, database, outbox, put, states };
}

describe('the outbox', () => {
  it('gives the newest target first, then the newest frame, and every fourth time the oldest', async (t) => {
    const { outbox, put } = setUp(t);
    const named = new Map<string, string>();
    for (const name of ['f1', 't1', 'f2', 't2', 'f3', 't3', 'f4', 't4', 'f5']) {
      const parcel = await parcelOf(name, name.startsWith('t') ? { target: 'star' } : {});
      named.set(parcel.key, name);
      put(parcel);
    }
    const order = outbox.claim('centre', 20).map(({ key }) => named.get(key));
    assert.deepEqual(order, ['t4', 't3', 't2', 'f1', 't1', 'f5', 'f4', 'f2', 'f3']);
  });

  it('lets the backlog shrink while new parcels keep coming faster than they are sent', async (t) => {
    const { outbox, put } = setUp(t);
    const old = new Set<string>();
    for (let i = 0; i < 10; i++) {
      const parcel = await parcelOf(`old ${i}`);
      old.add(parcel.key);
      put(parcel);
    }
    let taken = 0;
    for (; old.size > 0 && taken < 1000; taken++) {
      put(await parcelOf(`new ${taken}`, { target: 'star' }));
      for (const { id, key } of outbox.claim('centre', 1)) {
        outbox.settle(id, { state: 'done' });
        old.delete(key);
      }
    }
    assert.equal(taken, 40, 'ten old parcels take forty turns');
  });

  it('keeps what is enqueued only together with its reduction', async (t) => {
    const { database, outbox, put } = setUp(t);
    const parcel = await parcelOf('a');
    assert.throws(() => outbox.enqueue([parcel]), { code: 'ENQUEUE_ALONE' });
    assert.throws(() =>
      storeReduced(database, [parcel], () => {
        outbox.enqueue([parcel]);
        throw new Error('the disk is full');
      }),
    );
    assert.deepEqual(outbox.counts(), []);
    put(parcel);
    put(parcel);
    assert.deepEqual(outbox.counts(), [{ destination: 'centre', state: 'queued', count: 1 }]);
  });

  it('sends the newest revision only, and one that was set aside again when it comes again', async (t) => {
    const { outbox, put, states } = setUp(t);
    const first = await parcelOf('a', { revision: 'r1' });
    const second = await parcelOf('a', { revision: 'r2' });
    put(first);
    put(second);
    assert.deepEqual(states(first.key), ['superseded', 'queued']);
    put(first);
    assert.deepEqual(states(first.key), ['superseded', 'queued']);
    const [claimed] = outbox.claim('centre', 5);
    assert.equal(claimed?.revision, first.revision);
    outbox.settle(claimed!.id, { state: 'rejected', reason: 'refused' });
    put(first);
    assert.deepEqual(states(first.key), ['superseded', 'queued']);
  });

  it('does not send an old revision again after a newer one has come', async (t) => {
    const { clock, outbox, put, states } = setUp(t);
    const first = await parcelOf('a', { revision: 'r1' });
    put(first);
    const [claimed] = outbox.claim('centre', 1);
    put(await parcelOf('a', { revision: 'r2' }));
    outbox.settle(claimed!.id, { state: 'queued', failures: 1, nextAtMs: clock.nowMs(), reason: 'no answer' });
    assert.deepEqual(states(first.key), ['superseded', 'queued']);
  });

  it('holds a parcel back until its time, but not for a time that only a wrong clock can have written', async (t) => {
    const { clock, outbox, put } = setUp(t);
    put(await parcelOf('a'));
    const [claimed] = outbox.claim('centre', 1);
    const failed = (nextAtMs: number) =>
      outbox.settle(claimed!.id, { state: 'queued', failures: 1, nextAtMs, reason: 'no answer' });
    failed(clock.nowMs() + 5000);
    assert.equal(outbox.nextDueMs('centre'), clock.nowMs() + 5000);
    assert.equal(outbox.claim('centre', 1).length, 0);
    await clock.advance(5000);
    assert.equal(outbox.claim('centre', 1).length, 1);
    failed(clock.nowMs() + 365 * 86_400_000);
    assert.equal(outbox.waitNoLonger('centre', 60_000, 3_600_000), 1);
    assert.equal(outbox.nextDueMs('centre'), clock.nowMs() + 60_000);
    outbox.settle(claimed!.id, { state: 'unknown', failures: 1, nextAtMs: clock.nowMs() + 7_200_000, reason: 'cut' });
    assert.equal(outbox.waitNoLonger('centre', 60_000, 3_600_000), 1);
    assert.equal(outbox.nextDueMs('centre'), clock.nowMs() + 3_600_000, 'what is looked for waits for its own time');
    assert.equal(outbox.waitNoLonger('centre', 60_000, 3_600_000), 0);
  });

  it('after an interruption sends again where the centre knows the keys, and asks where it does not', async (t) => {
    const { outbox, put } = setUp(t);
    put(await parcelOf('a', { destination: 'keyed' }), await parcelOf('a', { destination: 'keyless' }));
    assert.equal(outbox.claim('keyed', 1).length + outbox.claim('keyless', 1).length, 2);
    assert.equal(outbox.recover('keyed', true), 1);
    assert.equal(outbox.recover('keyless', false), 1);
    assert.equal(outbox.claim('keyed', 1).length, 1);
    assert.equal(outbox.claim('keyless', 1).length, 0);
    assert.equal(outbox.nextUnknown('keyless')?.failures, 0);
  });

  it('keeps a product once for all its destinations, until the last of them has it', async (t) => {
    const { database, outbox, put } = setUp(t);
    const { product, ...here } = await parcelOf('a', { destination: 'here' });
    const { product: _same, ...there } = await parcelOf('a', { destination: 'there' });
    put({ ...here, product }, { ...there, product });
    const bytes = () => database.prepare('SELECT length(body) FROM products').pluck().all();
    assert.deepEqual(bytes(), [product.body.length]);
    outbox.settle(outbox.claim('here', 1)[0]!.id, { state: 'done' });
    assert.deepEqual(bytes(), [product.body.length]);
    outbox.settle(outbox.claim('there', 1)[0]!.id, { state: 'done' });
    assert.deepEqual(bytes(), [0]);
  });

  it('keeps what is refused, and sends it again when a person says so', async (t) => {
    const { outbox, put } = setUp(t);
    put(await parcelOf('a'));
    const [parcel] = outbox.claim('centre', 1);
    outbox.settle(parcel!.id, { state: 'rejected', reason: 'no such target' });
    assert.deepEqual(
      outbox.list(['rejected'], 5).map(({ lastError }) => lastError),
      ['no such target'],
    );
    assert.equal(outbox.requeue(parcel!.id), true);
    assert.equal(outbox.requeue(parcel!.id), false);
    const [again] = outbox.claim('centre', 1);
    assert.deepEqual([again!.key, again!.body.length > 0], [parcel!.key, true]);
  });

  it('puts aside what waits, and nothing that is on its way', async (t) => {
    const { outbox, put } = setUp(t);
    put(await parcelOf('a'));
    put(await parcelOf('b'));
    const [sending] = outbox.claim('centre', 1);
    assert.equal(outbox.park(sending!.id, 'by hand'), false);
    const [waiting] = outbox.list(['queued'], 5);
    assert.equal(outbox.park(waiting!.id, 'by hand'), true);
    assert.deepEqual(outbox.claim('centre', 5), []);
    assert.equal(outbox.get(waiting!.id)?.state, 'parked');
  });

  it('keeps receipt and verdict of a centre that judges later', async (t) => {
    const { clock, outbox, put } = setUp(t);
    put(await parcelOf('a'));
    const [parcel] = outbox.claim('centre', 1);
    const nextAtMs = clock.nowMs() + 60_000;
    outbox.settle(parcel!.id, { state: 'accepted', receipt: { remoteId: '1454270', words: 'Received.' }, nextAtMs });
    assert.deepEqual(outbox.nextAccepted('centre', 5), []);
    assert.equal(outbox.nextDueMs('centre'), nextAtMs);
    await clock.advance(60_000);
    assert.deepEqual(
      outbox.nextAccepted('centre', 5).map(({ remoteId }) => remoteId),
      ['1454270'],
    );
    outbox.settle(parcel!.id, { state: 'done', verdict: 'S' });
    const { state, remoteId, receipt, verdict, acceptedAtMs, doneAtMs } = outbox.get(parcel!.id)!;
    assert.deepEqual(
      { state, remoteId, receipt, verdict, acceptedAtMs, doneAtMs },
      {
        state: 'done',
        remoteId: '1454270',
        receipt: 'Received.',
        verdict: 'S',
        acceptedAtMs: startMs,
        doneAtMs: nextAtMs,
      },
    );
  });

  it('knows which targets a destination has near a moment', async (t) => {
    const { outbox, put } = setUp(t);
    const parcel = await parcelOf('a', { target: 'star' });
    put(parcel);
    const near = (mjd: number, key = 'another') => outbox.isTakenNear('centre', 'star', mjd, 0.01, key);
    assert.equal(near(61_366.505), true);
    assert.equal(near(61_366.52), false);
    assert.equal(near(61_366.5, parcel.key), false);
    assert.equal(outbox.isTakenNear('centre', 'other', 61_366.5, 0.01, 'another'), false);
  });

  it('knows what was sent, or may have arrived, whatever its revision', async (t) => {
    const { outbox, put } = setUp(t);
    const parcel = await parcelOf('a', { target: 'star' });
    put(parcel);
    assert.equal(outbox.isSent(parcel.key), false);
    const [claimed] = outbox.claim('centre', 1);
    assert.equal(outbox.isSent(parcel.key), true);
    outbox.settle(claimed!.id, { state: 'rejected', reason: 'no' });
    assert.equal(outbox.isSent(parcel.key), false);
  });

  it('tells how the products of an exposure fare', async (t) => {
    const { clock, outbox, put } = setUp(t);
    const parcel = await parcelOf('a');
    put(parcel);
    outbox.settle(outbox.claim('centre', 1)[0]!.id, { state: 'done' });
    const [told, ...more] = outbox.ofExposure(parcel.exposureId);
    const { destination, subject, plane, checksum, state, failures, lastError, doneAtMs, sentAtMs } = told!;
    assert.deepEqual(more, []);
    assert.deepEqual(
      [destination, subject, plane, checksum, state, failures, lastError, doneAtMs, sentAtMs],
      ['centre', 'frame', 'mono', parcel.checksum, 'done', 0, null, clock.nowMs(), clock.nowMs()],
    );
  });
});
