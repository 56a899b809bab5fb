import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { batchAnswer, batchContentType, batchOf, mostBatchParcels } from '../../../protocol/photometry-batch.ts';
import { call, heldParcels, hubFor, tokenOf } from '../../support/hub.ts';
import { photometry, sha256 } from '../../support/parcels.ts';

const json = (exposure: string, changes = {}) => JSON.stringify(photometry(exposure, changes));
const item = (key: string, content = json(key)) => ({ key, revision: 'r', json: content });

function putBatch(hub: { url: string }, body: string | Buffer, headers: Record<string, string> = {}) {
  return call(hub, '/v1/photometry', {
    method: 'PUT',
    token: tokenOf.here,
    body,
    headers: { 'content-type': batchContentType, ...headers },
  });
}

describe('a batch of parcels', () => {
  it('has each parcel taken or refused by itself, in its order', async (t) => {
    const hub = await hubFor(t);
    await call(hub, '/v1/photometry/b/r', { method: 'PUT', token: tokenOf.here, body: json('b') });
    const batch = batchOf([
      item('a'),
      item('b'),
      item('b', json('another')),
      item('not a name'),
      item('c', '{"schema":1}'),
      item('d', 'not JSON'),
      item('e', json('e', { site: 'there' })),
      item('f'),
      item('f'),
    ]);
    const { status, body } = await putBatch(hub, batch);
    assert.equal(status, 200);
    const { outcomes } = batchAnswer.parse(body);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      [201, 200, 409, 400, 400, 400, 403, 201, 200],
    );
    assert.equal(outcomes[0]?.receipt?.checksum, sha256(json('a')), 'the checksum of the bytes as they were sent');
    assert.deepEqual([outcomes[7]?.receipt?.outcome, outcomes[8]?.receipt?.outcome], ['accepted', 'duplicate']);
    assert.equal(outcomes[2]?.refusal?.error, 'CONFLICT');
    assert.deepEqual((await heldParcels(hub)).map(({ key }) => key).sort(), ['a', 'b', 'f']);
    assert.deepEqual((await call(hub, '/v1/photometry/a/r', { token: tokenOf.here })).body, JSON.parse(json('a')));
  });

  it('comes packed as well, again without harm, and from sites only', async (t) => {
    const hub = await hubFor(t);
    const batch = gzipSync(batchOf(['a', 'b'].map((key) => item(key))));
    const statuses = async () =>
      batchAnswer
        .parse((await putBatch(hub, batch, { 'content-encoding': 'gzip' })).body)
        .outcomes.map(({ status }) => status);
    assert.deepEqual(await statuses(), [201, 201]);
    assert.deepEqual(await statuses(), [200, 200]);
    assert.equal((await call(hub, '/v1/photometry', { method: 'PUT', body: batch })).status, 403);
  });

  it('is refused as a whole when it is none, or too long', async (t) => {
    const hub = await hubFor(t);
    assert.equal((await putBatch(hub, '')).status, 400);
    assert.equal((await putBatch(hub, '{"key":"a","revision":"r"}\n')).status, 400);
    const long = batchOf(Array.from({ length: mostBatchParcels + 1 }, (_, i) => item(`${i}`, '{}')));
    assert.equal((await putBatch(hub, long)).status, 413);
    assert.deepEqual(await heldParcels(hub), []);
  });

  it('is announced where a site can see it before it sends one', async (t) => {
    const hub = await hubFor(t);
    const { body } = await call(hub, '/v1');
    assert.ok((body as { capabilities: string[] }).capabilities.includes('batches'));
  });
});
