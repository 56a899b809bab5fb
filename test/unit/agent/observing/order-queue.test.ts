import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OrderQueue, type OrderQueueOptions } from '../../../../agent/observing/order-queue.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { nightMs } from '../../../support/simulated-site.ts';
import { requestFor } from '../../../support/visits.ts';

const over = [{ start: '2026-11-20T00:00:00Z', end: '2026-11-20T01:00:00Z' }];

function queueOf(requests: readonly ReturnType<typeof requestFor>[], possible: (id: string) => boolean = () => true) {
  const ended: string[] = [];
  const stored = () =>
    requests.filter(({ id }) => !ended.includes(id)).map((request) => ({ destination: 'hub', request }));
  const queue = new OrderQueue({
    instrument: 'main',
    requests: {
      executable: stored,
      end: (_: string, id: string) => void ended.push(id),
    } as unknown as OrderQueueOptions['requests'],
    clock: new ManualClock(nightMs),
    checkVisibility: ({ id }) => (possible(id) ? { ok: true } : { ok: false, reason: 'it is low', never: false }),
  });
  return { queue, ended };
}

test('a request whose last window has closed is ended, once; the others stay', () => {
  const { queue, ended } = queueOf([requestFor({ id: 'late', windows: over }), requestFor({ id: 'open' })]);
  assert.deepEqual(queue.expire(), ['late']);
  assert.deepEqual(queue.expire(), []);
  assert.deepEqual(ended, ['late']);
  assert.equal(queue.next()?.request.id, 'open');
});

test('the most urgent of the possible requests of this instrument is next', () => {
  const requests = [
    requestFor({ id: 'impossible', priority: 90 }),
    requestFor({ id: 'elsewhere', priority: 80, instrument: 'other' }),
    requestFor({ id: 'plain', priority: 10 }),
    requestFor({ id: 'important', priority: 50 }),
  ];
  assert.equal(queueOf(requests, (id) => id !== 'impossible').queue.next()?.request.id, 'important');
});

test('a rehearsal is found whatever the sky allows', () => {
  const { queue } = queueOf([requestFor({ id: 'real' }), requestFor({ id: 'test', test: true })], () => false);
  assert.equal(queue.nextTest()?.request.id, 'test');
});
