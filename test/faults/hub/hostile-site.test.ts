import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../../base/clock.ts';
import { startHub } from '../../../hub/hub.ts';
import { call, heldRequests, hubFor, testTokens, tokenOf } from '../../support/hub.ts';
import { observingRequestOf, photometry, silent, temporaryFolder } from '../../support/parcels.ts';
import { siteSpeaker } from '../../support/speakers.ts';

const packed = { 'content-encoding': 'gzip' };

function put(hub: { url: string }, site: 'here' | 'there', key: string, body: Buffer) {
  return call(hub, `/v1/photometry/${key}/r`, { method: 'PUT', token: tokenOf[site], body, headers: packed });
}

describe('a site that goes astray', () => {
  it('cannot keep the hub busy with bodies that inflate to deep nonsense', async (t) => {
    const hub = await hubFor(t);
    const deep = gzipSync(Buffer.alloc(32 * 2 ** 20, '['));
    const honest = gzipSync(JSON.stringify(photometry('a', { site: 'there' })));
    const hostile = Promise.all(Array.from({ length: 10 }, (_, i) => put(hub, 'here', `deep-${i}`, deep)));
    const order: string[] = [];
    const others = put(hub, 'there', 'honest', honest).then(({ status }) => {
      order.push('honest');
      assert.equal(status, 201);
    });
    const statuses = (await hostile).map(({ status }) => status);
    order.push('hostile');
    await others;
    assert.deepEqual(new Set(statuses), new Set([400]));
    assert.deepEqual(order, ['honest', 'hostile'], 'the sites take turns');
  });

  it('is told to come again later when it asks too much, and the others are served', async (t) => {
    const hub = await startHub({
      ...{ port: 0, dataDir: temporaryFolder(t), tokens: testTokens(), clock: systemClock, log: silent },
      admission: {
        calls: { perSecond: 0.001, burst: 3 },
        bytes: { perSecond: 1, burst: 1e6 },
        bodies: { count: 9, bytes: 1e6 },
      },
    });
    t.after(() => hub.close());
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await call(hub, '/v1/targets', { token: tokenOf.here })).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const { headers, body } = await call(hub, '/v1/targets', { token: tokenOf.here });
    assert.ok(Number(headers.get('retry-after')) >= 1);
    assert.equal((body as { error: string }).error, 'BUSY');
    assert.equal((await call(hub, '/v1/targets', { token: tokenOf.there })).status, 200);
  });

  it('cannot keep the hub busy with thousands of reports, of which none is lost', async (t) => {
    const hub = await hubFor(t);
    const request = observingRequestOf('a');
    await call(hub, '/v1/requests', { method: 'POST', body: JSON.stringify({ site: 'here', request }) });
    const site = await siteSpeaker(t, hub.url, ['bhtom-edge.v2']);
    site.say({ type: 'hello', site: 'here', software: 'test', cursor: 0, instruments: [] });
    await site.hear('offer');
    const report = (note: string) =>
      site.say({ type: 'progress', requestId: 'a', visitId: 'v', state: 'IN_PROGRESS', note });
    for (let i = 0; i < 3000; i++) report(`${i}`);
    // Served while the reports are dealt with, which are far from their end.
    const [held] = await heldRequests(hub);
    assert.ok(Number(held?.reason || 0) < 2000, `${held?.reason} reports came first`);
    for (let i = 0; i < 100; i++) assert.equal((await site.hear()).type, 'noted');
  });
});
