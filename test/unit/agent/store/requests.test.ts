import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RequestStore } from '../../../../agent/store/requests.ts';
import { VisitStore } from '../../../../agent/store/visits.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, measured, observingRequestOf, sha256 } from '../../../support/parcels.ts';

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
    begin: (id: string, requestId: string) =>
      visits.begin({ id, destination: 'hub', requestId, instrument: 'main', step: 'claimed' }),
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
    assert.equal(requests.unanswered('hub').length, 1);
  });

  it('tells what the centre does not know yet, until it is confirmed', (t) => {
    const { requests, accepted, begin } = setUp(t);
    accepted('a');
    assert.equal(requests.unreported('hub')[0]?.state, 'PENDING');
    requests.markReported('hub', 'a', 'PENDING');
    assert.deepEqual(requests.unreported('hub'), []);
    begin('v1', 'a');
    const [unreported] = requests.unreported('hub');
    assert.deepEqual([unreported?.state, unreported?.visitId, unreported?.step], ['IN_PROGRESS', 'v1', 'claimed']);
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
    begin('v1', 'b');
    assert.equal(requests.receiveCancel('hub', 3, 'b', 'too late'), true);
    assert.equal(state('b'), 'IN_PROGRESS');
    assert.equal(requests.get('hub', 'b')?.cancelReason, 'too late');
    visits.end('v1', 'ABORTED', 'given up');
    assert.equal(state('b'), 'CANCELED');
    assert.equal(requests.receiveCancel('hub', 4, 'b', 'again'), false);
    assert.equal(requests.cursor('hub'), 4);
  });

  it('ends a request whose window passed, unless it is being executed', (t) => {
    const { requests, accepted, begin, state } = setUp(t);
    accepted('a');
    accepted('b');
    begin('v1', 'b');
    for (const id of ['a', 'b']) requests.end('hub', id, 'WINDOW_EXPIRED', 'the night is over');
    assert.deepEqual([state('a'), state('b')], ['WINDOW_EXPIRED', 'IN_PROGRESS']);
  });
});

describe('visits in the store', () => {
  it('allows one live visit of a request, and none of one that was not accepted, is given up or over', (t) => {
    const { requests, visits, accepted, begin } = setUp(t);
    accepted('a');
    assert.deepEqual(begin('v1', 'a'), { begun: true });
    assert.deepEqual(begin('v2', 'a'), { begun: false, reason: 'request a is being visited already' });
    visits.end('v1', 'COMPLETED', '');
    assert.deepEqual(begin('v3', 'a'), { begun: false, reason: 'request a is over: COMPLETED' });
    requests.receiveOffer('hub', 2, observingRequestOf('b'));
    assert.deepEqual(begin('v4', 'b'), { begun: false, reason: 'request b was not accepted' });
    accepted('c');
    requests.receiveCancel('hub', 3, 'c', 'no');
    assert.deepEqual(begin('v5', 'c'), { begun: false, reason: 'request c was given up by the centre' });
    assert.deepEqual(begin('v6', 'd'), { begun: false, reason: 'there is no request d of hub' });
  });

  it('keeps how far a visit came, for whoever finds it after a kill', (t) => {
    const { visits, accepted, begin } = setUp(t);
    accepted('a');
    begin('v1', 'a');
    visits.setStep('v1', 'exposing');
    visits.exposureBegun('v1');
    visits.addFile('v1', '/camera/ä 1.fits');
    visits.exposureBegun('v1');
    const [visit] = visits.live();
    assert.deepEqual(
      [visit?.step, visit?.exposuresBegun, visit?.files, visit?.state],
      ['exposing', 2, ['/camera/ä 1.fits'], 'IN_PROGRESS'],
    );
    visits.end('v1', 'ABORTED', 'interrupted');
    assert.deepEqual(visits.live(), []);
    assert.throws(() => visits.setStep('v1', 'exposing'), { code: 'VISIT_ENDED' });
    assert.deepEqual(begin('v2', 'a'), { begun: true }, 'an aborted request may be visited again');
    assert.equal(visits.ofRequest('hub', 'a').length, 2);
  });

  it('ends a visit once, with what it brought', (t) => {
    const { requests, visits, accepted, begin, state } = setUp(t);
    accepted('a');
    begin('v1', 'a');
    const exposureIds = [sha256('exposure')];
    visits.end('v1', 'COMPLETED', '', { exposureIds, measurements: [measured('HAT-P-32')] });
    visits.end('v1', 'FAILED', 'late');
    assert.equal(state('a'), 'COMPLETED');
    assert.deepEqual(requests.get('hub', 'a')?.result, {
      visitId: 'v1',
      exposureIds,
      measurements: [measured('HAT-P-32')],
    });
  });
});
