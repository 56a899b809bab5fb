import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { httpClient } from '../../../../agent/centres/http.ts';
import { PortalChannel } from '../../../../agent/centres/ocs/channel.ts';
import { Portal } from '../../../../agent/centres/ocs/portal.ts';
import { RequestDesk, type RequestDeskOptions } from '../../../../agent/requests/desk.ts';
import { RequestStore } from '../../../../agent/store/requests.ts';
import { VisitStore } from '../../../../agent/store/visits.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { configurationOf, FakePortal, scheduled } from '../../../support/fake-portal.ts';
import { serverFor } from '../../../support/http.ts';
import { databaseInMemory, silent } from '../../../support/parcels.ts';

const nowMs = Date.parse('2026-12-01T19:00:00Z');
const everyMs = 10_000;

async function siteAt(
  t: TestContext,
  options: { checkFeasible?: RequestDeskOptions['checkFeasible']; token?: string } = {},
) {
  const fake = new FakePortal();
  const url = await serverFor(t, fake.listener);
  const database = databaseInMemory(t);
  const clock = new ManualClock(nowMs);
  const requests = new RequestStore(database, clock);
  const checkFeasible = options.checkFeasible ?? (async () => ({ ok: true }) as const);
  const desk = new RequestDesk({ requests, checkFeasible, clock, log: silent, onChange: () => undefined });
  const http = httpClient('test', clock, { silenceMs: 5000, wholeMs: 5000, largestBytes: 1e6 });
  const place = { site: 'tst', enclosure: 'doma', telescope: '1m0a' };
  const portal = new Portal({ destination: 'lco', url, token: () => options.token ?? 'staff', place, http });
  const channel = new PortalChannel({
    ...{ destination: 'lco', portal, names: { instruments: { xx01: 'main' }, filters: {} }, pollMs: everyMs },
    ...{ desk, clock, random: new Random(1), log: silent },
  });
  const fail = (error: unknown) => {
    throw error;
  };
  desk.start(fail);
  channel.start(fail);
  t.after(async () => {
    await channel.stop();
    await desk.stop();
  });
  /** Lets the channel do what it has to, and then its next waits pass, until something is so. */
  async function until(isSo: () => boolean, what: string): Promise<void> {
    for (let k = 0; k < 300; k++) {
      if (isSo()) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (k % 10 === 9) await clock.advance(everyMs);
    }
    assert.fail(`never: ${what}; ${JSON.stringify([channel.status(), fake.asked.slice(-5)])}`);
  }
  const state = (id: number) => requests.get('lco', `ocs-${id}`)?.state;
  const visits = new VisitStore(database, clock);
  const begin = (id: number) =>
    visits.claim({ destination: 'lco', instrument: 'main', request: requests.get('lco', `ocs-${id}`)!.request! })!.id;
  return { fake, channel, desk, requests, visits, begin, clock, until, state };
}

describe('an Observation Portal', () => {
  it('schedules requests, page by page, and is told what became of each', async (t) => {
    const site = await siteAt(t);
    site.fake.schedule(...[1, 2, 3, 4, 5].map((id) => scheduled(id)));
    await site.until(() => site.requests.executable().length === 5, 'five requests to execute');
    assert.deepEqual(site.channel.status().state, 'connected');
    const asked = site.fake.asked.filter((call) => /schedule.\d/.test(call));
    assert.deepEqual(asked, [], 'nothing is asked of what only waits');
    const visitId = site.begin(3);
    site.desk.changed();
    await site.until(() => site.fake.patched.length === 1, 'told of the visit');
    assert.deepEqual(site.fake.patched[0], { id: 30, state: 'ATTEMPTED' });
    await site.clock.advance(600_000);
    const frames = [1, 2, 3].map((number) => ({ number, file: `/f${number}`, exposureId: `e${number}` }));
    site.visits.end({ visitId, state: 'COMPLETED', reason: '', frames });
    site.desk.changed();
    await site.until(() => site.fake.patched.length === 2, 'told of the end');
    const { id, state, summary } = site.fake.patched[1]!;
    assert.deepEqual([id, state, summary!.time_completed], [30, 'COMPLETED', 180]);
    assert.equal(Date.parse(String(summary!.end)) - Date.parse(String(summary!.start)), 600_000);
    assert.deepEqual(site.desk.unreported('lco', 0), [], 'all is told');
  });

  it('hears why a request is declined, and why an observation was not understood', async (t) => {
    const site = await siteAt(t, { checkFeasible: async () => ({ ok: false, reason: 'never above 25 degrees' }) });
    const odd = scheduled(2, { configurations: [{ configuration_status: 22, state: 'PENDING' }] });
    site.fake.schedule(scheduled(1), odd, scheduled(3, { configurations: [configurationOf(33, { type: 'BIAS' })] }));
    await site.until(() => site.fake.patched.length === 2, 'two are told');
    assert.deepEqual(site.fake.patched.map(({ id, state, summary }) => [id, state, summary!.reason]).sort(), [
      [10, 'NOT_ATTEMPTED', 'never above 25 degrees'],
      [33, 'NOT_ATTEMPTED', 'configurations of the type BIAS are not executed here'],
    ]);
    assert.equal(site.state(2), 'NOT_ATTEMPTED');
    await site.until(() => site.desk.unreported('lco', 0).length === 0, 'nothing is left to tell');
  });

  it('cannot fill the memory by what it repeats', async (t) => {
    const site = await siteAt(t);
    const endless = scheduled(1);
    Object.assign(endless.request, { configuration_repeats: 1e9 });
    site.fake.schedule(endless, scheduled(2));
    await site.until(() => site.state(2) === 'PENDING' && site.state(1) === 'NOT_ATTEMPTED', 'one is declined');
  });

  it('gives up what its scheduler has moved elsewhere, within a minute, and what waits becomes CANCELED', async (t) => {
    const site = await siteAt(t);
    site.fake.schedule(scheduled(1), scheduled(2));
    await site.until(() => site.requests.executable().length === 2, 'both are here');
    site.fake.observations.get(1)!.state = 'CANCELED'; // alone it does not change the time of scheduling
    await site.until(() => site.state(1) === 'CANCELED', 'given up');
    assert.equal(site.state(2), 'PENDING');
    site.fake.observations.delete(2);
    await site.until(() => site.state(2) === 'CANCELED', 'deleted at the portal');
    assert.deepEqual(site.fake.patched, [], 'it knows that by itself');
  });

  it('is told again after it was away, and nothing twice', async (t) => {
    const site = await siteAt(t);
    site.fake.schedule(scheduled(1));
    await site.until(() => site.requests.executable().length === 1, 'it is here');
    site.fake.broken = 502;
    const visitId = site.begin(1);
    site.visits.end({ visitId, state: 'FAILED', reason: 'the mount did not move', frames: [] });
    site.desk.changed();
    await site.until(() => site.channel.status().state === 'disconnected', 'it is away');
    assert.match(site.channel.health().reason, /busy \(HTTP 502\)/);
    site.fake.broken = undefined;
    await site.until(() => site.fake.patched.length === 1, 'told after all');
    assert.deepEqual([site.fake.patched[0]!.state, site.fake.patched[0]!.summary!.time_completed], ['FAILED', 0]);
    site.desk.changed();
    await site.clock.advance(5 * everyMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(site.fake.patched.length, 1);
  });

  it('that knows no BAD_DATA is told that it failed', async (t) => {
    const site = await siteAt(t);
    site.fake.isOld = true;
    site.fake.schedule(scheduled(1));
    await site.until(() => site.requests.executable().length === 1, 'it is here');
    const visitId = site.begin(1);
    const frames = [{ number: 1, file: '/f1', exposureId: 'e1' }];
    site.visits.end({ visitId, state: 'FAILED', reason: 'clouds', frames });
    site.desk.changed();
    await site.until(() => site.fake.patched.length === 1, 'told');
    assert.deepEqual([site.fake.patched[0]!.state, site.fake.patched[0]!.summary!.state], ['FAILED', 'FAILED']);
  });

  it('that refuses the token needs the operator, and nothing is given up for it', async (t) => {
    const site = await siteAt(t, { token: 'of-a-student' });
    site.fake.schedule(scheduled(1));
    await site.until(() => site.channel.health().state === 'needs-operator', 'the operator is needed');
    assert.match(site.channel.health().reason, /staff account/);
    assert.doesNotMatch(site.channel.health().reason, /of-a-student/);
  });
});
