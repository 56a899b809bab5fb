import assert from 'node:assert/strict';
import { test } from 'node:test';
import { magnitudeIn } from '../../../../../drivers/simulator/sky/bands.ts';
import { constant, relativeFlux } from '../../../../../drivers/simulator/sky/light-curve.ts';
import { makeSky, starsAround } from '../../../../../drivers/simulator/sky/stars.ts';

const distanceDeg = (ra1: number, dec1: number, ra2: number, dec2: number) => {
  const r = Math.PI / 180;
  const c =
    Math.sin(dec1 * r) * Math.sin(dec2 * r) + Math.cos(dec1 * r) * Math.cos(dec2 * r) * Math.cos((ra1 - ra2) * r);
  return Math.acos(Math.min(1, c)) / r;
};

test('the stars of a place are the same for every pointing that holds it', () => {
  const sky = makeSky(7);
  for (const [ra, dec] of [
    [83, -5],
    [359.95, 62],
    [40, 89.6],
    [200, -89.9],
  ] as const) {
    const here = starsAround(sky, ra, dec, 0.3);
    const beside = starsAround(sky, ra + 0.25, Math.min(dec + 0.2, 89.99), 1.2);
    assert.ok(here.length > 400, `${here.length} stars`);
    const others = new Map(beside.map((star) => [star.id, star]));
    for (const star of here) assert.deepEqual(others.get(star.id), star);
    for (const star of here) assert.ok(distanceDeg(star.raDeg, star.decDeg, ra, dec) <= 0.3 + 1e-6);
  }
});

test('density and luminosity function are those of the sky', () => {
  const sky = makeSky(3, { starsPerSquareDegree: 20_000, slope: 0.3 });
  const stars = starsAround(sky, 120, 30, 1);
  const expected = 20_000 * Math.PI;
  assert.ok(Math.abs(stars.length - expected) < 5 * Math.sqrt(expected), `${stars.length} of ${expected}`);
  // N(<m) of the truncated exponential: (10^(0.3 * 4) - 1) / (10^(0.3 * 8) - 1) are brighter than 15.
  const share = stars.filter((star) => star.gMag < 15).length / stars.length;
  assert.ok(Math.abs(share - (10 ** 1.2 - 1) / (10 ** 2.4 - 1)) < 0.005, `${share}`);
});

test('another seed is another sky', () => {
  assert.notDeepEqual(starsAround(makeSky(1), 10, 10, 0.2)[0], starsAround(makeSky(2), 10, 10, 0.2)[0]);
});

test('special stars come first', () => {
  const target = { name: 'Target', raDeg: 10, decDeg: 10.05, gMag: 15, bpRp: 1, lightCurve: constant };
  assert.equal(starsAround(makeSky(1, { specialStars: [target] }), 10, 10, 0.2)[0]?.special, target);
  assert.equal(starsAround(makeSky(1, { specialStars: [target] }), 10, 9, 0.2)[0]?.special, undefined);
});

test('a microlensing event brightens by the formula', () => {
  const curve = { kind: 'microlensing', peakMs: 1e12, einsteinDays: 20, impact: 1, sourceShare: 0.5 } as const;
  assert.ok(Math.abs(relativeFlux(curve, 1e12) - (1 + 0.5 * (3 / Math.sqrt(5) - 1))) < 1e-12);
  assert.ok(Math.abs(relativeFlux(curve, 1e12 + 400 * 86_400_000) - 1) < 1e-4);
  assert.equal(relativeFlux(constant, 1e12), 1);
});

test('a star of BP-RP 1 has the V of the Gaia relation', () => {
  assert.ok(Math.abs(magnitudeIn('V', 15, 1) - (15 - (-0.02704 + 0.01424 - 0.2156 + 0.01426))) < 1e-12);
  assert.equal(magnitudeIn('G', 15, 1), 15);
});
