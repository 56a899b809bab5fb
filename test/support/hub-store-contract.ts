import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ArrivedParcel, HubStores } from '../../hub/ports.ts';
import { measured, observingRequestOf, sha256 } from './parcels.ts';

/** One backend for one test, which several processes of a hub open. */
export interface HubBackend {
  /** Opens the backend as another process would; closed after the test. */
  open(): Promise<HubStores>;
}

const nowMs = Date.parse('2026-11-22T21:00:00Z');
const everything = { site: undefined, afterCursor: 0, sinceMs: 0, subject: undefined, limit: 10_000 };

function parcel(key: string, changes: { site?: string; checksum?: string; revision?: string } = {}): ArrivedParcel {
  const { site = 'here', checksum = sha256(key), revision = 'r1' } = changes;
  return {
    ...{ key, revision, checksum, body: Buffer.from(key) },
    index: { site, instrument: 'main', subject: 'frame', exposureId: sha256(key), fileHash: sha256(`file ${key}`) },
  };
}

const result = (name: string) => ({ visitId: 'v', exposureIds: [sha256(name)], measurements: [measured(name)] });

/** What every backend of a hub's stores must do. */
export function hubStoreContract(name: string, backendFor: (t: TestContext) => Promise<HubBackend>): void {
  describe(`the stores of a hub in ${name}`, () => {
    it('store a parcel once, however many send it at once by however many processes', async (t) => {
      const backend = await backendFor(t);
      const processes = [await backend.open(), await backend.open(), await backend.open()];
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, i) => processes[i % 3]!.parcels.store([parcel('a')], nowMs + i)),
      ).then((answers) => answers.flat());
      assert.equal(outcomes.filter(({ fresh }) => fresh).length, 1);
      assert.equal(new Set(outcomes.map(({ receivedAtMs }) => receivedAtMs)).size, 1, 'all are told of the one row');
      assert.equal((await processes[0]!.parcels.list(everything)).length, 1);
    });

    it('keep the first content of a revision, other revisions and other sites beside it', async (t) => {
      const { parcels } = await (await backendFor(t)).open();
      await parcels.store([parcel('a')], nowMs);
      const [other] = await parcels.store([parcel('a', { checksum: sha256('other') })], nowMs);
      assert.deepEqual([other?.fresh, other?.checksum], [false, sha256('a')]);
      const more = await parcels.store(
        [parcel('a', { revision: 'r2' }), parcel('a'), parcel('a', { site: 'there' }), parcel('a', { site: 'there' })],
        nowMs,
      );
      assert.deepEqual(
        more.map(({ fresh }) => fresh),
        [true, false, true, false],
        'each of many by itself, in their order',
      );
      assert.deepEqual(Buffer.from((await parcels.body('here', 'a', 'r1'))!), Buffer.from('a'));
      assert.equal(await parcels.body('elsewhere', 'a', 'r1'), undefined);
      assert.equal(await parcels.find('here', 'b', 'r1'), undefined);
    });

    it('have what was acknowledged after another process opens them', async (t) => {
      const backend = await backendFor(t);
      const first = await backend.open();
      await first.parcels.store([parcel('a')], nowMs);
      await first.requests.submit('here', observingRequestOf('a'), nowMs);
      const second = await backend.open();
      assert.equal((await second.parcels.find('here', 'a', 'r1'))?.receivedAtMs, nowMs);
      assert.equal((await second.requests.get('a'))?.state, 'PENDING');
    });

    it('list parcels so that who follows skips none, while several processes write', async (t) => {
      const backend = await backendFor(t);
      const writers = await Promise.all(Array.from({ length: 8 }, () => backend.open()));
      const each = 40;
      let writing = true;
      const written = Promise.all(
        writers.map(async ({ parcels }, writer) => {
          for (let i = 0; i < each; i++) {
            await parcels.store([parcel(`${writer}-${i}`, { site: `site-${writer}` })], nowMs);
            await new Promise((resolve) => setImmediate(resolve));
          }
        }),
      ).then(() => {
        writing = false;
      });
      const follow = async (): Promise<string[]> => {
        const { parcels } = await backend.open();
        const seen: string[] = [];
        let afterCursor = 0;
        for (let last = false; ; ) {
          const rows = await parcels.list({ ...everything, afterCursor, limit: 7 });
          for (const { key, cursor } of rows) {
            assert.ok(cursor > afterCursor, 'cursors grow');
            afterCursor = cursor;
            seen.push(key);
          }
          if (rows.length > 0) continue;
          if (last) return seen;
          last = !writing; // one more look after the last write
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const followers = await Promise.all([follow(), follow(), follow()]);
      await written;
      for (const seen of followers) {
        assert.equal(seen.length, writers.length * each);
        assert.equal(new Set(seen).size, seen.length);
      }
    });

    it('list by site, subject and time', async (t) => {
      const { parcels } = await (await backendFor(t)).open();
      await parcels.store([parcel('a')], nowMs);
      await parcels.store([parcel('b', { site: 'there' })], nowMs + 1000);
      const keys = async (query: object) => (await parcels.list({ ...everything, ...query })).map(({ key }) => key);
      assert.deepEqual(await keys({}), ['a', 'b']);
      assert.deepEqual(await keys({ site: 'there' }), ['b']);
      assert.deepEqual(await keys({ sinceMs: nowMs + 1 }), ['b']);
      assert.deepEqual(await keys({ subject: 'target' }), []);
      assert.deepEqual(await keys({ limit: 1 }), ['a']);
    });

    it('number what is said to each site from 1 without a gap, whichever process says it', async (t) => {
      const backend = await backendFor(t);
      const processes = [await backend.open(), await backend.open()];
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          processes[i % 2]!.requests.submit(i < 10 ? 'here' : 'there', observingRequestOf(`r${i}`), nowMs),
        ),
      );
      const seqs = async (site: string) => (await processes[0]!.requests.messagesAfter(site, 0)).map(({ seq }) => seq);
      const oneToTen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
      assert.deepEqual([await seqs('here'), await seqs('there')], [oneToTen, oneToTen]);
      await processes[1]!.requests.cancel('r3', 'faded');
      const after = await processes[0]!.requests.messagesAfter('here', 10);
      assert.deepEqual(after, [{ type: 'cancel', seq: 11, requestId: 'r3', reason: 'faded' }]);
    });

    it('take a request once, and no other one of its id', async (t) => {
      const { requests } = await (await backendFor(t)).open();
      assert.equal(await requests.submit('here', observingRequestOf('a'), nowMs), 'stored');
      assert.equal(await requests.submit('here', observingRequestOf('a'), nowMs), 'present');
      assert.equal(await requests.submit('here', observingRequestOf('a', { priority: 9 }), nowMs), 'conflict');
      assert.equal(await requests.submit('there', observingRequestOf('a'), nowMs), 'conflict');
      assert.equal((await requests.list(undefined, 10)).length, 1);
      assert.deepEqual(await requests.list('there', 10), []);
    });

    it('give a repeated submission the id it was given, for as long as it is remembered', async (t) => {
      const backend = await backendFor(t);
      const [one, two] = [(await backend.open()).requests, (await backend.open()).requests];
      const ids = await Promise.all([one.idFor('s', 'first', nowMs, 0), two.idFor('s', 'second', nowMs, 0)]);
      assert.equal(new Set(ids).size, 1);
      assert.equal(await one.idFor('other', 'third', nowMs, 0), 'third');
      assert.equal(await two.idFor('s', 'later', nowMs + 1000, nowMs + 1), 'later');
      assert.equal(await one.idFor('s', 'again', nowMs + 1000, nowMs + 1), 'later');
    });

    it('take the report of the site that a request is for, and of no other one', async (t) => {
      const { requests } = await (await backendFor(t)).open();
      await requests.submit('here', observingRequestOf('a'), nowMs);
      const done = { state: 'COMPLETED', reason: 'by a stranger', result: result('HAT-P-32') } as const;
      assert.equal(await requests.report('there', 'a', done, nowMs), 'unknown');
      assert.equal(await requests.keepPart('there', 'a', 0, result('HAT-P-32')), false);
      const held = await requests.get('a');
      assert.deepEqual([held?.state, held?.reason, held?.result], ['PENDING', '', null]);
      assert.equal(await requests.report('here', 'b', done, nowMs), 'unknown');
      assert.equal(await requests.report('here', 'a', done, nowMs), 'stored');
      assert.equal((await requests.get('a'))?.state, 'COMPLETED');
    });

    it('leave a request that has ended as it is', async (t) => {
      const { requests } = await (await backendFor(t)).open();
      await requests.submit('here', observingRequestOf('a'), nowMs);
      await requests.report('here', 'a', { state: 'ABORTED', reason: 'clouds', answer: 'accept' }, nowMs);
      assert.equal((await requests.messagesAfter('here', 0)).length, 1, 'an aborted one is still offered');
      await requests.report('here', 'a', { state: 'FAILED', reason: 'first' }, nowMs);
      await requests.report('here', 'a', { state: 'COMPLETED', reason: 'second' }, nowMs);
      await requests.cancel('a', 'late');
      const held = await requests.get('a');
      assert.deepEqual([held?.state, held?.reason, held?.cancelRequested], ['FAILED', 'first', false]);
      assert.deepEqual(await requests.messagesAfter('here', 0), []);
    });

    it('keep a result in parts, shown when all of them are there', async (t) => {
      const { requests } = await (await backendFor(t)).open();
      await requests.submit('here', observingRequestOf('a'), nowMs);
      const done = { state: 'COMPLETED', reason: '', parts: 2 } as const;
      await requests.keepPart('here', 'a', 0, result('old'));
      await requests.keepPart('here', 'a', 0, result('one'));
      assert.equal(await requests.report('here', 'a', done, nowMs), 'parts missing');
      assert.equal((await requests.get('a'))?.state, 'PENDING');
      assert.equal(await requests.part('a', 0), undefined, 'not before the end is told');
      await requests.keepPart('here', 'a', 1, result('two'));
      assert.equal(await requests.report('here', 'a', done, nowMs), 'stored');
      assert.equal((await requests.get('a'))?.resultParts, 2);
      assert.deepEqual(
        [await requests.part('a', 0), await requests.part('a', 1), await requests.part('a', 2)],
        [result('one'), result('two'), undefined],
      );
    });

    it('remember an acknowledgement, and number anew for a site that has seen more than they have', async (t) => {
      const { requests } = await (await backendFor(t)).open();
      await requests.submit('here', observingRequestOf('a'), nowMs);
      await requests.submit('here', observingRequestOf('b'), nowMs);
      await requests.acknowledge('there', 1, nowMs);
      assert.equal((await requests.get('a'))?.acknowledgedAt, null, 'that was another site');
      await requests.acknowledge('here', 1, nowMs);
      assert.equal((await requests.get('a'))?.acknowledgedAt, new Date(nowMs).toISOString());
      assert.equal(await requests.catchUp('here', 2), false);
      assert.equal(await requests.catchUp('here', 40), true);
      const messages = await requests.messagesAfter('here', 40);
      assert.deepEqual(
        messages.map((message) => message.type === 'offer' && message.request.id),
        ['b'],
      );
    });

    it('replace the targets as a whole, with every key they have', async (t) => {
      const { targets } = await (await backendFor(t)).open();
      await targets.replace({ targets: [{ name: 'old', raDeg: 1, decDeg: 2 }] });
      const list = { targets: [{ name: 'new', raDeg: 3, decDeg: 4, cadenceDays: 5 }] };
      await targets.replace(list);
      assert.deepEqual(await targets.list(), list);
    });

    it('give the link of a site to the newest who takes it, until it runs out', async (t) => {
      const backend = await backendFor(t);
      const [one, two] = [(await backend.open()).leases, (await backend.open()).leases];
      await one.take('here', 'first', nowMs + 1000);
      assert.equal(await two.holder('here', nowMs), 'first');
      assert.equal(await two.holder('here', nowMs + 1000), undefined, 'it has run out');
      await two.take('here', 'second', nowMs + 1000);
      assert.equal(await one.renew('here', 'first', nowMs + 9000), false);
      await one.release('here', 'first');
      assert.equal(await one.holder('here', nowMs), 'second');
      assert.equal(await two.renew('here', 'second', nowMs + 2000), true);
      assert.equal(await one.holder('here', nowMs + 1500), 'second');
      await two.release('here', 'second');
      assert.equal(await one.holder('here', nowMs), undefined);
    });
  });
}
