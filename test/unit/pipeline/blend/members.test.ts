import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Epoch } from '../../../../pipeline/blend/epoch.ts';
import { findMembers } from '../../../../pipeline/blend/members.ts';

/** A frame that has modelled stars at the given places, of falling brightness. */
function epoch(fwhmArcsec: number, places: readonly (readonly [number, number])[]): Epoch {
  const stars = places.map(([x, y], k) => ({ x, y, flux: 1000 / (k + 1) }));
  return { fwhmArcsec, patch: { stars }, toPixel: Float64Array.of(0, 1, 0, 0, 0, 1) } as unknown as Epoch;
}

const pair = [
  [0.2, 0],
  [3, 0.1],
] as const;

describe('the stars about a target', () => {
  it('are those that the sharp frames agree upon', () => {
    const epochs = [
      ...[2, 2.1, 2.2].map((fwhm) => epoch(fwhm, pair)),
      // Blurred frames see one star between the two.
      ...[4, 4.2, 4.4, 4.6, 4.8, 5].map((fwhm) => epoch(fwhm, [[1.2, 0]])),
    ];
    assert.deepEqual(findMembers(epochs.reverse(), 8, 1), {
      places: [
        { u: 0.2, v: 0 },
        { u: 3, v: 0.1 },
      ],
      reachArcsec: 8,
    });
  });

  it('are none that one frame alone makes up, nor any beyond reach', () => {
    const epochs = [
      epoch(2, [...pair, [1.6, 1.6]]),
      epoch(2.1, [...pair, [0, 9]]),
      epoch(2.2, [...pair, [0, 9]]),
      epoch(2.3, [...pair, [0, 9]]),
    ];
    assert.equal(findMembers(epochs, 8, 1).places.length, 2);
    assert.equal(findMembers(epochs, 10, 1).places.length, 3);
  });

  it('hold the position of a target that no frame shows, first of all', () => {
    const epochs = [2, 2.1, 2.2].map((fwhm) => epoch(fwhm, [[1.8, 0]]));
    assert.deepEqual(findMembers(epochs, 8, 1).places, [
      { u: 0, v: 0 },
      { u: 1.8, v: 0 },
    ]);
  });

  it('are the nearest sixteen of a crowd, and reach no farther than these', () => {
    const crowd = Array.from({ length: 20 }, (_, k) => [0, 3 * k] as const);
    const { places, reachArcsec } = findMembers(
      [2, 2, 2].map((fwhm) => epoch(fwhm, crowd)),
      100,
      1,
    );
    assert.deepEqual([places.length, reachArcsec], [16, 48]);
  });
});
