import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { folderDelivery } from '../../../../agent/centres/folder/delivery.ts';
import { diskFiles, type FolderFiles } from '../../../../agent/centres/folder/files.ts';
import { packProduct, parcelFor } from '../../../../agent/delivery/pack.ts';
import { ManualClock } from '../../../../base/clock.ts';
import type { FolderDestinationConfig } from '../../../../config/schema.ts';
import { folderDestinationSchema } from '../../../../config/sections/destinations.ts';
import type { PhotometryParcel } from '../../../../protocol/photometry.ts';
import { readAavso } from '../../../support/aavso-reader.ts';
import { frameOf } from '../../../support/bhtom-delivery.ts';
import { sha256, temporaryFolder } from '../../../support/parcels.ts';

const never = new AbortController().signal;

function folderFor(t: TestContext, changes: Partial<FolderDestinationConfig> = {}, files: FolderFiles = diskFiles) {
  const folder = temporaryFolder(t);
  const destination = folderDestinationSchema.parse({
    ...{ id: 'share', kind: 'folder', folder, formats: ['aavso', 'tom'], obscode: 'ABC' },
    ...changes,
  });
  const clock = new ManualClock(0);
  const names = () => readdirSync(folder, { recursive: true }).map(String).sort();
  return { folder, names, clock, adapter: folderDelivery({ destination, files, clock }) };
}

async function parcelOf(frame: Partial<PhotometryParcel['frame']> = {}) {
  const usual = frameOf('one');
  const product = await packProduct(sha256('one'), { ...usual, frame: { ...usual.frame, mjdMid: 61_366.5, ...frame } });
  return { ...product, ...parcelFor('share', product, 'HAT-P-32') };
}

describe('deliveries to a folder', () => {
  it('write a file in each format, named by target, time and key', async (t) => {
    const { folder, names, adapter } = folderFor(t);
    const parcel = await parcelOf();
    assert.equal((await adapter.deliver(parcel, never)).kind, 'accepted');
    const stem = `HAT-P-32/20261122T120000_${parcel.key.slice(0, 12)}`;
    assert.deepEqual(names(), ['HAT-P-32', `${stem}.aavso.txt`, `${stem}.tom.csv`]);
    const [row] = readAavso(readFileSync(join(folder, `${stem}.aavso.txt`), 'utf8'));
    assert.deepEqual([row?.name, row?.mag, row?.filter], ['HAT-P-32', 17.01, 'V']);
  });

  it('leave a file of the same name as it is, and say so', async (t) => {
    const { folder, names, adapter } = folderFor(t, { formats: ['tom'] });
    const parcel = await parcelOf();
    await adapter.deliver(parcel, never);
    const path = join(folder, names().find((name) => name.endsWith('.csv'))!);
    writeFileSync(path, 'somebody wrote here\n');
    const outcome = await adapter.deliver(parcel, never);
    assert.equal(outcome.kind, 'rejected');
    assert.match((outcome as { reason: string }).reason, /other content, and is left as it is/);
    assert.equal(readFileSync(path, 'utf8'), 'somebody wrote here\n');
  });

  it('make up no share that is not mounted, and wait for it', async (t) => {
    const { folder, adapter } = folderFor(t);
    rmSync(folder, { recursive: true });
    const outcome = await adapter.deliver(await parcelOf(), never);
    assert.equal(outcome.kind, 'retry-later');
    assert.equal(existsSync(folder), false);
    mkdirSync(folder);
    assert.equal((await adapter.deliver(await parcelOf(), never)).kind, 'accepted');
  });

  it('refuse what no format has a place for, and a time that is not sure', async (t) => {
    const { names, adapter } = folderFor(t, { formats: ['aavso'] });
    const gaia = await adapter.deliver(await parcelOf({ band: 'G' }), never);
    assert.match((gaia as { reason: string }).reason, /aavso: the format has no code for the band G/);
    const doubtful = await adapter.deliver(await parcelOf({ timeVerdict: 'doubtful' }), never);
    assert.deepEqual([gaia.kind, doubtful.kind], ['rejected', 'rejected']);
    assert.deepEqual(names(), []);
  });

  it('give up on a share that hangs after a minute, and begin nothing more on it until it is back', async (t) => {
    const hanging = Promise.withResolvers<boolean>();
    let begun = 0;
    const save = () => (++begun === 1 ? hanging.promise : Promise.resolve(true));
    const { clock, adapter } = folderFor(t, { formats: ['tom'] }, { ...diskFiles, save });
    const parcel = await parcelOf();
    const first = adapter.deliver(parcel, never);
    while (begun === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(60_000);
    assert.match(((await first) as { reason: string }).reason, /gives no answer/);
    assert.equal((await adapter.deliver(parcel, never)).kind, 'retry-later');
    assert.equal(begun, 1);
    hanging.resolve(true);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await adapter.deliver(parcel, never)).kind, 'accepted');
  });
});
