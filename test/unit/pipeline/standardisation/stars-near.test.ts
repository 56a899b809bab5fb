import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ReferenceStars } from '../../../../pipeline/standardisation/reference.ts';
import { starsNear } from '../../../../pipeline/standardisation/stars-near.ts';

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
  const now = starsNear(reference, place, 2016, 'V', 30)[0]!;
  assert.equal(now.mag, 13);
  assert.ok(Math.abs(now.separationArcsec - 0.0008 * 3600 * 0.5) < 0.01);
  const later = starsNear(reference, place, 2017, 'V', 30)[0]!;
  assert.equal(later.mag, 13);
  // By 2018.4 the other one has moved 1.2 arcsec westward.
  const then = starsNear(reference, place, 2018.4, 'V', 30)[0]!;
  assert.equal(then.mag, 12);
  assert.ok(Math.abs(then.separationArcsec - (0.0012 * 3600 * 0.5 - 1.2)) < 0.01);
});

it('is none beyond the radius, and has no magnitude in a band that is not there', () => {
  assert.deepEqual(starsNear(reference, { raDeg: 0, decDeg: 60.1 }, 2016, 'V', 30), []);
  assert.ok(Number.isNaN(starsNear(reference, place, 2016, 'g', 30)[0]!.mag));
});

it('keeps the magnitude that its source gives a variable star, and takes a missing one from its colour', () => {
  const one = (value: number) => ({ mag: floats(value), magErr: floats(0.01) });
  const gaia = new Map([
    ['G', one(15)],
    ['BP', one(15.5)],
    ['RP', one(14.5)],
  ]);
  const variable = {
    ...{ raDeg: floats(10), decDeg: floats(-89.99), epochYear: 2016, variable: Uint8Array.of(1) },
    ...{ bands: new Map(), asGiven: gaia },
  };
  const [star] = starsNear(variable, { raDeg: 190, decDeg: -89.99 }, 2016, 'V', 90);
  assert.ok(star!.isVariable && Math.abs(star!.separationArcsec - 72) < 0.01);
  // G - V = -0.02704 + 0.01424 - 0.2156 + 0.01426 at BP-RP = 1
  assert.ok(Math.abs(star!.mag - 15.21414) < 1e-9 && star!.magErr > 0.03);
});
