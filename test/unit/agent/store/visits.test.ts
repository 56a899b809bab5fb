import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { RequestStore } from '../../../../agent/store/requests.ts';
import type { VisitResult } from '../../../../agent/store/visit.ts';
import { VisitStore } from '../../../../agent/store/visits.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, measured, observingRequestOf, sha256, storeReduction } from '../../../support/parcels.ts';

const frames = [1, 2].map((number) => ({ number, file: `/camera/ä ${number}.fits`, exposureId: sha256(`${number}`) }));

function setUp(t: TestContext) {
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const database = databaseInMemory(t);
  const requests = new RequestStore(database, clock);
  const reopened = () => new VisitStore(database, clock);
  const visits = reopened();
  const claim = (id: string) =>
    visits.claim({ destination: 'hub', instrument: 'main', request: observingRequestOf(id) })?.id;
  const end = (visitId: string, state: VisitResult['state']) =>
    visits.end({ visitId, state, reason: 'because', frames });
  const accept = (id: string) => {
    requests.receiveOffer('hub', 1, observingRequestOf(id));
    requests.answer('hub', id, 'accept', '');
  };
  return { database, requests, visits, reopened, claim, end, accept };
}

describe('visits in the store', () => {
  it('allows one live visit of a request, and none of one that was not accepted, is given up or over', (t) => {
    const { requests, claim, end, accept } = setUp(t);
    accept('a');
    const visit = claim('a');
    assert.ok(visit);
    assert.equal(claim('a'), undefined, 'it has one');
    end(visit, 'COMPLETED');
    assert.equal(claim('a'), undefined, 'it is over');
    requests.receiveOffer('hub', 2, observingRequestOf('b'));
    assert.equal(claim('b'), undefined, 'it was not accepted');
    accept('c');
    requests.receiveCancel('hub', 3, 'c', 'no');
    assert.equal(claim('c'), undefined, 'it is given up');
    assert.equal(claim('d'), undefined, 'it is not there');
  });

  it('lets a request be visited again after an aborted visit', (t) => {
    const { requests, visits, claim, end, accept } = setUp(t);
    accept('a');
    end(claim('a')!, 'ABORTED');
    assert.equal(requests.executable().length, 1);
    assert.ok(claim('a'));
    assert.deepEqual(
      visits.ofRequest('hub', 'a').map(({ state }) => state),
      ['ABORTED', 'IN_PROGRESS'],
    );
    assert.equal(requests.executable().length, 0);
  });

  it('keeps how far a visit came, for whoever finds it after a kill', (t) => {
    const { visits, reopened, claim, end, accept } = setUp(t);
    accept('a');
    const id = claim('a')!;
    visits.step(id, 'expose');
    visits.exposureBegun(id);
    visits.exposureBegun(id);
    visits.resumed(id);
    assert.deepEqual(reopened().open(), [
      {
        id,
        order: { destination: 'hub', instrument: 'main', request: observingRequestOf('a') },
        step: 'expose',
        exposuresBegun: 2,
        resumes: 1,
      },
    ]);
    end(id, 'ABORTED');
    assert.deepEqual(visits.open(), []);
    assert.throws(() => visits.step(id, 'expose'), { code: 'VISIT_ENDED' });
  });

  it('ends a visit once, and the request with what was measured', (t) => {
    const { database, requests, visits, claim, end, accept } = setUp(t);
    for (const { exposureId } of frames) {
      storeReduction(database, exposureId, { targets: [measured('another'), measured('HAT-P-32')] });
    }
    accept('a');
    const visitId = claim('a')!;
    visits.frameWritten(visitId, frames[0]!);
    visits.frameWritten(visitId, frames[0]!);
    end(visitId, 'COMPLETED');
    end(visitId, 'FAILED');
    const request = requests.get('hub', 'a');
    assert.equal(request?.state, 'COMPLETED');
    const exposureIds = frames.map(({ exposureId }) => exposureId);
    assert.deepEqual(request?.result, {
      visitId,
      exposureIds,
      measurements: [measured('HAT-P-32'), measured('HAT-P-32')],
    });
  });

  it('ends a visit whose record cannot be read, without a measurement, and says why there is none', (t) => {
    const { database, requests, visits, claim, end, accept } = setUp(t);
    const { exposureId } = frames[0]!;
    storeReduction(database, exposureId, { targets: 'none', outcome: 'measured' });
    assert.match(visits.reductionOf(exposureId, 'HAT-P-32').outcome!, /^its record cannot be read \(targets: /);
    accept('a');
    const visitId = claim('a')!;
    visits.frameWritten(visitId, frames[0]!);
    end(visitId, 'FAILED');
    assert.deepEqual(requests.get('hub', 'a')?.result?.measurements, []);
  });
});
