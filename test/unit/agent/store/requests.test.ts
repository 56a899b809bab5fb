import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RequestStore } from '../../../../agent/store/requests.ts';
import { VisitStore } from '../../../../agent/store/visits.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, observingRequestOf } from '../../../support/parcels.ts';

function setUp(t: TestContext) {
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const database = databaseInMemory(t);
  const requests = new RequestStore(database, clock);
  const visits = new VisitStore(database, clock);
  return {
    requests,
    visits,
    accepted(id: string) {
      requests.receiveOffer('hub', 1, observingRequestOf(id));
      requests.answer('hub', id, 'accept', '');
    },
    begin(id: string): string {
      const order = { destination: 'hub', instrument: 'main', request: observingRequestOf(id) };
      return visits.claim(order)?.id ?? assert.fail(`no visit of ${id}`);
    },
    state: (id: string) => requests.get('hub', id)?.state,
  };
}

describe('requests in the store', () => {
  it('keeps an offer once, and the cursor never goes back', (t) => {
    const { requests } = setUp(t);
    assert.equal(requests.cursor('hub'), 0);
    assert.equal(requests.receiveOffer('hub', 4, observingRequestOf('a')), true);
    assert.equal(requests.receiveOffer('hub', 3, observingRequestOf('a', { name: 'changed' })), false);
    assert.equal(requests.cursor('hub'), 4);
    assert.deepEqual(requests.get('hub', 'a')?.request, observingRequestOf('a'));
    assert.equal(requests.unanswered().length, 1);
  });

  it('tells what the centre does not know yet, until it is confirmed', (t) => {
    const { requests, accepted, begin } = setUp(t);
    accepted('a');
    assert.equal(requests.unreported('hub')[0]?.state, 'PENDING');
    requests.markReported('hub', 'a', 'PENDING');
    assert.deepEqual(requests.unreported('hub'), []);
    const visitId = begin('a');
    const [unreported] = requests.unreported('hub');
    assert.deepEqual([unreported?.state, unreported?.visitId, unreported?.step], ['IN_PROGRESS', visitId, 'claimed']);
  });

  it('says nothing of an offer that waits for its answer', (t) => {
    const { requests } = setUp(t);
    requests.receiveOffer('hub', 1, observingRequestOf('a'));
    assert.deepEqual(requests.unreported('hub'), []);
  });

  it('declines what it cannot understand', (t) => {
    const { requests, state } = setUp(t);
    requests.refuseOffer('hub', 7, 'odd', { id: 'odd', colour: 'blue' }, 'not understood');
    assert.equal(state('odd'), 'NOT_ATTEMPTED');
    assert.equal(requests.get('hub', 'odd')?.request, undefined);
    assert.equal(requests.unreported('hub')[0]?.answered, 'decline');
    assert.equal(requests.cursor('hub'), 7);
  });

  it('cancels at once what waits, and leaves what is executed to its executor', (t) => {
    const { requests, visits, accepted, begin, state } = setUp(t);
    accepted('a');
    assert.equal(requests.receiveCancel('hub', 2, 'a', 'cloudy'), true);
    assert.equal(state('a'), 'CANCELED');
    accepted('b');
    const visitId = begin('b');
    assert.equal(requests.receiveCancel('hub', 3, 'b', 'too late'), true);
    assert.equal(state('b'), 'IN_PROGRESS');
    assert.deepEqual(visits.givenUp(), [{ visitId, reason: 'too late' }]);
    visits.end({ visitId, state: 'ABORTED', reason: 'given up', frames: [] });
    assert.equal(state('b'), 'CANCELED');
    assert.equal(requests.receiveCancel('hub', 4, 'b', 'again'), false);
    assert.equal(requests.cursor('hub'), 4);
  });

  it('ends a request whose window passed, unless it is being executed', (t) => {
    const { requests, accepted, begin, state } = setUp(t);
    accepted('a');
    accepted('b');
    begin('b');
    for (const id of ['a', 'b']) requests.end('hub', id, 'WINDOW_EXPIRED', 'the night is over');
    assert.deepEqual([state('a'), state('b')], ['WINDOW_EXPIRED', 'IN_PROGRESS']);
  });
});
