import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parcelKey } from '../../../protocol/photometry.ts';
import { readTargetList, targetList } from '../../../protocol/targets.ts';
import { sha256 } from '../../support/parcels.ts';

describe('the key of a parcel', () => {
  it('is that of its destination, exposure, plane and target, all four', () => {
    const key = parcelKey('hub', 'e1', 'G1', 'star');
    assert.equal(key, sha256('["hub","e1","G1","star"]'));
    const others = [
      parcelKey('tom', 'e1', 'G1', 'star'),
      parcelKey('hub', 'e2', 'G1', 'star'),
      parcelKey('hub', 'e1', 'G2', 'star'),
      parcelKey('hub', 'e1', 'G1', 'moon'),
      parcelKey('hub', 'e1', 'G1', null),
    ];
    assert.equal(new Set([key, ...others]).size, 6);
  });
});

describe('a list of targets', () => {
  const target = (name: string, changes = {}) => ({ name, raDeg: 10, decDeg: 20, ...changes });

  it('is read as far as it can be: the first of each name, and how many were left out', () => {
    const targets = [target('a'), target('a', { raDeg: 11 }), { name: 'comet' }, target('b', { colour: 'red' })];
    assert.deepEqual(readTargetList({ targets }), {
      targets: [target('a'), target('b', { colour: 'red' })],
      skipped: 2,
    });
  });

  it('may be empty, but one of which nothing can be read is none', () => {
    assert.deepEqual(readTargetList({ targets: [] }), { targets: [], skipped: 0 });
    assert.equal(readTargetList({ targets: [{ name: 'comet' }] }), undefined);
    assert.equal(readTargetList({ stars: [] }), undefined);
  });

  it('is written with each name once', () => {
    assert.equal(targetList.safeParse({ targets: [target('a'), target('b')] }).success, true);
    assert.equal(targetList.safeParse({ targets: [target('a'), target('a', { raDeg: 11 })] }).success, false);
  });
});
