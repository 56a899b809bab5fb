import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../../../base/random.ts';
import { call, heldRequests, hubFor, until } from '../../support/hub.ts';
import { siteFor } from '../../support/link.ts';
import { observingRequestOf } from '../../support/parcels.ts';
import { wireTo } from '../../support/proxy.ts';

const total = 60;

it('takes every request once and tells every end, though the link is cut again and again', async (t) => {
  const hub = await hubFor(t);
  const wire = await wireTo(t, hub.url);
  const site = siteFor(t, wire.url);
  const random = new Random(7);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  let cuts = 0;
  let cutting = true;
  const cutter = (async () => {
    while (cutting) {
      await pause(random.uniform() * 30);
      wire.cut();
      cuts++;
    }
  })();
  for (let i = 0; i < total; i++) {
    const request = observingRequestOf(`request-${i}`);
    await call(hub, '/v1/requests', { method: 'POST', body: JSON.stringify({ site: 'here', request }) });
    await pause(10);
    for (const { destination, request: accepted } of site.requests.executable()) {
      if (accepted === undefined) continue;
      const visit = site.visits.claim({ destination, instrument: 'main', request: accepted });
      assert.ok(visit, 'an accepted request can be visited');
      site.visits.end({ visitId: visit.id, state: 'COMPLETED', reason: '', frames: [] });
      site.link.report();
    }
  }
  cutting = false;
  await cutter;
  await until(() => site.checked.length === total, 'every request has come');
  for (const { destination, request } of site.requests.executable()) {
    const visit = site.visits.claim({ destination, instrument: 'main', request: request! });
    site.visits.end({ visitId: visit!.id, state: 'COMPLETED', reason: '', frames: [] });
  }
  site.link.report();
  await until(
    async () => (await heldRequests(hub)).every(({ state }) => state === 'COMPLETED'),
    'the hub knows every end',
  );

  assert.ok(cuts > 20, `the link was cut ${cuts} times only`);
  assert.equal(new Set(site.checked).size, total, 'none is lost');
  assert.equal(site.checked.length, total, 'none is checked twice');
  for (const { id, result } of await heldRequests(hub)) {
    const visits = site.visits.ofRequest('hub', id);
    assert.equal(visits.length, 1, `${id} is visited once`);
    assert.equal(result?.visitId, visits[0]?.id);
  }
});
