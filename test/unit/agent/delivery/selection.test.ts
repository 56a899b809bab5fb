import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Taking } from '../../../../agent/centres/contract.ts';
import { packProduct } from '../../../../agent/delivery/pack.ts';
import { type MeasuredProduct, selectParcels, type TakenParcels } from '../../../../agent/delivery/selection.ts';
import { measured, photometry } from '../../../support/parcels.ts';

const hub: Taking = { destination: 'hub', takes: 'everything' };
const bhtom: Taking = { destination: 'bhtom', takes: 'targets', everyS: 600 };
const never: TakenParcels = { isSent: () => false, isTakenNear: () => false };

async function products(target: Partial<MeasuredProduct> = {}): Promise<MeasuredProduct[]> {
  const no = { isDetected: false, isRequested: false };
  const frame = await packProduct('r1', photometry('a'));
  const own = await packProduct('r1', photometry('a', { subject: 'target', targets: [measured('star')] }));
  return [
    { ...frame, ...no },
    { ...own, ...no, ...target },
  ];
}

describe('what goes to whom', () => {
  it('is everything for a hub, each product by itself', async () => {
    const parcels = selectParcels(await products(), [hub], never);
    assert.deepEqual(
      parcels.map(({ destination, target, product }) => [destination, target, product.subject]),
      [
        ['hub', null, 'frame'],
        ['hub', 'star', 'target'],
      ],
    );
    assert.equal(new Set(parcels.map(({ key }) => key)).size, 2);
  });

  it('is a detected target with the stars of its frame for a centre that takes targets', async () => {
    assert.deepEqual(selectParcels(await products(), [bhtom], never), []);
    const [parcel, ...more] = selectParcels(await products({ isDetected: true }), [bhtom], never);
    assert.deepEqual([parcel!.target, parcel!.product.subject, more.length], ['star', 'frame', 0]);
  });

  it('is at most one point of a target in its interval, unless somebody asked for this frame', async () => {
    const asked: [string | null, number, number][] = [];
    const taken: TakenParcels = {
      ...never,
      isTakenNear({ target }, mjdMid, withinDays) {
        asked.push([target, mjdMid, withinDays]);
        return true;
      },
    };
    assert.deepEqual(selectParcels(await products({ isDetected: true }), [bhtom], taken), []);
    assert.deepEqual(asked, [['star', 61_366.5, 600 / 86_400]]);
    assert.equal(selectParcels(await products({ isRequested: true }), [bhtom], taken).length, 1);
    assert.equal(selectParcels(await products({ isDetected: true }), [{ ...bhtom, everyS: 0 }], taken).length, 1);
  });

  it('is no second revision of a frame that a centre without revisions has, and every one for a hub', async () => {
    const sent: TakenParcels = { ...never, isSent: () => true };
    assert.deepEqual(selectParcels(await products({ isDetected: true, isRequested: true }), [bhtom], sent), []);
    assert.equal(selectParcels(await products(), [hub], sent).length, 2);
  });

  it('is nothing of a target whose time is not known', async () => {
    assert.deepEqual(selectParcels(await products({ isDetected: true, mjdMid: null }), [bhtom], never), []);
  });

  it('is told apart by plane', async () => {
    const { frame } = photometry('a');
    const of = async (plane: string) => {
      const own = await packProduct('r1', photometry('a', { frame: { ...frame, plane } }));
      return { ...own, isDetected: false, isRequested: false };
    };
    const parcels = selectParcels([await of('R'), await of('G1'), await of('B')], [hub], never);
    assert.equal(new Set(parcels.map(({ key }) => key)).size, 3);
  });
});
