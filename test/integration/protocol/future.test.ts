import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { hubDelivery } from '../../../agent/centres/hub/delivery.ts';
import { systemClock } from '../../../base/clock.ts';
import { readTargetList } from '../../../protocol/targets.ts';
import { serverFor } from '../../support/http.ts';
import { call, heldParcels, heldRequests, hubFor, tokenOf, until } from '../../support/hub.ts';
import { siteFor } from '../../support/link.ts';
import { measured, observingRequestOf, parcelOf, photometry } from '../../support/parcels.ts';
import { grown, hubSpeaker, siteSpeaker } from '../../support/speakers.ts';

const versions = ['bhtom-edge.v3', 'bhtom-edge.v2'];
const hello = grown({
  type: 'hello',
  site: 'here',
  software: 'bhtom-edge 9',
  versions: { oldest: 2, newest: 3 },
  capabilities: ['telepathy'],
  cursor: 0,
  instruments: [{ id: 'main', oname: null, robotic: true, filters: ['V'] }],
});

describe('partners of a later version', () => {
  it('a site is welcomed, and what it says is kept in the words that this hub has', async (t) => {
    const hub = await hubFor(t);
    await call(hub, '/v1/requests', {
      method: 'POST',
      body: JSON.stringify(grown({ site: 'here', request: observingRequestOf('a', { observationType: 'REAL_TIME' }) })),
    });
    const site = await siteSpeaker(t, hub.url, versions);
    assert.equal(site.socket.protocol, 'bhtom-edge.v2');
    site.say(hello);
    const welcome = await site.hear();
    assert.deepEqual(welcome.versions, { oldest: 1, newest: 2 });
    assert.ok(Array.isArray(welcome.capabilities));
    const offer = await site.hear('offer');
    assert.deepEqual(
      offer.request,
      grown(observingRequestOf('a', { observationType: 'REAL_TIME' })),
      'what this hub does not know is passed on to a site that may',
    );
    site.say({ type: 'weather', windMPerS: 3 });
    site.say(grown({ type: 'accept', requestId: 'a' }));
    assert.equal((await site.hear()).type, 'noted');
    site.say(grown({ type: 'progress', requestId: 'a', visitId: 'v', state: 'ACQUIRING', note: 'centring' }));
    assert.equal((await site.hear()).state, 'ACQUIRING', 'the word comes back as it was said');
    const [inProgress] = await heldRequests(hub);
    assert.deepEqual([inProgress?.state, inProgress?.reason], ['IN_PROGRESS', 'ACQUIRING: centring']);
    const result = { visitId: 'v', exposureIds: [], measurements: [measured('HAT-P-32')] };
    site.say(grown({ type: 'done', requestId: 'a', state: 'BAD_DATA', reason: 'clouds', ...result }));
    assert.equal((await site.hear()).state, 'BAD_DATA');
    const [done] = await heldRequests(hub);
    assert.deepEqual([done?.state, done?.reason], ['FAILED', 'BAD_DATA: clouds']);
    assert.equal(done?.result?.measurements[0]?.name, 'HAT-P-32');
  });

  it('a message that makes no sense costs that message, not the link', async (t) => {
    const hub = await hubFor(t);
    await call(hub, '/v1/requests', {
      method: 'POST',
      body: JSON.stringify({ site: 'here', request: observingRequestOf('a') }),
    });
    const site = await siteSpeaker(t, hub.url, versions);
    site.say(hello);
    await site.hear('offer');
    site.say({ type: 'done', requestId: 'a', visitId: 7 });
    const error = await site.hear();
    assert.deepEqual([error.type, error.requestId], ['error', 'a']);
    site.say({ type: 'accept', requestId: 'a' });
    assert.equal((await site.hear()).type, 'noted');
  });

  it('is told which versions there are when none is shared', async (t) => {
    const hub = await hubFor(t);
    await assert.rejects(siteSpeaker(t, hub.url, ['bhtom-edge.v3', 'bhtom-edge.v4']), /426/);
    const { body } = await call(hub, '/v1');
    assert.deepEqual((body as { link: unknown }).link, { oldest: 1, newest: 2 });
  });

  it('a hub is linked to, its requests are checked, and what is not known is passed over', async (t) => {
    const { url, next } = await hubSpeaker(t, versions.slice().reverse());
    const site = siteFor(t, url);
    const hub = await next();
    const said = await hub.hear('hello');
    assert.deepEqual(said.versions, { oldest: 1, newest: 2 });
    const welcome = { type: 'welcome', hub: 'later', serverTimeMs: Date.now() };
    hub.say(grown({ ...welcome, versions: { oldest: 2, newest: 3 }, capabilities: ['telepathy'] }));
    hub.say(grown({ type: 'horoscope', seq: 1 }));
    assert.deepEqual(await hub.hear(), { type: 'ack', seq: 1 });
    const request = observingRequestOf('a', { observationType: 'REAL_TIME' });
    hub.say(grown({ type: 'offer', seq: 2, request }));
    assert.deepEqual(await hub.hear(), { type: 'ack', seq: 2 });
    assert.deepEqual(await hub.hear(), { type: 'accept', requestId: 'a' });
    hub.say(grown({ type: 'noted', requestId: 'a', state: 'SCHEDULED' }));
    hub.say(grown({ type: 'noted', requestId: 'a', state: 'PENDING' }));
    hub.say({ type: 'fanfare' });
    await until(() => site.requests.unreported('hub').length === 0, 'the report is noted');
    assert.deepEqual(site.requests.get('hub', 'a')?.request, grown(request), 'kept for the version that knows it');
    assert.equal(site.link.status().state, 'connected');
    assert.equal(hub.socket.readyState, hub.socket.OPEN);
  });

  it('an offer that needs more than this site knows is declined by name', async (t) => {
    const { url, next } = await hubSpeaker(t, versions);
    siteFor(t, url);
    const hub = await next();
    hub.say({ type: 'welcome', hub: 'later', serverTimeMs: Date.now() });
    hub.say({ type: 'offer', seq: 1, request: observingRequestOf('a', { requires: ['spectrograph'] }) });
    const answer = await hub.hear('decline');
    assert.match(String(answer.reason), /spectrograph/);
    const { target: _, ...without } = observingRequestOf('b');
    hub.say({ type: 'offer', seq: 2, request: { ...without, movingTarget: {} } });
    assert.match(String((await hub.hear('decline')).reason), /target/);
  });

  it('parcels with more in them are taken, and given back whole', async (t) => {
    const hub = await hubFor(t);
    const { sources, ...parcel } = photometry('a');
    const columns = { ...sources, addedLater: [7] };
    const later = {
      ...grown(parcel),
      sources: columns,
      subject: 'stack',
      frame: { ...grown(parcel.frame), timeVerdict: 'guessed' },
    };
    const path = '/v1/photometry/key/revision';
    const put = await call(hub, path, { method: 'PUT', token: tokenOf.here, body: JSON.stringify(later) });
    assert.equal(put.status, 201, JSON.stringify(put.body));
    assert.deepEqual((await call(hub, path, { token: tokenOf.here })).body, later);
    assert.equal((await heldParcels(hub))[0]?.subject, 'stack');
  });

  it('receipts with more in them are receipts, and a new kind of refusal is the word of a hub', async (t) => {
    const parcel = await parcelOf('a');
    const { key, revision, checksum } = parcel;
    const answers = [
      { status: 200, body: grown({ outcome: 'merged', key, revision, checksum, receivedAt: '2026-11-22T21:00:00Z' }) },
      { status: 422, body: grown({ error: 'UNLIKELY', reason: 'brighter than the Sun' }) },
    ];
    const url = await serverFor(t, (request, response) => {
      const { status, body } = answers.shift()!;
      request.resume().on('end', () => response.writeHead(status).end(JSON.stringify(body)));
    });
    const central = hubDelivery({ destination: 'centre', url, token: () => tokenOf.here, clock: systemClock });
    const { signal } = new AbortController();
    assert.equal((await central.deliver(parcel, signal)).kind, 'accepted');
    assert.deepEqual(await central.deliver(parcel, signal), { kind: 'rejected', reason: 'brighter than the Sun' });
  });

  it('a list of targets keeps its readable ones, with what this version does not know of them', async (t) => {
    const hub = await hubFor(t);
    const list = { targets: [{ name: 'a', raDeg: 1, decDeg: 2, cadenceDays: 3 }] };
    assert.equal((await call(hub, '/v1/targets', { method: 'PUT', body: JSON.stringify(list) })).status, 200);
    assert.deepEqual((await call(hub, '/v1/targets', { token: tokenOf.here })).body, list);
    const moving = { name: 'c', elements: { a: 2.7 } };
    const mixed = { targets: [...list.targets, moving, { name: 'a', raDeg: 9, decDeg: 9 }], epoch: 2026 };
    assert.deepEqual(readTargetList(mixed), { targets: list.targets, skipped: 2 });
    assert.equal(readTargetList({ stars: [] }), undefined);
  });

  it('a stranger that is no agent at all is refused before it has said a word', async (t) => {
    const hub = await hubFor(t);
    const stranger = await siteSpeaker(t, hub.url, versions);
    stranger.say({ type: 'weather' });
    assert.equal((await stranger.hear()).type, 'error');
    assert.equal((await once(stranger.socket, 'close'))[0], 4001);
  });
});
