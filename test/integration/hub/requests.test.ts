import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import WebSocket from 'ws';
import type { Hub } from '../../../hub/hub.ts';
import { type AgentMessage, type HubMessage, hubMessage, subprotocolOf } from '../../../protocol/link.ts';
import { heldRequest } from '../../../protocol/rest.ts';
import { call, heldRequests, hubFor, tokenOf } from '../../support/hub.ts';
import { measured, observingRequestOf, sha256 } from '../../support/parcels.ts';

function submit(hub: Hub, request: object, site = 'here', token: string = tokenOf['*']) {
  return call(hub, '/v1/requests', { method: 'POST', token, body: JSON.stringify({ site, request }) });
}

/** A site as the hub sees it, spoken by hand. */
class Site {
  readonly socket: WebSocket;
  readonly #heard: HubMessage[] = [];

  constructor(hub: Hub, token: string = tokenOf.here, protocol = subprotocolOf(2)) {
    this.socket = new WebSocket(`${hub.url.replace('http', 'ws')}/v1/link`, protocol, {
      headers: { authorization: `Bearer ${token}` },
    });
    this.socket.on('message', (data) => this.#heard.push(hubMessage.parse(JSON.parse(data.toString()))));
  }

  say(message: AgentMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  async hello(cursor = 0, site = 'here'): Promise<void> {
    await once(this.socket, 'open');
    this.say({ type: 'hello', site, software: 'test', cursor, instruments: [] });
  }

  async hear(): Promise<HubMessage> {
    while (this.#heard.length === 0) await once(this.socket, 'message');
    return this.#heard.shift()!;
  }

  async hearUntil(type: HubMessage['type']): Promise<HubMessage> {
    for (;;) {
      const message = await this.hear();
      if (message.type === type) return message;
    }
  }
}

async function linked(t: TestContext, hub: Hub, cursor = 0): Promise<Site> {
  const site = new Site(hub);
  t.after(() => site.socket.terminate());
  await site.hello(cursor);
  assert.equal((await site.hear()).type, 'welcome');
  return site;
}

describe('requests at the hub', () => {
  it('takes a request of the operator, gives it an id where it has none, and takes the same one once', async (t) => {
    const hub = await hubFor(t);
    const { id: _, ...nameless } = observingRequestOf('');
    const first = heldRequest.parse((await submit(hub, nameless)).body);
    assert.equal(first.state, 'PENDING');
    assert.equal((await submit(hub, observingRequestOf('mine'))).status, 201);
    assert.equal((await submit(hub, observingRequestOf('mine'))).status, 200);
    assert.equal((await submit(hub, observingRequestOf('mine', { priority: 99 }))).status, 409);
    assert.equal((await heldRequests(hub)).length, 2);
  });

  it('takes a submission without an id once, however often it comes, unless its key says that it is another', async (t) => {
    const hub = await hubFor(t);
    const { id: _, ...request } = observingRequestOf('');
    const post = (key?: string, changes = {}) =>
      call(hub, '/v1/requests', {
        method: 'POST',
        body: JSON.stringify({ site: 'here', request: { ...request, ...changes } }),
        ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
      });
    const answers = await Promise.all([post(), post(), post()]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 201]);
    assert.equal((await post('one')).status, 201);
    assert.equal((await post('one')).status, 200);
    assert.equal((await post('one', { priority: 9 })).status, 409, 'the key was given to another request');
    assert.equal((await heldRequests(hub)).length, 2);
  });

  it('does not fail over an address that means nothing', async (t) => {
    const hub = await hubFor(t);
    assert.equal((await call(hub, '/v1/requests/%E0%A4%A')).status, 400);
    assert.equal((await call(hub, '/v1/photometry/%E0%A4%A/r')).status, 400);
  });

  it('takes none from a site, none for an unknown one, and none that is wrong', async (t) => {
    const hub = await hubFor(t);
    assert.equal((await submit(hub, observingRequestOf('a'), 'here', tokenOf.here)).status, 403);
    assert.equal((await submit(hub, observingRequestOf('a'), 'elsewhere')).status, 400);
    assert.equal((await submit(hub, observingRequestOf('a'), '*')).status, 400);
    assert.equal((await submit(hub, { ...observingRequestOf('a'), windows: [] })).status, 400);
    await submit(hub, observingRequestOf('a'));
    assert.equal((await call(hub, '/v1/requests/a', { token: tokenOf.there })).status, 404);
    assert.equal((await call(hub, '/v1/requests/a', { token: tokenOf.here })).status, 200);
  });

  it('offers what it has to a site that comes, and what is new to one that is there', async (t) => {
    const hub = await hubFor(t);
    await submit(hub, observingRequestOf('a'));
    const site = await linked(t, hub);
    assert.deepEqual(await site.hear(), { type: 'offer', seq: 1, request: observingRequestOf('a') });
    await submit(hub, observingRequestOf('b'));
    assert.deepEqual(await site.hear(), { type: 'offer', seq: 2, request: observingRequestOf('b') });
    await call(hub, '/v1/requests/a/cancel', { method: 'POST', body: '{"reason":"cloudy"}' });
    assert.deepEqual(await site.hear(), { type: 'cancel', seq: 3, requestId: 'a', reason: 'cloudy' });
    const again = await linked(t, hub, 1);
    assert.equal((await again.hear()).type, 'offer');
    assert.equal((await again.hear()).type, 'cancel');
  });

  it('shows what the site says of a request, to the measured target', async (t) => {
    const hub = await hubFor(t);
    await submit(hub, observingRequestOf('a'));
    const site = await linked(t, hub);
    await site.hearUntil('offer');
    const shown = async () => heldRequest.parse((await call(hub, '/v1/requests/a')).body);
    site.say({ type: 'ack', seq: 1 });
    site.say({ type: 'accept', requestId: 'a' });
    assert.deepEqual(await site.hear(), { type: 'noted', requestId: 'a', state: 'PENDING' });
    assert.equal((await shown()).answer, 'accept');
    assert.notEqual((await shown()).acknowledgedAt, null);
    site.say({ type: 'progress', requestId: 'a', visitId: 'v', state: 'IN_PROGRESS', note: 'slewing' });
    await site.hearUntil('noted');
    assert.equal((await shown()).reason, 'slewing');
    const result = { visitId: 'v', exposureIds: [sha256('e')], measurements: [measured('HAT-P-32')] };
    site.say({ type: 'done', requestId: 'a', state: 'COMPLETED', reason: '', ...result });
    assert.deepEqual(await site.hear(), { type: 'noted', requestId: 'a', state: 'COMPLETED' });
    const done = await shown();
    assert.equal(done.state, 'COMPLETED');
    assert.deepEqual(done.result, result);
    site.say({ type: 'progress', requestId: 'a', visitId: 'v', state: 'IN_PROGRESS', note: 'late' });
    await site.hearUntil('noted');
    assert.equal((await shown()).state, 'COMPLETED');
    const again = await linked(t, hub, 0);
    await submit(hub, observingRequestOf('b'));
    const next = await again.hear();
    assert.equal(next.type === 'offer' && next.request.id, 'b', 'what is over is not offered again');
  });

  it('turns away a stranger, the operator, another protocol, another site and what it cannot understand', async (t) => {
    const hub = await hubFor(t);
    const refused = (token: string, protocol?: string) =>
      once(new Site(hub, token, protocol).socket, 'error').then(([error]) => (error as Error).message);
    assert.match(await refused('a-token-of-nobody'), /401/);
    assert.match(await refused(tokenOf['*']), /403/);
    assert.match(await refused(tokenOf.here, 'something-else'), /426/);
    const impostor = new Site(hub);
    await impostor.hello(0, 'there');
    assert.equal((await impostor.hear()).type, 'error');
    await once(impostor.socket, 'close');
    const mumbler = await linked(t, hub);
    mumbler.socket.send('{"type":"accept"}');
    assert.equal((await mumbler.hear()).type, 'error');
    const shouter = await linked(t, hub);
    shouter.socket.send('x'.repeat(300_000));
    assert.equal((await once(shouter.socket, 'close'))[0], 1009);
  });

  it('takes nothing that a site says of a request of another one', async (t) => {
    const hub = await hubFor(t);
    await submit(hub, observingRequestOf('a'), 'there');
    const site = await linked(t, hub);
    const result = { visitId: 'v', exposureIds: [], measurements: [measured('HAT-P-32')] };
    site.say({ type: 'done', requestId: 'a', state: 'COMPLETED', reason: 'mine', ...result });
    assert.deepEqual(await site.hear(), { type: 'noted', requestId: 'a', state: 'COMPLETED' });
    const held = heldRequest.parse((await call(hub, '/v1/requests/a')).body);
    assert.deepEqual([held.state, held.reason, held.answer, held.result], ['PENDING', '', null, null]);
  });

  it('keeps one connection of a site, the newest', async (t) => {
    const hub = await hubFor(t);
    const first = await linked(t, hub);
    const closed = once(first.socket, 'close');
    await linked(t, hub);
    assert.equal((await closed)[0], 4000);
  });

  it('offers again what a site has not acknowledged when the hub has forgotten how far the site was', async (t) => {
    const hub = await hubFor(t);
    await submit(hub, observingRequestOf('a'));
    const site = await linked(t, hub, 40);
    const offer = await site.hear();
    assert.ok(offer.type === 'offer' && offer.request.id === 'a' && offer.seq > 40);
    await submit(hub, observingRequestOf('b'));
    const next = await site.hear();
    assert.ok(next.type === 'offer' && next.seq > offer.seq);
  });
});
