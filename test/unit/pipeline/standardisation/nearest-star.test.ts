import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nearestStar } from '../../../../pipeline/standardisation/nearest-star.ts';
import type { ReferenceStars } from '../../../../pipeline/standardisation/reference.ts';

const floats = (...values: number[]) => Float64Array.from(values);
const reference: ReferenceStars = {
  raDeg: floats(0.001, 359.999, 0),
  decDeg: floats(60, 60, Number.NaN),
  pmRaMasYr: floats(-500, Number.NaN, 0),
  pmDecMasYr: floats(0, 0, 0),
  epochYear: 2016,
  bands: new Map([['V', { mag: floats(12, 13, 1), magErr: floats(0, 0, 0), derived: 0 }]]),
};
const place = { raDeg: 359.9998, decDeg: 60 };

it('the nearest star is found across RA 0, where it stands at the epoch', () => {
  const now = nearestStar(reference, place, 2016, 'V', 30)!;
  assert.equal(now.mag, 13);
  assert.ok(Math.abs(now.separationArcsec - 0.0008 * 3600 * 0.5) < 0.01);
  const later = nearestStar(reference, place, 2017, 'V', 30)!;
  assert.equal(later.mag, 13);
  // By 2018.4 the other one has moved 1.2 arcsec westward.
  const then = nearestStar(reference, place, 2018.4, 'V', 30)!;
  assert.equal(then.mag, 12);
  assert.ok(Math.abs(then.separationArcsec - (0.0012 * 3600 * 0.5 - 1.2)) < 0.01);
});

it('is none beyond the radius, and has no magnitude in a band that is not there', () => {
  assert.equal(nearestStar(reference, { raDeg: 0, decDeg: 60.1 }, 2016, 'V', 30), undefined);
  assert.ok(Number.isNaN(nearestStar(reference, place, 2016, 'g', 30)!.mag));
});
