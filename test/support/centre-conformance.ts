import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Centre, DeliveryAdapter, DeliveryOutcome } from '../../agent/centres/contract.ts';
import { Delivery } from '../../agent/delivery/delivery.ts';
import { type ClaimedParcel, type NewParcel, Outbox } from '../../agent/store/outbox.ts';
import type { ManualClock } from '../../base/clock.ts';
import { Random } from '../../base/random.ts';
import { databaseInMemory, silent, storeReduced } from './parcels.ts';
import { settled } from './settled.ts';
import { askedWaitS, type TroubledWay, troubledWay, type WayFault, wayFaults } from './troubled-way.ts';

/** One centre for one test: a server that the test holds, and what it has stored. */
export interface CentreSubject {
  /** Where its server is, or the way to it where it speaks no HTTP. */
  readonly place: { readonly url: string } | { readonly way: TroubledWay };
  readonly clock: ManualClock;
  /** The id under which it is configured. */
  readonly destination: string;
  /** The centre as the registry opens it, at another address: the way there. */
  open(url: string): Promise<Centre>;
  /** A parcel for it, another one for each number. */
  parcel(number: number): Promise<NewParcel & ClaimedParcel>;
  /** The keys, or names, of all that its server has stored, once for each time that it was stored. */
  stored(): Promise<readonly string[]>;
}

/** What it offers, beside delivery, which all have; `keyed`: it knows a parcel again that it holds. */
export type Offered = 'targets' | 'requests' | 'obstacles' | 'keyed';

/** What became of a call does not show, or the server has done it: sent again blindly, it would be there twice. */
const perhapsDone: readonly WayFault[] = ['cut after', 'half an answer', 'proxy page 504 after'];
const notDone: readonly WayFault[] = ['cut before', 'proxy page 200', 'proxy page 502', 'proxy page 503', 'too many'];
const hourMs = 3_600_000;

/**
 * What every kind of centre must do, whatever it speaks: the rules of `agent/centres/contract.ts`, over real sockets with
 * trouble on the way. `faults` are those that its way can have.
 */
export function centreConformance(
  kind: string,
  offers: readonly Offered[],
  subjectFor: (t: TestContext) => Promise<CentreSubject>,
  faults: readonly WayFault[] = wayFaults,
): void {
  const possible = <Fault extends WayFault>(all: readonly Fault[]) => all.filter((one) => faults.includes(one));
  async function setUp(t: TestContext) {
    const subject = await subjectFor(t);
    const { place } = subject;
    const way = 'way' in place ? place.way : await troubledWay(t, place.url);
    const centre = await subject.open(way.url);
    return { subject, way, centre, adapter: centre.delivery! };
  }
  const never = new AbortController().signal;

  describe(`a centre of the kind ${kind}`, () => {
    it('has the name of its configuration, and offers what it says', async (t) => {
      const { subject, centre, adapter } = await setUp(t);
      assert.equal(centre.destination, subject.destination);
      assert.deepEqual([adapter.destination, adapter.taking.destination], [subject.destination, subject.destination]);
      const found = (['targets', 'requests', 'obstacles'] as const).filter((one) => centre[one] !== undefined);
      assert.deepEqual([...found, ...(adapter.capabilities.keyed ? ['keyed'] : [])], offers);
    });

    it('takes a parcel, and is found to hold it', async (t) => {
      const { subject, adapter } = await setUp(t);
      const [one, two] = [await subject.parcel(1), await subject.parcel(2)];
      assert.equal((await adapter.deliver(one, never)).kind, 'accepted');
      assert.equal((await subject.stored()).length, 1);
      await subject.clock.advance(2 * hourMs);
      assert.equal(await adapter.reconcile(one, never), 'held');
      assert.equal(await adapter.reconcile(two, never), 'absent');
    });

    if (offers.includes('keyed'))
      it('knows a parcel again that it holds', async (t) => {
        const { subject, adapter } = await setUp(t);
        const parcel = await subject.parcel(1);
        await adapter.deliver(parcel, never);
        assert.equal((await adapter.deliver(parcel, never)).kind, 'duplicate');
        assert.equal((await subject.stored()).length, 1);
      });

    for (const fault of possible([...notDone, ...perhapsDone, 'refused token', 'proxy page 413']))
      it(`says what to do after: ${fault}`, async (t) => {
        const { subject, way, adapter } = await setUp(t);
        await warm(subject, adapter);
        way.faults.push(fault);
        const outcome = await adapter.deliver(await subject.parcel(1), never);
        assert.ok(isRight(outcome, fault, adapter.capabilities.keyed), `${fault}: ${JSON.stringify(outcome)}`);
        if (fault === 'too many') assert.equal((outcome as { waitMs?: number }).waitMs, askedWaitS * 1000);
        const { reason } = outcome as { reason?: string };
        assert.ok(reason !== undefined && reason.length > 10, 'a person can read why');
      });

    it('is not known to hold a parcel, nor not to, when it cannot be asked', async (t) => {
      const { subject, way, adapter } = await setUp(t);
      const parcel = await subject.parcel(1);
      await adapter.deliver(parcel, never);
      await subject.clock.advance(2 * hourMs);
      for (const fault of possible(['cut before', 'proxy page 200', 'proxy page 502', 'half an answer'])) {
        way.faults.push(fault);
        assert.equal(await adapter.reconcile(parcel, never), 'undecided', fault);
      }
    });

    it('lets go at once of a silent server when it is told to', async (t) => {
      const { subject, way, adapter } = await setUp(t);
      await warm(subject, adapter);
      way.faults.push('silence');
      const abort = new AbortController();
      const trying = adapter.deliver(await subject.parcel(1), abort.signal);
      setTimeout(() => abort.abort(new Error('the program is stopping')), 50);
      const outcome = await settled(trying, 5000);
      assert.ok(outcome.kind === 'unknown' || outcome.kind === 'retry-later', outcome.kind);
    });

    for (const seed of [1, 2, 3])
      it(`loses nothing and doubles nothing, whatever happens on the way (seed ${seed})`, async (t) => {
        const { subject, way, adapter } = await setUp(t);
        const parcels = await Promise.all(Array.from({ length: 12 }, (_, k) => subject.parcel(k)));
        const random = new Random(seed);
        const all = possible([...notDone, ...perhapsDone]);
        // Every third call meets nothing, so that some get through in the middle of it.
        for (let k = 0; k < 90; k++) way.faults.push(k % 3 < 2 ? all[random.below(all.length)]! : 'none');
        const missing = await deliverAll(t, subject, adapter, parcels);
        assert.deepEqual(missing, [], 'everything came to its end');
        const stored = await subject.stored();
        assert.equal(stored.length, parcels.length, 'as many as were sent');
        assert.equal(new Set(stored).size, parcels.length, 'each once');
      });

    if (offers.includes('targets'))
      it('tells its targets, and says what to do when it cannot', async (t) => {
        const { way, centre } = await setUp(t);
        const targets = centre.targets!;
        assert.ok((await targets.targets(never)).length > 0);
        for (const fault of ['cut before', 'proxy page 200', 'proxy page 502', 'half an answer', 'too many'] as const) {
          way.faults.push(fault);
          await assert.rejects(targets.targets(never), { reaction: 'retry' }, fault);
        }
        way.faults.push('refused token');
        await assert.rejects(targets.targets(never), { reaction: 'tell-operator' });
      });

    if (offers.includes('obstacles'))
      it('tells what stands in the way, or why it does not know', async (t) => {
        const { way, centre } = await setUp(t);
        assert.deepEqual(await centre.obstacles!(never), []);
        way.faults.push('cut before');
        await assert.rejects(centre.obstacles!(never), { reaction: 'retry' });
      });
  });
}

/** Some centres ask for a token before the first parcel; that call is not the one that a test is about. */
async function warm(subject: CentreSubject, adapter: DeliveryAdapter): Promise<void> {
  assert.equal((await adapter.deliver(await subject.parcel(0), new AbortController().signal)).kind, 'accepted');
}

function isRight({ kind }: DeliveryOutcome, fault: WayFault, keyed: boolean): boolean {
  if (fault === 'refused token') return kind === 'tell-operator';
  if (fault === 'proxy page 413') return kind === 'retry-later' || kind === 'tell-operator' || kind === 'unknown';
  const mayBeThere = kind === 'unknown' || (keyed && kind === 'retry-later');
  return perhapsDone.includes(fault) ? mayBeThere : kind === 'retry-later' || kind === 'unknown';
}

/** Sends parcels as the daemon does, until all have come to their end or a week has passed; gives the keys of the others. */
async function deliverAll(
  t: TestContext,
  { clock, destination }: CentreSubject,
  adapter: DeliveryAdapter,
  parcels: readonly NewParcel[],
): Promise<string[]> {
  const database = databaseInMemory(t);
  const outbox = new Outbox(database, clock);
  storeReduced(database, parcels, () => outbox.enqueue(parcels));
  const delivery = new Delivery({ outbox, adapter, clock, random: new Random(9), log: silent });
  delivery.start((error) => assert.fail(String(error)));
  const open = () => outbox.list(['queued', 'sending', 'unknown'], 100);
  for (let step = 0; step < 2000 && open().length > 0; step++) {
    // Time stands still while calls are under way: real ones, over real sockets.
    for (let k = 0; k < 400 && delivery.status().inFlight > 0; k++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await clock.advance(5 * 60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const left = open().map(({ key, lastError }) => `${key}: ${lastError}`);
  const refused = outbox.list(['rejected', 'parked'], 100).map(({ key, lastError }) => `${key}: ${lastError}`);
  const stopping = delivery.stop();
  await clock.advance(10_000);
  await stopping;
  assert.equal(
    outbox.counts().every((count) => count.destination === destination),
    true,
  );
  return [...left, ...refused];
}
