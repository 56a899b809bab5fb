import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { RequestStore } from '../../../../agent/store/requests.ts';
import { systemClock } from '../../../../base/clock.ts';
import type { Hub } from '../../../../hub/hub.ts';
import { type AgentMessage, agentMessage, subprotocolOf } from '../../../../protocol/link.ts';
import { heldRequest, type RequestResult, requestResult } from '../../../../protocol/rest.ts';
import { call, hubFor, startTestHub, until } from '../../../support/hub.ts';
import { siteFor, type TestSite } from '../../../support/link.ts';
import {
  databaseInMemory,
  measured,
  observingRequestOf,
  sha256,
  storeReduction,
  temporaryFolder,
} from '../../../support/parcels.ts';

function submit(hub: Hub, id: string) {
  return call(hub, '/v1/requests', {
    method: 'POST',
    body: JSON.stringify({ site: 'here', request: observingRequestOf(id) }),
  });
}

async function shown(hub: Hub, id: string) {
  return heldRequest.parse((await call(hub, `/v1/requests/${id}`)).body);
}

/** Waits until the hub shows a request so. */
function untilShown(hub: Hub, id: string, expected: object) {
  return until(
    async () => {
      const held: Record<string, unknown> = await shown(hub, id);
      return Object.entries(expected).every(([key, value]) => held[key] === value);
    },
    `the hub shows ${JSON.stringify(expected)} of ${id}`,
  );
}

function claim({ visits }: TestSite, id: string): string {
  const order = { destination: 'hub', instrument: 'main', request: observingRequestOf(id) };
  return visits.claim(order)?.id ?? assert.fail(`no visit of ${id}`);
}

/** Ends a visit of a thousand exposures, each with a measurement; gives their ids. */
function endLargeVisit(site: TestSite, id: string): string[] {
  const exposureIds = Array.from({ length: 1000 }, (_, i) => sha256(`${i}`));
  for (const exposureId of exposureIds) storeReduction(site.database, exposureId, { targets: [measured('HAT-P-32')] });
  const frames = exposureIds.map((exposureId, i) => ({ number: i + 1, file: `/camera/${i}.fits`, exposureId }));
  site.visits.end({ visitId: claim(site, id), state: 'COMPLETED', reason: '', frames });
  return exposureIds;
}

/** A hub that speaks as a test tells it to. */
async function spokenHub(t: TestContext): Promise<{ url: string; next: () => Promise<WebSocket> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => subprotocolOf(2) });
  await once(server, 'listening');
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async next() {
      const [socket] = (await once(server, 'connection')) as [WebSocket];
      await once(socket, 'message');
      socket.send(JSON.stringify({ type: 'welcome', hub: 'spoken', serverTimeMs: Date.now() }));
      return socket;
    },
  };
}

describe('the link to a hub', () => {
  it('takes a request, accepts it, and tells of it until the measured target is shown', async (t) => {
    const hub = await hubFor(t);
    const site = siteFor(t, hub.url);
    await submit(hub, 'a');
    await untilShown(hub, 'a', { answer: 'accept', state: 'PENDING' });
    assert.equal(site.changes, 1);
    assert.equal(site.requests.executable()[0]?.id, 'a');
    const visitId = claim(site, 'a');
    site.visits.step(visitId, 'slew');
    site.link.report();
    await untilShown(hub, 'a', { state: 'IN_PROGRESS', reason: 'slew' });
    const frame = { number: 1, file: '/camera/1.fits', exposureId: sha256('1') };
    storeReduction(site.database, frame.exposureId, { targets: [measured('HAT-P-32')] });
    site.visits.end({ visitId, state: 'COMPLETED', reason: '', frames: [frame] });
    site.link.report();
    await untilShown(hub, 'a', { state: 'COMPLETED' });
    assert.deepEqual((await shown(hub, 'a')).result, {
      visitId,
      exposureIds: [frame.exposureId],
      measurements: [measured('HAT-P-32')],
    });
    await until(() => site.requests.unreported('hub').length === 0, 'the hub has noted everything');
  });

  it('declines with the reason that it cannot be observed', async (t) => {
    const hub = await hubFor(t);
    siteFor(t, hub.url, { checkFeasible: async () => ({ ok: false, reason: 'never above 25 degrees tonight' }) });
    await submit(hub, 'a');
    await untilShown(hub, 'a', {
      state: 'NOT_ATTEMPTED',
      answer: 'decline',
      reason: 'never above 25 degrees tonight',
    });
  });

  it('answers the others when the check fails on one, and that one again later', async (t) => {
    const hub = await hubFor(t);
    let broken = true;
    siteFor(t, hub.url, {
      checkFeasible: async ({ id }) => {
        if (id === 'a' && broken) throw new Error('no ephemeris');
        return { ok: true };
      },
    });
    await submit(hub, 'a');
    await submit(hub, 'b');
    await untilShown(hub, 'b', { answer: 'accept' });
    assert.equal((await shown(hub, 'a')).answer, null);
    broken = false;
    await submit(hub, 'c');
    await untilShown(hub, 'a', { answer: 'accept' });
  });

  it('gives up what the centre cancels: at once while it waits, through the executor while it runs', async (t) => {
    const hub = await hubFor(t);
    const site = siteFor(t, hub.url);
    const cancel = (id: string) =>
      call(hub, `/v1/requests/${id}/cancel`, { method: 'POST', body: '{"reason":"faded"}' });
    for (const id of ['a', 'b']) {
      await submit(hub, id);
      await untilShown(hub, id, { answer: 'accept' });
    }
    await cancel('a');
    await untilShown(hub, 'a', { state: 'CANCELED', reason: 'faded' });
    const visitId = claim(site, 'b');
    await cancel('b');
    await until(() => site.visits.givenUp().length === 1, 'the site knows');
    site.visits.end({ visitId, state: 'ABORTED', reason: 'given up: faded', frames: [] });
    site.link.report();
    await untilShown(hub, 'b', { state: 'CANCELED', reason: 'given up: faded' });
  });

  it('learns what was asked while it was away, and tells what happened meanwhile', async (t) => {
    const folder = temporaryFolder(t);
    const before = await startTestHub(folder);
    const site = siteFor(t, before.url);
    await submit(before, 'a');
    await untilShown(before, 'a', { answer: 'accept' });
    await before.close();
    const visitId = claim(site, 'a');
    site.visits.end({ visitId, state: 'FAILED', reason: 'the mount did not move', frames: [] });
    site.link.report();
    await until(() => site.link.status().state === 'disconnected', 'the site notices');
    const hub = await startTestHub(folder, Number(new URL(before.url).port));
    t.after(() => hub.close());
    await untilShown(hub, 'a', { state: 'FAILED', reason: 'the mount did not move' });
    assert.deepEqual(site.checked, ['a']);
  });

  it('keeps what it was offered through a restart of its own', async (t) => {
    const hub = await hubFor(t);
    const never = new Promise<never>(() => undefined);
    const first = siteFor(t, hub.url, { checkFeasible: () => never });
    await submit(hub, 'a');
    await until(() => first.checked.length === 1, 'the first agent is checking');
    await until(async () => (await shown(hub, 'a')).acknowledgedAt !== null, 'the offer is acknowledged');
    await first.stop();
    const second = siteFor(t, hub.url, { database: first.database });
    await untilShown(hub, 'a', { answer: 'accept' });
    assert.deepEqual(second.checked, ['a']);
  });

  it('asks for the operator when the hub does not know the token', async (t) => {
    const hub = await hubFor(t);
    const { link } = siteFor(t, hub.url, { token: () => 'a-token-of-nobody' });
    await until(() => link.status().state === 'needs-operator', 'the link is refused');
    assert.doesNotMatch(link.status().reason, /a-token-of-nobody/);
  });

  it('declines an offer it cannot understand and passes over what else it does not know', async (t) => {
    const { url, next } = await spokenHub(t);
    const site = siteFor(t, url);
    const socket = await next();
    const heard: unknown[] = [];
    socket.on('message', (data) => heard.push(agentMessage.parse(JSON.parse(data.toString()))));
    socket.send(JSON.stringify({ type: 'horoscope', seq: 8 }));
    const odd = { ...observingRequestOf('odd'), target: 'the brightest' };
    socket.send(JSON.stringify({ type: 'offer', seq: 9, request: odd }));
    await until(() => heard.length === 3, 'three answers');
    assert.deepEqual(
      heard.filter((message) => (message as { type: string }).type === 'ack'),
      [
        { type: 'ack', seq: 8 },
        { type: 'ack', seq: 9 },
      ],
    );
    assert.match(JSON.stringify(heard), /"type":"decline","requestId":"odd".*target/);
    assert.equal(site.requests.cursor('hub'), 9);
    assert.deepEqual(site.checked, []);
  });

  it('tells of every request, however many the hub does not know of', async (t) => {
    const hub = await hubFor(t);
    const database = databaseInMemory(t);
    const requests = new RequestStore(database, systemClock);
    const total = 450;
    database.transaction(() => {
      for (let i = 0; i < total; i++) {
        requests.receiveOffer('hub', undefined, observingRequestOf(`r${i}`));
        requests.answer('hub', `r${i}`, 'accept', '');
      }
    })();
    const site = siteFor(t, hub.url, { database });
    await until(() => site.requests.unreported('hub').length === 0, 'the hub has noted all of them');
  });

  it('tells the end of a request of a thousand exposures whole, in parts', async (t) => {
    const hub = await hubFor(t);
    const site = siteFor(t, hub.url);
    await submit(hub, 'a');
    await untilShown(hub, 'a', { answer: 'accept' });
    const exposureIds = endLargeVisit(site, 'a');
    site.link.report();
    await untilShown(hub, 'a', { state: 'COMPLETED' });
    const { resultParts } = await shown(hub, 'a');
    const rows: RequestResult[] = [];
    for (let part = 0; part < resultParts!; part++) {
      rows.push(requestResult.parse((await call(hub, `/v1/requests/a/result/${part}`)).body));
    }
    assert.deepEqual(
      rows.flatMap((row) => row.exposureIds),
      exposureIds,
    );
    assert.equal(rows.flatMap(({ measurements }) => measurements).length, 1000);
    assert.equal((await call(hub, `/v1/requests/a/result/${resultParts}`)).status, 404);
    assert.equal(site.link.status().state, 'connected');
  });

  it('tells an end that is too large for the hub without its result, and goes on with the next', async (t) => {
    const { url, next } = await spokenHub(t);
    const site = siteFor(t, url);
    const socket = await next();
    const heard: AgentMessage[] = [];
    socket.on('message', (data) => heard.push(agentMessage.parse(JSON.parse(data.toString()))));
    for (const [index, id] of ['large', 'small'].entries()) {
      socket.send(JSON.stringify({ type: 'offer', seq: index + 1, request: observingRequestOf(id) }));
    }
    await until(() => site.requests.executable().length === 2, 'both are accepted');
    endLargeVisit(site, 'large');
    const frame = { number: 1, file: '/camera/1.fits', exposureId: sha256('0') };
    site.visits.end({ visitId: claim(site, 'small'), state: 'COMPLETED', reason: '', frames: [frame] });
    site.link.report();
    await until(() => heard.filter(({ type }) => type === 'done').length === 2, 'both ends are told');
    const [large, small] = heard.filter((message) => message.type === 'done');
    assert.match(large!.reason, /1000 measurements are too large/);
    assert.equal(large!.measurements.length, 0);
    assert.equal(small!.measurements.length, 1);
    assert.equal(site.link.status().state, 'connected');
  });

  it('does not take garbage for a hub, and comes back', async (t) => {
    const { url, next } = await spokenHub(t);
    const site = siteFor(t, url);
    (await next()).send('garbage');
    const second = await next();
    assert.ok(second);
    await until(() => site.link.status().state === 'connected', 'the link is back');
  });
});
