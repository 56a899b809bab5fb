import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parcelReceipt } from '../../../protocol/photometry.ts';
import { call, heldParcels, hubFor, startTestHub, tokenOf } from '../../support/hub.ts';
import { photometry, sha256, temporaryFolder } from '../../support/parcels.ts';

const token = tokenOf.here;
const path = '/v1/photometry/key-1/revision-1';
const body = (exposure = 'a') => JSON.stringify(photometry(exposure));

describe('photometry at the hub', () => {
  it('stores a revision once, however often and however packed it comes', async (t) => {
    const hub = await hubFor(t);
    const first = await call(hub, path, { method: 'PUT', token, body: body() });
    const packed = { method: 'PUT', token, body: gzipSync(body()), headers: { 'content-encoding': 'gzip' } };
    const second = await call(hub, path, packed);
    assert.equal(first.status, 201);
    assert.equal(second.status, 200);
    const receipt = parcelReceipt.parse(first.body);
    assert.equal(receipt.checksum, sha256(body()));
    assert.deepEqual(second.body, { ...receipt, outcome: 'duplicate' });
    assert.equal((await heldParcels(hub)).length, 1);
  });

  it('stores one row when the same parcel comes many times at once', async (t) => {
    const hub = await hubFor(t);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call(hub, path, { method: 'PUT', token, body: body() })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.equal(answers.filter(({ status }) => status === 200).length, 19);
    assert.equal((await heldParcels(hub)).length, 1);
  });

  it('refuses another content under the same key and revision, and keeps the first', async (t) => {
    const hub = await hubFor(t);
    await call(hub, path, { method: 'PUT', token, body: body('a') });
    const other = await call(hub, path, { method: 'PUT', token, body: body('b') });
    assert.equal(other.status, 409);
    assert.equal((await call(hub, `${path}?site=here`)).headers.get('etag'), `"${sha256(body('a'))}"`);
  });

  it('gives back what it was given, across a restart', async (t) => {
    const folder = temporaryFolder(t);
    const before = await startTestHub(folder);
    await call(before, path, { method: 'PUT', token, body: body() });
    await before.close();
    const hub = await startTestHub(folder);
    t.after(() => hub.close());
    assert.deepEqual((await call(hub, path, { token })).body, JSON.parse(body()));
    assert.equal((await call(hub, path, { token, method: 'HEAD' })).status, 200);
    assert.equal((await call(hub, '/v1/photometry/key-2/revision-1', { token })).status, 404);
  });

  it('lets nobody in without a token, and no site at another one', async (t) => {
    const hub = await hubFor(t);
    assert.equal((await fetch(`${hub.url}/v1/photometry`)).status, 401);
    assert.equal((await call(hub, '/v1/photometry', { token: 'a-token-of-nobody' })).status, 401);
    assert.equal((await call(hub, path, { method: 'PUT', token: tokenOf.there, body: body() })).status, 403);
    assert.equal((await call(hub, path, { method: 'PUT', token: tokenOf['*'], body: body() })).status, 403);
    await call(hub, path, { method: 'PUT', token, body: body() });
    assert.equal((await call(hub, '/v1/photometry?site=here', { token: tokenOf.there })).status, 403);
    assert.deepEqual((await call(hub, '/v1/photometry', { token: tokenOf.there })).body, []);
    assert.equal((await call(hub, path, { token: tokenOf.there })).status, 404);
    assert.equal((await fetch(`${hub.url}/v1/health`)).status, 200);
  });

  it('keeps the sites apart even where their keys are the same', async (t) => {
    const hub = await hubFor(t);
    await call(hub, path, { method: 'PUT', token, body: body() });
    const there = JSON.stringify(photometry('a', { site: 'there' }));
    assert.equal((await call(hub, path, { method: 'PUT', token: tokenOf.there, body: there })).status, 201);
    assert.equal((await heldParcels(hub, '?site=there')).length, 1);
    assert.equal((await heldParcels(hub)).length, 2);
  });

  it('names every fault of a body it cannot take', async (t) => {
    const hub = await hubFor(t);
    const put = (content: string, headers = {}) => call(hub, path, { method: 'PUT', token, body: content, headers });
    const faulty = await put(JSON.stringify({ ...photometry('a'), instrument: '', targets: 3 }));
    assert.equal(faulty.status, 400);
    assert.match((faulty.body as { reason: string }).reason, /instrument: .*targets: /);
    assert.equal((await put('not JSON')).status, 400);
    assert.equal((await put('not gzip', { 'content-encoding': 'gzip' })).status, 400);
    assert.equal((await put(body(), { 'content-encoding': 'br' })).status, 400);
    assert.equal((await call(hub, '/v1/photometry/a%2Fb/c', { method: 'PUT', token, body: body() })).status, 400);
    assert.equal((await call(hub, '/v1/nothing')).status, 404);
    assert.deepEqual(await heldParcels(hub), []);
  });

  it('refuses what is too large, packed or unpacked, without holding it', async (t) => {
    const hub = await hubFor(t);
    const headers = { 'content-encoding': 'gzip' };
    const bomb = gzipSync(Buffer.alloc(80 * 2 ** 20));
    assert.ok(bomb.length < 2 ** 20);
    assert.equal((await call(hub, path, { method: 'PUT', token, body: bomb, headers })).status, 413);
    const large = await call(hub, path, { method: 'PUT', token, body: Buffer.alloc(17 * 2 ** 20, 'a') }).catch(
      (error: Error) => error,
    );
    // The hub may close the connection before everything is sent, which fetch reports as a failure.
    assert.ok(large instanceof Error || large.status === 413);
    assert.equal((await call(hub, path, { method: 'PUT', token, body: body() })).status, 201);
  });

  it('lists what came after a cursor or a time, page by page', async (t) => {
    const hub = await hubFor(t);
    for (const name of ['a', 'b', 'c']) {
      await call(hub, `/v1/photometry/${name}/1`, { method: 'PUT', token, body: body(name) });
    }
    const all = await heldParcels(hub);
    assert.deepEqual(
      all.map(({ key, fileHash }) => [key, fileHash]),
      ['a', 'b', 'c'].map((name) => [name, sha256(`file of ${name}`)]),
    );
    const page = await call(hub, '/v1/photometry?limit=2');
    assert.equal((page.body as unknown[]).length, 2);
    const next = /<(.*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    assert.deepEqual((await call(hub, next!)).body, all.slice(2));
    assert.equal((await heldParcels(hub, `?since=${all[0]!.receivedAt}`)).length, 3);
    assert.equal((await heldParcels(hub, '?since=2999-01-01T00:00:00Z')).length, 0);
    assert.equal((await heldParcels(hub, '?subject=target')).length, 0);
    assert.equal((await call(hub, '/v1/photometry?since=yesterday')).status, 400);
  });
});
