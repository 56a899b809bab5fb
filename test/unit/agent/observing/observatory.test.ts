import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ObservingRequest } from '../../../../protocol/request.ts';
import { Site } from '../../../support/robotic-site.ts';
import { AcceptedRequests, startUnit } from '../../../support/robotic-unit.ts';
import { settle } from '../../../support/settle.ts';
import { requestFor } from '../../../support/visits.ts';

/** Longer than any test looks: the camera is exposing whenever something happens. */
const long = { instrumentConfigs: [{ filter: 'V', exposureS: 600, exposureCount: 2, binning: 1 }] };
const ordinary = requestFor({ id: 'ordinary', ...long });
const rapid = requestFor({ id: 'rapid', observationType: 'RAPID_RESPONSE', ...long });

/** Lets pass so many seconds of the site. */
async function pass(site: Site, seconds: number) {
  for (let s = 0; s < seconds; s++) {
    await setImmediate();
    await site.clock.advance(1000);
  }
}

type Ends = { after: (end: () => Promise<void>) => void };

/** A unit that has just begun with one request. */
async function begun(t: Ends, request: ObservingRequest) {
  const site = new Site();
  const requests = new AcceptedRequests(site);
  requests.all.push(request);
  const { unit, safety, alarms } = startUnit(site, requests, { camera: site.camera });
  t.after(async () => {
    await settle(site.clock, safety.stop());
    await settle(site.clock, unit.stop());
  });
  const accept = (another: ObservingRequest) => {
    requests.all.push(another);
    unit.wake();
  };
  return { site, requests, unit, alarms, accept };
}

/** A unit that exposes for one request. */
async function exposing(t: Ends, request: ObservingRequest) {
  const parts = await begun(t, request);
  const { site } = parts;
  for (let s = 0; s < 300 && site.camera.exposures < 1; s++) await pass(site, 1);
  assert.equal(site.camera.exposures, 1);
  return parts;
}

/** The visits so far: of which request, and how each ended. */
const visitsOf = ({ rows }: Site) => rows.rows.map(({ order, result }) => [order.request.id, result?.state]);

test('a rapid response breaks off the exposure of another request and slews within two seconds', async (t) => {
  const { site, accept, alarms } = await exposing(t, ordinary);
  const slews = site.observatory.faults.calls('mount.slewTo');
  accept(rapid);
  await pass(site, 2);
  assert.deepEqual(visitsOf(site), [
    ['ordinary', 'ABORTED'],
    ['rapid', undefined],
  ]);
  assert.match(site.rows.rows[0]!.result!.reason, /rapid response rapid/);
  assert.equal(site.observatory.faults.calls('mount.slewTo'), slews + 1);
  assert.equal(site.rows.faults({ destination: 'hub', instrument: 'main', request: ordinary }), 0, 'not counted');
  assert.deepEqual(alarms, []);
});

test('a rapid response that comes while the roof opens stops it not half open, and goes first once it is open', async (t) => {
  const { site, accept, alarms } = await begun(t, ordinary);
  const { faults } = site.observatory;
  for (let s = 0; s < 60 && (await site.shutter()) !== 'opening'; s++) await pass(site, 1);
  assert.equal(await site.shutter(), 'opening');
  accept(rapid);
  for (let s = 0; s < 300 && site.camera.exposures < 1; s++) await pass(site, 1);
  assert.deepEqual(visitsOf(site), [
    ['ordinary', 'ABORTED'],
    ['rapid', undefined],
  ]);
  assert.equal(faults.calls('dome.open'), 1);
  assert.equal(site.camera.exposures, 1, 'the first exposure is that of the rapid response');
  assert.deepEqual(alarms, []);
});

test('a rapid response does not break off another one', async (t) => {
  const { site, accept } = await exposing(t, rapid);
  accept({ ...rapid, id: 'later' });
  await pass(site, 30);
  assert.deepEqual(visitsOf(site), [['rapid', undefined]]);
});

test('a rapid response that the sky does not allow now breaks off nothing', async (t) => {
  const { site, accept } = await exposing(t, ordinary);
  accept({ ...rapid, target: { name: 'low', raDeg: 180, decDeg: 0 } });
  await pass(site, 30);
  assert.deepEqual(visitsOf(site), [['ordinary', undefined]]);
});

test('a request that is more important, but not a rapid response, waits for the visit under way', async (t) => {
  const { site, accept } = await exposing(t, ordinary);
  accept({ ...ordinary, id: 'important', priority: 100, observationType: 'TIME_CRITICAL' });
  await pass(site, 30);
  assert.deepEqual(visitsOf(site), [['ordinary', undefined]]);
});

test('a request broken off for a rapid response is observed after it', async (t) => {
  const { site, requests, accept } = await exposing(t, ordinary);
  accept(rapid);
  await pass(site, 2);
  requests.givenUp.set('rapid', 'the alert was retracted');
  await pass(site, 30);
  assert.deepEqual(visitsOf(site), [
    ['ordinary', 'ABORTED'],
    ['rapid', 'ABORTED'],
    ['ordinary', undefined],
  ]);
});

test('a visit that another telescope has open, and whose request is given up, does not cost this one its own', async (t) => {
  const { site, requests, unit } = await exposing(t, ordinary);
  const elsewhere = { ...ordinary, id: 'elsewhere' };
  site.rows.claim({ destination: 'hub', instrument: 'other', request: elsewhere });
  requests.givenUp.set('elsewhere', 'cancelled');
  unit.wake();
  await pass(site, 30);
  assert.deepEqual(visitsOf(site), [
    ['ordinary', undefined],
    ['elsewhere', undefined],
  ]);
});
