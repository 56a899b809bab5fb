import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parcelReceipt } from '../../../protocol/photometry.ts';
import { readTargetList } from '../../../protocol/targets.ts';
import { call, heldParcels, heldRequests, hubFor, tokenOf, until } from '../../support/hub.ts';
import { siteFor } from '../../support/link.ts';
import { hubSpeaker, siteSpeaker } from '../../support/speakers.ts';

/** What was said and written by version 1, whose readers refuse a key that they do not know. */
const past = JSON.parse(readFileSync(new URL('../../fixtures/protocol/version-1.json', import.meta.url), 'utf8'));

function sameKeys(said: object, recorded: object, what: string): void {
  assert.deepEqual(Object.keys(said).sort(), Object.keys(recorded).sort(), what);
}

async function submit(hub: { url: string }): Promise<void> {
  const body = JSON.stringify({ site: 'here', request: past.hub.offer.request });
  assert.equal((await call(hub, '/v1/requests', { method: 'POST', body })).status, 201);
}

describe('partners of version 1', () => {
  it('a site is welcomed, served and understood, and hears nothing that it does not know', async (t) => {
    const hub = await hubFor(t);
    await submit(hub);
    const site = await siteSpeaker(t, hub.url, ['bhtom-edge.v1']);
    assert.equal(site.socket.protocol, 'bhtom-edge.v1');
    site.say(past.agent.hello);
    sameKeys(await site.hear(), past.hub.welcome, 'welcome');
    assert.deepEqual(await site.hear(), past.hub.offer);
    for (const type of ['accept', 'progress', 'done']) {
      site.say(past.agent[type]);
      sameKeys(await site.hear(), past.hub.noted, `noted of ${type}`);
    }
    site.say({ type: 'accept' });
    sameKeys(await site.hear(), past.hub.error, 'error');
    const [request] = await heldRequests(hub);
    assert.equal(request?.state, 'COMPLETED');
    assert.deepEqual(request?.result?.measurements, past.agent.done.measurements);
  });

  it('a hub hears nothing that it does not know, and its requests are answered', async (t) => {
    const { url, next } = await hubSpeaker(t, ['bhtom-edge.v1']);
    const site = siteFor(t, url);
    const hub = await next();
    sameKeys(await hub.hear(), past.agent.hello, 'hello');
    hub.say(past.hub.welcome);
    hub.say(past.hub.offer);
    sameKeys(await hub.hear(), past.agent.ack, 'ack');
    assert.deepEqual(await hub.hear(), past.agent.accept);
    hub.say(past.hub.noted);
    hub.say(past.hub.cancel);
    const answers = [await hub.hear(), await hub.hear()];
    assert.deepEqual(
      answers.find(({ type }) => type === 'ack'),
      { type: 'ack', seq: 2 },
    );
    const done = answers.find(({ type }) => type === 'done') ?? assert.fail('no end was told');
    sameKeys(done, past.agent.done, 'done');
    assert.equal(done.state, 'CANCELED');
    hub.say({ ...past.hub.noted, state: 'CANCELED' });
    await until(() => site.requests.unreported('hub').length === 0, 'the site knows that the hub knows');
  });

  it('parcels are taken, and receipts, lists and targets have the keys that it knows', async (t) => {
    const hub = await hubFor(t);
    const path = `/v1/photometry/${past.receipt.key}/${past.receipt.revision}`;
    const body = JSON.stringify(past.parcel);
    const { status, body: receipt } = await call(hub, path, { method: 'PUT', token: tokenOf.here, body });
    assert.equal(status, 201);
    sameKeys(receipt as object, past.receipt, 'receipt');
    sameKeys((await heldParcels(hub))[0]!, past.held, 'held');
    await call(hub, '/v1/targets', { method: 'PUT', body: JSON.stringify(past.targets) });
    assert.deepEqual((await call(hub, '/v1/targets', { token: tokenOf.here })).body, past.targets);
  });

  it('receipts and lists of its hub are read', () => {
    assert.deepEqual(parcelReceipt.parse(past.receipt), past.receipt);
    assert.deepEqual(readTargetList(past.targets)?.targets, past.targets.targets);
  });
});
