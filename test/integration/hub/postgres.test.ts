import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../../base/clock.ts';
import { startHub } from '../../../hub/hub.ts';
import { openPostgresStores } from '../../../hub/postgres/open.ts';
import { freePort } from '../../support/free-port.ts';
import { call, testTokens, until } from '../../support/hub.ts';
import { hubStoreContract } from '../../support/hub-store-contract.ts';
import { observingRequestOf, silent } from '../../support/parcels.ts';
import { type RunningPostgres, startPostgres, withPostgres } from '../../support/postgres.ts';
import { siteSpeaker } from '../../support/speakers.ts';

describe('a hub on PostgreSQL', withPostgres, () => {
  let server: RunningPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());

  hubStoreContract('PostgreSQL', async (t) => {
    const url = await server.createDatabase();
    return {
      async open() {
        const stores = await openPostgresStores(url, systemClock, () => undefined);
        t.after(() => stores.close());
        return stores;
      },
    };
  });

  it('tells a site at once what came in at another process', async (t) => {
    const postgres = await server.createDatabase();
    const start = async () => {
      const hub = await startHub({ port: 0, postgres, tokens: testTokens(), clock: systemClock, log: silent });
      t.after(() => hub.close());
      return hub;
    };
    const [one, other] = [await start(), await start()];
    const site = await siteSpeaker(t, one.url, ['bhtom-edge.v2']);
    site.say({ type: 'hello', site: 'here', software: 'test', cursor: 0, instruments: [] });
    await site.hear('welcome');
    const body = JSON.stringify({ site: 'here', request: observingRequestOf('a') });
    // Sooner than the look of the session, which comes after ten seconds.
    const soon = AbortSignal.timeout(8000);
    await until(async () => {
      soon.throwIfAborted();
      return (await call(other, '/v1/requests', { method: 'POST', body })).status < 300;
    }, 'the request is taken');
    const offer = await Promise.race([
      site.hear('offer'),
      systemClock.sleep(8000).then(() => assert.fail('nothing was told')),
    ]);
    assert.equal(offer.seq, 1);
  });

  it('goes on after the server crashed, with all that was acknowledged', async (t) => {
    const url = await server.createDatabase();
    const lost: string[] = [];
    const stores = await openPostgresStores(url, systemClock, (reason) => lost.push(reason));
    t.after(() => stores.close());
    const news: string[] = [];
    stores.onNews((site) => news.push(site));
    let count = 0;
    const newsIsHeard = async () => {
      await stores.requests.submit('here', observingRequestOf(`later-${++count}`), 2);
      return news.length > 0;
    };
    await until(newsIsHeard, 'news is heard');
    await stores.requests.submit('here', observingRequestOf('a'), 1);
    await server.crashAndRestart();
    await until(async () => {
      const held = await stores.requests.get('a').catch(() => undefined); // its connections are of the server that crashed
      return held?.state === 'PENDING';
    }, 'the request is read again');
    news.length = 0;
    await until(newsIsHeard, 'news is heard again');
    assert.ok(lost.length > 0);
  });

  it('lets no parcel suffer for another one that came with it', async (t) => {
    const stores = await openPostgresStores(await server.createDatabase(), systemClock, () => undefined);
    t.after(() => stores.close());
    const parcel = (key: string) => ({
      ...{ key, revision: 'r', checksum: 'c', body: Buffer.from('b') },
      index: { site: 'here', instrument: 'main', subject: 'frame', exposureId: 'e', fileHash: 'f' } as const,
    });
    // What comes while the first is stored goes into one transaction; PostgreSQL takes no NUL in a text.
    const outcomes = await Promise.allSettled(
      ['first', 'a', 'b\0', 'c'].map((key) => stores.parcels.store([parcel(key)], 1)),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('is told apart: a server that is away, and one that refuses', async () => {
    const away = `postgres://hub@127.0.0.1:${await freePort()}/hub`;
    await assert.rejects(
      openPostgresStores(away, systemClock, () => undefined),
      { reaction: 'retry' },
    );
    const unknown = (await server.createDatabase()).replace(/hub\d+$/, 'nothing');
    await assert.rejects(
      openPostgresStores(unknown, systemClock, () => undefined),
      { reaction: 'tell-operator' },
    );
  });
});
