import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { ManualClock } from '../../../base/clock.ts';
import { type Hub, startHub } from '../../../hub/hub.ts';
import { openSqliteStores } from '../../../hub/sqlite/open.ts';
import { call, heldRequests, testTokens, until } from '../../support/hub.ts';
import { observingRequestOf, silent, temporaryFolder } from '../../support/parcels.ts';
import { type Speaker, siteSpeaker } from '../../support/speakers.ts';

/** Two hubs on one store, as two processes behind one address would be. */
async function pair(t: TestContext) {
  const dataDir = temporaryFolder(t);
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const start = async (): Promise<Hub> => {
    const hub = await startHub({ port: 0, dataDir, tokens: testTokens(), clock, log: silent });
    t.after(() => hub.close());
    return hub;
  };
  const stores = openSqliteStores(dataDir, clock.nowMs());
  t.after(() => stores.close());
  return { clock, one: await start(), other: await start(), leases: stores.leases };
}

async function linked(t: TestContext, hub: Hub): Promise<Speaker> {
  const site = await siteSpeaker(t, hub.url, ['bhtom-edge.v2']);
  site.say({ type: 'hello', site: 'here', software: 'test', cursor: 0, instruments: [] });
  await site.hear('welcome');
  return site;
}

describe('two processes of one hub', () => {
  it('tell a site by its link what came in at the other process, and show there what it answers', async (t) => {
    const { clock, one, other } = await pair(t);
    const site = await linked(t, one);
    const body = JSON.stringify({ site: 'here', request: observingRequestOf('a') });
    assert.equal((await call(other, '/v1/requests', { method: 'POST', body })).status, 201);
    await clock.advance(10_000);
    assert.equal((await site.hear('offer')).seq, 1);
    site.say({ type: 'accept', requestId: 'a' });
    await site.hear('noted');
    assert.equal((await heldRequests(other))[0]?.answer, 'accept');
  });

  it('leave the link of a site to the newest connection, whichever process has it, and give it up at its end', async (t) => {
    const { clock, one, other, leases } = await pair(t);
    const first = await linked(t, one);
    const closed = once(first.socket, 'close');
    const second = await linked(t, other);
    await clock.advance(10_000);
    assert.equal((await closed)[0], 4000);
    assert.notEqual(await leases.holder('here', clock.nowMs()), undefined, 'the end of the first gives up nothing');
    second.socket.close();
    await until(async () => (await leases.holder('here', clock.nowMs())) === undefined, 'the lease is given up');
  });
});
