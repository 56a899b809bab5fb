import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type ArchiveLightCurve,
  answerFault,
  type NetworkTarget,
  type TargetSource,
} from '../../../../agent/centres/target-source.ts';
import { openStore } from '../../../../agent/store/open.ts';
import { TargetBook } from '../../../../agent/targets/target-book.ts';
import { TargetKeeper } from '../../../../agent/targets/target-keeper.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { RetryLater } from '../../../../base/errors.ts';
import { Random } from '../../../../base/random.ts';
import type { ArchivePoint } from '../../../../pipeline/targets/archive.ts';
import { silent, temporaryFolder } from '../../../support/parcels.ts';

const hourMs = 3_600_000;
const list: NetworkTarget[] = [
  { name: 'A', raDeg: 10, decDeg: 20 },
  { name: 'B', raDeg: 50, decDeg: -20 },
];
const point: ArchivePoint = { mjd: 61000, mag: 15, magErr: Number.NaN, band: 'V' };

function site(t: TestContext) {
  const clock = new ManualClock(Date.UTC(2026, 10, 25));
  const store = openStore(temporaryFolder(t), clock, 'test');
  t.after(() => store.close());
  return { clock, store: store.networkTargets };
}

/** Lets time pass in steps, so that whoever begins to sleep meanwhile is woken. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let k = 0; k < 200; k++) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(ms / 200);
  }
}

/** A centre that counts what it is asked, and fails while `failure` is set. */
class Centre implements TargetSource {
  readonly destination = 'centre';
  readonly asked: string[] = [];
  failure: Error | undefined;

  targets = async (): Promise<NetworkTarget[]> => {
    this.asked.push('list');
    if (this.failure) throw this.failure;
    return list;
  };

  archive = async (name: string): Promise<ArchiveLightCurve | undefined> => {
    this.asked.push(name);
    if (this.failure) throw this.failure;
    if (name === 'senseless') throw new RetryLater(answerFault, 'the server made a mistake');
    return name === 'stranger' ? undefined : { points: [point], acknowledgement: 'thank the network' };
  };
}

function keeper(t: TestContext) {
  const { clock, store } = site(t);
  const centre = new Centre();
  const one = new TargetKeeper({ sources: [centre], store, clock, random: new Random(1), log: silent });
  one.start((error) => assert.fail(String(error)));
  t.after(() => one.stop());
  return { clock, store, centre, keeper: one };
}

describe('lists of targets', () => {
  it('keep how much a centre wants each, the most wanted first', (t) => {
    const { store } = site(t);
    const some = { importance: 5, priority: 1.5, cadenceDays: 2 };
    const most = { importance: 9.98, priority: 20, cadenceDays: 0.5 };
    const none = { importance: null, priority: null, cadenceDays: null };
    const at = { raDeg: 1, decDeg: 2 };
    store.replaceList('centre', [
      { name: 'unsaid', ...at },
      { name: 'some', ...at, interest: some },
      { name: 'most', ...at, interest: most },
    ]);
    assert.deepEqual(store.interests(['centre', 'other']), [
      { destination: 'centre', name: 'most', ...at, ...most },
      { destination: 'centre', name: 'some', ...at, ...some },
      { destination: 'centre', name: 'unsaid', ...at, ...none },
    ]);
    store.replaceList('centre', [{ name: 'most', ...at }]);
    assert.deepEqual(store.interests(['centre']), [{ destination: 'centre', name: 'most', ...at, ...none }]);
  });
});

describe('the keeper of targets', () => {
  it('reads a list at once and every six hours, a light curve when it is asked for and old', async (t) => {
    const { clock, store, centre, keeper: one } = keeper(t);
    one.want(['A', 'stranger']);
    await pass(clock, 60_000);
    assert.deepEqual(centre.asked, ['list', 'A', 'stranger']);
    assert.deepEqual(store.targets(['centre']), list);
    assert.deepEqual(store.archive('centre', 'A')!.points, [point]);
    assert.equal(store.archive('centre', 'A')!.acknowledgement, 'thank the network');
    assert.deepEqual(store.archive('centre', 'stranger')!.points, undefined);
    one.want(['A', 'stranger']);
    await pass(clock, 5 * hourMs);
    assert.equal(centre.asked.length, 3, 'what is fresh is not asked for again');
    await pass(clock, 8 * hourMs);
    one.want(['A']);
    await pass(clock, 60_000);
    assert.deepEqual(centre.asked.slice(3), ['list', 'list', 'A']);
  });

  it('lets one light curve that makes no sense wait, and reads the others', async (t) => {
    const { clock, store, centre, keeper: one } = keeper(t);
    one.want(['senseless', 'A']);
    await pass(clock, 60_000);
    assert.deepEqual(centre.asked, ['list', 'senseless', 'A']);
    one.want(['senseless', 'B']);
    await pass(clock, 60_000);
    assert.deepEqual(centre.asked.slice(3), ['B']);
    await pass(clock, hourMs);
    one.want(['senseless']);
    await pass(clock, 60_000);
    assert.deepEqual(centre.asked.slice(4), ['senseless']);
    assert.equal(store.archive('centre', 'senseless'), undefined);
  });

  it('keeps what it knows while a centre fails, asks ever more seldom and not before it is told to', async (t) => {
    const { clock, store, centre } = keeper(t);
    await pass(clock, 60_000);
    centre.failure = new RetryLater('BUSY', 'busy', { notBeforeMs: clock.nowMs() + 8 * hourMs });
    await pass(clock, 7.5 * hourMs);
    assert.deepEqual(centre.asked, ['list', 'list']);
    assert.deepEqual(store.targets(['centre']), list);
    centre.failure = new RetryLater('DOWN', 'down');
    const before = centre.asked.length;
    await pass(clock, 48 * hourMs);
    const tries = centre.asked.length - before;
    assert.ok(tries > 5 && tries < 100, `${tries} tries in two days`);
    centre.failure = undefined;
    await pass(clock, 24 * hourMs);
    assert.ok(clock.nowMs() - store.listFetchedAtMs('centre')! < 7 * hourMs);
  });
});

describe('the book of targets', () => {
  const own = [{ name: 'own', raDeg: 10.0002, decDeg: 20 }];

  it("tells the site's own targets always, those of lists only where they are shown, and none twice", (t) => {
    const { store } = site(t);
    store.replaceList('centre', [...list, { name: 'own', raDeg: 200, decDeg: 0 }]);
    store.replaceList('other', [{ name: 'B', raDeg: 50, decDeg: -20 }]);
    const book = new TargetBook({ store, own, destinations: ['centre', 'other'] });
    const asked = { name: 'asked', raDeg: 1, decDeg: 1 };
    assert.deepEqual(book.forFrame([asked], undefined), [own[0], asked, { ...list[1], onlyInside: true }]);
    assert.deepEqual(new TargetBook({ store, own, destinations: [] }).forFrame([], undefined), own);
  });

  it('adds the light curves of targets near where a frame looks', (t) => {
    const { store } = site(t);
    store.replaceList('centre', list);
    store.writeArchive('centre', 'A', [point]);
    store.writeArchive('centre', 'B', [point]);
    const book = new TargetBook({ store, own: [], destinations: ['centre'] });
    const archives = book.forFrame([], { raDeg: 11, decDeg: 20 }).map(({ archive }) => archive);
    assert.deepEqual(archives, [[point]], 'the other one is far off');
    const anywhere = new TargetBook({ store, own: [], destinations: ['centre'], mayLookAnywhere: true });
    assert.equal(anywhere.forFrame([], { raDeg: 11, decDeg: 20 }).length, 2);
    assert.equal(book.forFrame([], undefined).filter(({ archive }) => archive).length, 2);
  });
});
