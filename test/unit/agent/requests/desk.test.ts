import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { checkVisibility } from '../../../../agent/observing/visibility.ts';
import { RequestDesk, type RequestDeskOptions } from '../../../../agent/requests/desk.ts';
import { RequestStore } from '../../../../agent/store/requests.ts';
import { VisitStore } from '../../../../agent/store/visits.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { databaseInMemory, observingRequestOf, silent } from '../../../support/parcels.ts';
import { limits, place } from '../../../support/robotic-site.ts';

const nowMs = Date.parse('2026-11-22T20:00:00Z');

function setUp(t: TestContext, checkFeasible: RequestDeskOptions['checkFeasible'] = async () => ({ ok: true })) {
  const database = databaseInMemory(t);
  const clock = new ManualClock(nowMs);
  const requests = new RequestStore(database, clock);
  const changes: string[] = [];
  const desk = new RequestDesk({
    requests,
    checkFeasible,
    clock,
    log: silent,
    onChange: () => changes.push('changed'),
  });
  const told: string[] = [];
  for (const destination of ['hub', 'list']) {
    desk.attach({
      destination,
      report: () => {
        for (const { id, state, answered } of desk.unreported(destination, 0)) {
          told.push(`${destination} ${id} ${answered} ${state}`);
        }
      },
    });
  }
  desk.start((error) => {
    throw error;
  });
  t.after(() => desk.stop());
  return { desk, requests, visits: new VisitStore(database, clock), told, changes };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the desk of requests', () => {
  it('answers for all sources alike, with a cursor or without, and tells each of its own', async (t) => {
    const { desk, told, changes } = setUp(t, async ({ id }) =>
      id === 'b' ? { ok: false, reason: 'too low' } : { ok: true },
    );
    desk.offer('hub', observingRequestOf('a'), 7);
    desk.offer('list', observingRequestOf('b'));
    await settled();
    assert.deepEqual(told, ['hub a accept PENDING', 'list b decline NOT_ATTEMPTED']);
    assert.equal(changes.length, 1, 'only what was accepted is work');
    assert.deepEqual([desk.cursor('hub'), desk.cursor('list')], [7, 0]);
  });

  it('keeps requests of the same id from two sources apart', async (t) => {
    const { desk, requests } = setUp(t);
    desk.offer('hub', observingRequestOf('a'), 1);
    desk.offer('list', observingRequestOf('a'));
    desk.cancel('list', 'a', 'faded');
    await settled();
    assert.deepEqual([requests.get('hub', 'a')?.state, requests.get('list', 'a')?.state], ['PENDING', 'CANCELED']);
  });

  it('declines what requires more than it knows without a look at the sky', async (t) => {
    const { desk, requests } = setUp(t, () => assert.fail('it was checked'));
    desk.offer('list', observingRequestOf('a', { requires: ['spectrograph'] }));
    await settled();
    assert.match(requests.get('list', 'a')?.reason ?? '', /requires .*spectrograph/);
  });

  it('names what waits and is more urgent than a request under way, the most urgent first', async (t) => {
    const { desk, visits } = setUp(t);
    const running = observingRequestOf('running');
    desk.offer('hub', running);
    desk.offer('hub', observingRequestOf('critical', { observationType: 'TIME_CRITICAL' }));
    desk.offer('list', observingRequestOf('rapid', { observationType: 'RAPID_RESPONSE' }));
    desk.offer('list', observingRequestOf('idle', { priority: 1 }));
    await settled();
    visits.claim({ destination: 'hub', instrument: 'main', request: running });
    assert.deepEqual(
      desk.waitingBefore(running).map(({ id }) => id),
      ['rapid', 'critical'],
    );
  });

  it('declines what the sky allows at its start but not to its end', async (t) => {
    const { desk, requests } = setUp(t, async (request) => checkVisibility(request, place, nowMs, limits));
    // At 20 h UTC this star is up in the west, and sinks below the 25 deg of the site before 180 exposures are taken.
    const sinking = { name: 'sinking', raDeg: 285, decDeg: 40 };
    const exposures = (exposureCount: number) => ({
      target: sinking,
      constraints: { maxAirmass: 10, minLunarDistanceDeg: 0 },
      instrumentConfigs: [{ filter: 'V', exposureS: 50, exposureCount, binning: 1 }],
    });
    desk.offer('hub', observingRequestOf('short', exposures(1)));
    desk.offer('hub', observingRequestOf('long', exposures(180)));
    await settled();
    assert.equal(requests.get('hub', 'short')?.answered, 'accept', requests.get('hub', 'short')?.reason);
    assert.equal(requests.get('hub', 'long')?.answered, 'decline');
    assert.match(requests.get('hub', 'long')?.reason ?? '', /target stands|airmass/);
  });
});
