import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openAccount } from '../../../../agent/centres/bhtom2/account.ts';
import { bhtom2Delivery } from '../../../../agent/centres/bhtom2/delivery.ts';
import { addFavourite, cameraObstacles } from '../../../../agent/centres/bhtom2/observatories.ts';
import type { UploadOptions } from '../../../../agent/centres/bhtom2/upload-form.ts';
import { httpClient } from '../../../../agent/centres/http.ts';
import { openCentres } from '../../../../agent/centres/registry.ts';
import { packProduct, parcelFor } from '../../../../agent/delivery/pack.ts';
import type { ClaimedParcel } from '../../../../agent/store/outbox.ts';
import { ManualClock } from '../../../../base/clock.ts';
import { Random } from '../../../../base/random.ts';
import { bhtom2DestinationSchema } from '../../../../config/sections/destinations.ts';
import type { PhotometryParcel } from '../../../../protocol/photometry.ts';
import { bhtomFor, frameOf } from '../../../support/bhtom-delivery.ts';
import { serverFor } from '../../../support/http.ts';
import { sha256, silent, temporaryFolder } from '../../../support/parcels.ts';

const { signal } = new AbortController();
const plain: UploadOptions = {
  type: 'photometry',
  dryRun: false,
  observers: [],
  matchRadiusArcsec: undefined,
  plots: false,
};
const hourMs = 3_600_000;

async function parcelOf(changes: Partial<PhotometryParcel> = {}, revision = 'r1'): Promise<ClaimedParcel> {
  const product = await packProduct(sha256(revision), frameOf('a', changes));
  return { ...product, ...parcelFor('bhtom', product, 'HAT-P-32'), id: 1, failures: 0, remoteId: null };
}

async function setUp(t: TestContext, options: Partial<UploadOptions> = {}) {
  const clock = new ManualClock(Date.parse('2026-11-22T21:00:00Z'));
  const fake = bhtomFor(clock);
  const url = await serverFor(t, fake.listener);
  const http = httpClient('test', clock, { silenceMs: 1000, wholeMs: 3000, largestBytes: 1e6 });
  const passwordFile = join(temporaryFolder(t), 'password');
  writeFileSync(passwordFile, 'hush hush\n');
  const account = openAccount({ id: 'bhtom', url, user: 'observer', passwordFile }, http);
  const make = (uploadUrl = url, oname: string | null = 'HILL_CAM') =>
    bhtom2Delivery({
      ...{ account, server: { uploadUrl, timeouts: { silenceMs: 500, wholeMs: 2000 } }, everyS: 0, http, clock },
      ...{ uploads: { ...plain, ...options }, onameOf: () => oname },
    });
  return { clock, fake, url, http, account, adapter: make(), make };
}

describe('an upload of our own points to BHTOM', () => {
  const limit = { ...frameOf('a').targets[0]!, mag: null, magErr: null, limit: 19.2 };
  for (const [what, targets, row] of [
    ['a magnitude', undefined, 'GaiaSP/V,17.0100,0.0110'],
    ['a limit, by a negative error', [limit], 'GaiaSP/V,19.2000,-1'],
  ] as const)
    it(`says ${what}, needs no camera, and is done when it is taken`, async (t) => {
      const { fake, make } = await setUp(t, { type: 'photometry_csv' });
      const adapter = make(undefined, null);
      const outcome = await adapter.deliver(await parcelOf(targets ? { targets: [...targets] } : {}), signal);
      assert.equal(outcome.kind, 'accepted');
      const { content, sentName, fields } = fake.uploads[0]!;
      assert.equal(content, `time,filter,magnitude,error\n61366.500000,${row}\n`);
      assert.match(sentName, /^HAT_P_32_[0-9a-f]{24}\.csv$/);
      assert.deepEqual([fields.data_product_type, fields.observatory], [['photometry_csv'], ['here main']]);
      assert.equal(adapter.verdicts, undefined, 'BHTOM does not calibrate it');
    });

  it('is looked up by its name before it is sent again', async (t) => {
    const { fake, clock, adapter } = await setUp(t, { type: 'photometry_csv' });
    fake.faults.push('cut after');
    const parcel = await parcelOf();
    assert.equal((await adapter.deliver(parcel, signal)).kind, 'unknown');
    await clock.advance(2 * hourMs);
    assert.equal(await adapter.reconcile(parcel, signal), 'held');
  });

  it('is refused without a sure time, and nothing is sent', async (t) => {
    const { fake, adapter } = await setUp(t, { type: 'photometry_csv' });
    const { frame } = frameOf('a');
    const outcome = await adapter.deliver(await parcelOf({ frame: { ...frame, timeVerdict: 'doubtful' } }), signal);
    assert.equal(outcome.kind, 'rejected');
    assert.equal(fake.requests.length, 0);
  });
});

describe('an upload to BHTOM', () => {
  it('says what it is, in the words of the interface', async (t) => {
    const { fake, adapter } = await setUp(t, { observers: ['Ania', 'bob'], matchRadiusArcsec: 2 });
    const outcome = await adapter.deliver(await parcelOf(), signal);
    const [upload] = fake.uploads;
    assert.deepEqual(outcome, {
      kind: 'accepted',
      receipt: { remoteId: String(upload!.id), words: 'Received photometry file.' },
    });
    const { comment, ...fields } = upload!.fields;
    assert.deepEqual(fields, {
      target: ['HAT-P-32'],
      observatory: ['HILL_CAM'],
      filter: ['GaiaSP/V'],
      data_product_type: ['photometry'],
      mjd: ['61366.50000000'],
      dry_run: ['False'],
      no_plot: ['True'],
      observers: ['Ania', 'bob'],
      match_dist: ['2'],
    });
    assert.match(comment![0]!, /^test; exposure [0-9a-f]{16}, plane mono; filter: header and stars agree$/);
    assert.match(upload!.sentName, /^HAT_P_32_[0-9a-f]{24}\.dat$/);
    assert.match(fake.correlationIds[0]!, /^[0-9a-f]{32}$/);
    assert.match(upload!.content, /^ +999999 /m);
  });

  it('has a name of its own for every revision, the same at every try', async (t) => {
    const { fake, adapter } = await setUp(t);
    for (const revision of ['r1', 'r1', 'r2']) await adapter.deliver(await parcelOf({}, revision), signal);
    const names = fake.uploads.map(({ sentName }) => sentName);
    assert.equal(names[0], names[1]);
    assert.notEqual(names[0], names[2]);
  });

  it('is refused here without a sure time, a camera, or stars on the sky', async (t) => {
    const { adapter, make, fake } = await setUp(t);
    const { frame } = frameOf('a');
    const reasonOf = async (changes: Partial<PhotometryParcel>, own = adapter) => {
      const outcome = await own.deliver(await parcelOf(changes), signal);
      return outcome.kind === 'rejected' ? outcome.reason : outcome.kind;
    };
    const doubtful = { ...frame, timeVerdict: 'doubtful', timeReasons: ['the clock was set during the night'] };
    assert.match(await reasonOf({ frame: doubtful }), /not sure \(the clock was set/);
    assert.match(await reasonOf({ frame: { ...frame, mjdMid: null } }), /time is not sure/);
    assert.match(await reasonOf({}, make(undefined, null)), /has no ONAME/);
    assert.match(await reasonOf({ sources: {} }), /not located/);
    assert.equal(fake.uploads.length, 0);
  });

  it('tells what the server refuses, with the remedy, by whether one parcel or all are concerned', async (t) => {
    const { adapter, fake } = await setUp(t);
    const parcel = await parcelOf();
    const said = async () => {
      const outcome = await adapter.deliver(parcel, signal);
      return [outcome.kind, 'reason' in outcome ? outcome.reason : ''] as const;
    };
    const table = [
      ['error with 200', 'rejected', /Create the target/],
      ['old error with 200', 'rejected', /Create the target/],
      ['disabled', 'retry-later', /temporarily disabled/],
      ['busy', 'retry-later', /429/],
      ['failed before', 'unknown', /HTTP 500/],
      ['page of a proxy', 'unknown', /HTTP 502/],
      ['cut before', 'unknown', /no whole answer/],
      ['cut after', 'unknown', /no whole answer/],
    ] as const;
    for (const [fault, kind, words] of table) {
      fake.faults.push(fault);
      const [gotKind, reason] = await said();
      assert.equal(gotKind, kind, fault);
      assert.match(reason, words);
    }
    fake.cameras[0] = { ...fake.cameras[0]!, isActive: false };
    assert.deepEqual((await said())[0], 'tell-operator');
    assert.match((await said())[1], /administrators activate/);
    fake.cameras[0] = { ...fake.cameras[0]!, isActive: true, favouriteOf: ['somebody else'] };
    assert.match((await said())[1], /favourites of this account/);
    assert.equal((await said())[0], 'tell-operator');
  });

  it('has not left where no connection came about, and then is tried again without a look', async (t) => {
    const { make } = await setUp(t);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const outcome = await make(`http://127.0.0.1:${port}`).deliver(await parcelOf(), signal);
    assert.equal(outcome.kind, 'retry-later');
  });

  it('goes on with a new token when the old one is refused, and asks for the operator when that is refused too', async (t) => {
    const { adapter, fake } = await setUp(t);
    assert.equal((await adapter.deliver(await parcelOf(), signal)).kind, 'accepted');
    fake.token = 'second-token';
    assert.equal((await adapter.deliver(await parcelOf({}, 'r2'), signal)).kind, 'accepted');
    const logins = () => fake.requests.filter((one) => one === 'POST /api/token-auth/').length;
    assert.equal(logins(), 2);
    fake.password = 'changed';
    fake.token = 'third-token';
    const outcome = await adapter.deliver(await parcelOf({}, 'r3'), signal);
    assert.equal(outcome.kind, 'tell-operator');
    assert.doesNotMatch(JSON.stringify(outcome), /hush|second-token|third-token/);
  });

  it('tells a changed address', async (t) => {
    const { make } = await setUp(t);
    const moved = await serverFor(
      t,
      (_, response) => void response.writeHead(301, { location: 'https://new.example/' }).end(),
    );
    const outcome = await make(moved).deliver(await parcelOf(), signal);
    assert.ok(outcome.kind === 'tell-operator' && /new\.example.*uploadUrl/.test(outcome.reason));
  });
});

describe('a look at BHTOM', () => {
  it('finds by its name what shows up late', async (t) => {
    const { adapter, fake, clock } = await setUp(t);
    const parcel = await parcelOf();
    assert.equal(await adapter.reconcile(parcel, signal), 'absent');
    fake.faults.push('cut after');
    assert.equal((await adapter.deliver(parcel, signal)).kind, 'unknown');
    assert.equal(await adapter.reconcile(parcel, signal), 'absent');
    await clock.advance(hourMs);
    assert.equal(await adapter.reconcile(parcel, signal), 'held');
    assert.equal(await adapter.reconcile(await parcelOf({}, 'r2'), signal), 'absent');
  });

  it('decides nothing when it shows other uploads, or does not answer', async (t) => {
    const { clock, http, account } = await setUp(t);
    const parcel = await parcelOf();
    for (const body of ['{"count":1,"num_pages":1,"current_page":1,"data":[{"id":5,"data":"other.dat"}]}', 'oops']) {
      const url = await serverFor(t, (_, response) => void response.end(body));
      const lying = bhtom2Delivery({
        ...{ account: { ...account, url }, server: { uploadUrl: url }, everyS: 0, http, clock, uploads: plain },
        onameOf: () => 'HILL_CAM',
      });
      assert.equal(await lying.reconcile(parcel, signal), 'undecided');
    }
  });
});

describe("BHTOM's verdict", () => {
  const judged = async (t: TestContext, changes: Partial<PhotometryParcel> = {}, fakeChanges: object = {}) => {
    const { adapter, fake, clock } = await setUp(t);
    fake.change(fakeChanges);
    const parcel = await parcelOf(changes);
    const outcome = await adapter.deliver(parcel, signal);
    assert.ok(outcome.kind === 'accepted');
    assert.equal((await adapter.verdicts!([parcel], signal)).size, 0);
    await clock.advance(hourMs + 1000);
    // With the id of the receipt, and, where that was lost, without.
    const byId = await adapter.verdicts!([{ ...parcel, remoteId: outcome.receipt!.remoteId! }], signal);
    const byName = await adapter.verdicts!([parcel], signal);
    assert.deepEqual(byId, byName);
    return byId.get(1)!;
  };

  it('comes when it is calibrated, beside ours', async (t) => {
    const verdict = await judged(t);
    assert.equal(verdict.isGood, true);
    assert.match(verdict.words, /^BHTOM: GaiaSP\/V, 17\.000 \+- 0\.011, zero point -3\.000 \+- 0\.020 of 7 stars; /);
    assert.match(verdict.words, /here: V, 17\.010 \+- 0\.011, zero point -2\.990 \+- 0\.010$/);
  });

  it('is bad where magnitudes or bands differ, and where nothing could be calibrated', async (t) => {
    const differs = await judged(t, {}, { zeroPoint: -2.5 });
    assert.deepEqual([differs.isGood, /differ by 0\.490$/.test(differs.words)], [false, true]);
    const other = await judged(t, {}, { bestBand: 'R' });
    assert.deepEqual([other.isGood, /bands differ$/.test(other.words)], [false, true]);
    const { sources } = frameOf('a');
    const few = Object.fromEntries(Object.entries(sources!).map(([name, values]) => [name, values.slice(0, 2)]));
    const failed = await judged(t, { sources: few });
    assert.deepEqual(failed, { isGood: false, words: 'BHTOM could not calibrate it: Failed to match' });
  });

  it('is a limit for a target that was not detected', async (t) => {
    const [target] = frameOf('a').targets;
    const verdict = await judged(t, { targets: [{ ...target!, verdict: 'limit', mag: null, limit: 19.5 }] });
    assert.equal(verdict.isGood, true);
    assert.match(verdict.words, /^BHTOM: GaiaSP\/V, fainter than .*; here: V, fainter than 19\.500/);
  });

  it('does not come of a dry run, which stores nothing', async (t) => {
    const { adapter, fake } = await setUp(t, { dryRun: true });
    assert.equal((await adapter.deliver(await parcelOf(), signal)).kind, 'accepted');
    assert.equal(adapter.verdicts, undefined);
    assert.equal(fake.uploads.length, 0);
  });
});

describe('a centre of kind bhtom2', () => {
  it('delivers in the name of the configured account, and says what stands in the way', async (t) => {
    const { fake, url, http, clock, account } = await setUp(t);
    const tokenFile = join(temporaryFolder(t), 'token');
    writeFileSync(tokenFile, `${await account.token(signal)}\n`);
    const parsed = bhtom2DestinationSchema.parse({ id: 'bhtom', kind: 'bhtom2', url, uploadUrl: url, tokenFile });
    const instruments = [{ id: 'main', oname: 'HILL_CAM', robotic: false, filters: [] }];
    const context = { site: 'hill', software: 'test', clock, random: new Random(1), log: silent, http, instruments };
    const [centre] = await openCentres([parsed], context);
    assert.equal((await centre!.delivery!.deliver(await parcelOf(), signal)).kind, 'accepted');
    assert.deepEqual(fake.uploads[0]!.fields.observatory, ['HILL_CAM']);
    assert.deepEqual(await centre!.obstacles!(signal), []);
    fake.cameras.length = 0;
    assert.match((await centre!.obstacles!(signal))[0]!, /no camera "HILL_CAM"/);
    const [readOnly] = await openCentres([{ ...parsed, delivery: false }], context);
    assert.deepEqual([readOnly!.delivery, readOnly!.obstacles], [undefined, undefined]);
  });
});

describe("a site's cameras at BHTOM", () => {
  it('are told to be unknown, inactive, or no favourites, with the remedy', async (t) => {
    const { account, fake, http } = await setUp(t);
    const obstacles = (oname: string) => cameraObstacles(account, [oname], http, signal);
    assert.deepEqual(await obstacles('HILL_CAM'), []);
    assert.match((await obstacles('Hill_cam'))[0]!, /no camera "Hill_cam"/);
    fake.cameras[0] = { ...fake.cameras[0]!, favouriteOf: [] };
    assert.match((await obstacles('HILL_CAM'))[0]!, /not among the favourites/);
    for (let i = 0; i < 2; i++) await addFavourite(account, 'HILL_CAM', http, signal);
    assert.deepEqual(await obstacles('HILL_CAM'), []);
    fake.cameras[0] = { ...fake.cameras[0]!, isActive: false };
    assert.match((await obstacles('HILL_CAM'))[0]!, /not active/);
  });
});
