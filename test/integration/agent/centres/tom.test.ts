import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { httpClient } from '../../../../agent/centres/http.ts';
import { tomAccount } from '../../../../agent/centres/tom/account.ts';
import { tomDelivery } from '../../../../agent/centres/tom/delivery.ts';
import { tomTargets } from '../../../../agent/centres/tom/targets.ts';
import { packProduct, parcelFor } from '../../../../agent/delivery/pack.ts';
import { ManualClock } from '../../../../base/clock.ts';
import type { PhotometryParcel } from '../../../../protocol/photometry.ts';
import { frameOf } from '../../../support/bhtom-delivery.ts';
import { FakeTom, type FakeTomOptions, type FakeTomTarget } from '../../../support/fake-tom.ts';
import { serverFor } from '../../../support/http.ts';
import { sha256, temporaryFolder } from '../../../support/parcels.ts';

const hatP32: FakeTomTarget = { id: 7, name: 'HAT-P-32', type: 'SIDEREAL', ra: 31.04, dec: 46.69 };
const never = new AbortController().signal;
const password = 'hush: hush';
const basic = `Basic ${Buffer.from(`observer:${password}`).toString('base64')}`;

async function tomFor(t: TestContext, changes: Partial<FakeTomOptions> = {}) {
  const fake = new FakeTom({ authorization: basic, targets: [hatP32], sameness: 'band', pageSize: 2, ...changes });
  const passwordFile = join(temporaryFolder(t), 'password');
  writeFileSync(passwordFile, `${password}\n`);
  const url = await serverFor(t, fake.listener);
  const account = tomAccount({ id: 'tom', url: `${url}/`, user: 'observer', passwordFile });
  const clock = new ManualClock(0);
  const http = httpClient('test', clock, { silenceMs: 5000, wholeMs: 10_000, largestBytes: 1e6 });
  return { fake, account, http, adapter: tomDelivery({ account, everyS: 0, http, clock }) };
}

type Content = { frame?: Partial<PhotometryParcel['frame']>; target?: object };

async function parcelOf(exposure: string, { frame, target }: Content = {}) {
  const usual = frameOf(exposure);
  const targets = usual.targets.map((one) => ({ ...one, ...target }));
  const product = await packProduct(sha256(exposure), { ...usual, frame: { ...usual.frame, ...frame }, targets });
  return { ...product, ...parcelFor('tom', product, 'HAT-P-32') };
}

describe('deliveries to a TOM', () => {
  it('give a magnitude with its error, band, place and mid-exposure', async (t) => {
    const { fake, adapter } = await tomFor(t);
    const parcel = await parcelOf('one', { frame: { mjdMid: 61_366.5 } });
    assert.deepEqual(await adapter.deliver(parcel, never), {
      kind: 'accepted',
      receipt: { words: 'Data successfully uploaded.' },
    });
    const [datum] = fake.data;
    assert.equal(datum?.timestamp, '2026-11-22T12:00:00.000Z');
    assert.equal(datum.source_location, `bhtom-edge:${parcel.key}`);
    const { magnitude, error, filter, telescope, instrument, limit, exposure_time } = datum.value;
    assert.deepEqual(
      [magnitude, error, filter, telescope, instrument, limit, exposure_time],
      [17.01, 0.011, 'GaiaSP/V', 'here', 'main', undefined, 30],
    );
  });

  it('give a limit where nothing was seen, and no magnitude', async (t) => {
    const { fake, adapter } = await tomFor(t);
    await adapter.deliver(await parcelOf('one', { target: { mag: null, magErr: null, limit: 19.2 } }), never);
    const { magnitude, error, limit } = fake.data[0]!.value;
    assert.deepEqual([magnitude, error, limit], [undefined, undefined, 19.2]);
  });

  const unfit: readonly [what: string, content: Content, words: RegExp][] = [
    ['whose time is not sure', { frame: { timeVerdict: 'doubtful', timeReasons: ['no time zone'] } }, /no time zone/],
    ['that was never timed', { frame: { mjdMid: null } }, /nothing tells when/],
    ['without a band', { frame: { band: null } }, /no band/],
  ];
  for (const [what, content, words] of unfit)
    it(`refuse a frame ${what}, and send nothing`, async (t) => {
      const { fake, adapter } = await tomFor(t);
      const outcome = await adapter.deliver(await parcelOf('one', content), never);
      assert.equal(outcome.kind, 'rejected');
      assert.match((outcome as { reason: string }).reason, words);
      assert.deepEqual(fake.requests, []);
    });

  it('find a target by another name that it has there, and not by a part of one', async (t) => {
    const other = { ...hatP32, id: 3, name: 'HAT-P-32 B' };
    const { fake, adapter } = await tomFor(t, {
      targets: [other, { ...hatP32, name: 'WASP-0', aliases: ['hat-p-32'] }],
    });
    await adapter.deliver(await parcelOf('one'), never);
    assert.deepEqual(
      fake.data.map(({ target }) => target),
      [7],
    );
    fake.targets = [other];
    const { adapter: fresh } = await tomFor(t, { targets: [other] });
    assert.equal((await fresh.deliver(await parcelOf('two'), never)).kind, 'rejected');
  });

  it('follow a target that has another number by now', async (t) => {
    const { fake, adapter } = await tomFor(t);
    await adapter.deliver(await parcelOf('one'), never);
    fake.targets = [{ ...hatP32, id: 9 }];
    const parcel = await parcelOf('two', { frame: { mjdMid: 61_367 } });
    assert.equal((await adapter.deliver(parcel, never)).kind, 'retry-later');
    assert.equal((await adapter.deliver(parcel, never)).kind, 'accepted');
    assert.equal(fake.data[1]?.target, 9);
  });

  it('say so when the account may not add to a target', async (t) => {
    const { adapter } = await tomFor(t, { targets: [{ ...hatP32, isReadOnly: true }] });
    const outcome = await adapter.deliver(await parcelOf('one'), never);
    assert.equal(outcome.kind, 'rejected');
    assert.match((outcome as { reason: string }).reason, /May this account change "HAT-P-32"/);
  });

  for (const sameness of ['exact', 'band'] as const)
    it(`know their own datum when the TOM fails on it for being there (${sameness})`, async (t) => {
      const { fake, adapter } = await tomFor(t, { sameness });
      for (const k of [1, 2, 3, 4, 5])
        await adapter.deliver(await parcelOf(`e${k}`, { frame: { mjdMid: 61_367 + k / 100 } }), never);
      const again = await parcelOf('e1', { frame: { mjdMid: 61_367.01 } });
      assert.equal((await adapter.deliver(again, never)).kind, 'duplicate');
      assert.equal(fake.data.length, 5);
    });

  it('give up where another datum stands at the same moment in the same band', async (t) => {
    const { fake, adapter } = await tomFor(t);
    await adapter.deliver(await parcelOf('one'), never);
    const outcome = await adapter.deliver(await parcelOf('two'), never);
    assert.equal(outcome.kind, 'rejected');
    assert.match((outcome as { reason: string }).reason, /same moment in the same band \(of "here"\)/);
    assert.equal(fake.data.length, 1);
  });

  it('count a failure of the TOM as perhaps there, also when they are sent again', async (t) => {
    const { fake, adapter } = await tomFor(t);
    const parcel = await parcelOf('one');
    fake.failures = 2;
    for (const _ of [1, 2]) {
      assert.equal((await adapter.deliver(parcel, never)).kind, 'unknown');
      assert.equal(await adapter.reconcile(parcel, never), 'absent');
    }
    assert.equal((await adapter.deliver(parcel, never)).kind, 'accepted');
    assert.equal(await adapter.reconcile(parcel, never), 'held');
  });
});

describe('the photometry that a TOM holds of a target', () => {
  for (const sameness of ['exact', 'band'] as const)
    it(`comes in the order of time, whoever measured it (${sameness})`, async (t) => {
      const { fake, account, http, adapter } = await tomFor(t, { sameness });
      await adapter.deliver(await parcelOf('one', { frame: { mjdMid: 61_366.5 } }), never);
      const other = { target: 7, data_type: 'photometry', source_name: 'x', source_location: '' };
      fake.data.push(
        {
          ...other,
          timestamp: '2026-11-20T00:00:00Z',
          value: { magnitude: 16, magnitude_error: 0.2, filter: 'r(ZTF)' },
        },
        { ...other, timestamp: '2026-11-21T00:00:00Z', value: { magnitude: 'none', filter: 'V' } },
      );
      const { archive } = tomTargets(account, http);
      const curve = await archive!('hat-p-32', never);
      assert.deepEqual(curve, {
        acknowledgement: undefined,
        points: [
          { mjd: 61_364, mag: 16, magErr: 0.2, band: 'r(ZTF)' },
          { mjd: 61_366.5, mag: 17.01, magErr: 0.011, band: 'V' },
        ],
      });
      assert.equal(await archive!('nobody', never), undefined);
    });
});

describe('the targets of a TOM', () => {
  for (const pageSize of [2, undefined])
    it(`are those with a place, ${pageSize ? 'page by page' : 'in a list without pages'}`, async (t) => {
      const moving: FakeTomTarget = { id: 1, name: 'Ceres', type: 'NON_SIDEREAL', ra: null, dec: null };
      const more = [2, 3, 4, 5].map((id): FakeTomTarget => ({ ...hatP32, id, name: `T${id}` }));
      const { account, http } = await tomFor(t, { targets: [moving, ...more, hatP32], pageSize });
      const found = await tomTargets(account, http).targets(never);
      assert.deepEqual(
        found.map(({ name }) => name),
        ['T2', 'T3', 'T4', 'T5', 'HAT-P-32'],
      );
      assert.deepEqual(found.at(-1), { name: 'HAT-P-32', raDeg: 31.04, decDeg: 46.69 });
    });
});
