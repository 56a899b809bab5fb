import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { clearExtinction } from '../../../../pipeline/standardisation/extinction.ts';
import { type EarlierZeroPoint, slowLoss, transparency } from '../../../../pipeline/standardisation/history.ts';

const band = 'V';
const at = (mjd: number, zeroPoint: number, airmass = 1): EarlierZeroPoint => ({ mjd, band, zeroPoint, airmass });

describe('zero-point history', () => {
  const nights = [22.41, 22.38, 22.44, 22.4, 22.36, 21.1, 22.42].map((zeroPoint, k) => at(61000.2 + k, zeroPoint));

  it('warns of lost light, whatever one cloudy night did before', () => {
    const cloudy = transparency(at(61010, 21.65), nights, 0.2)!;
    assert.ok(Math.abs(cloudy.share - 0.5) < 0.01 && cloudy.lossSigma > 10);
    assert.match(cloudy.warning!, /50 %.*clouds/);
    assert.deepEqual([cloudy.nEarlier, cloudy.nNights], [7, 7]);
  });

  it('is quiet on usual and on better nights, and while there is no habit', () => {
    assert.equal(transparency(at(61010, 22.3), nights, 0.2)!.warning, undefined);
    assert.equal(transparency(at(61010, 22.9), nights, 0.2)!.warning, undefined);
    assert.equal(transparency(at(61010, 21), nights.slice(0, 4), 0.2), undefined);
    assert.equal(transparency(at(61010, Number.NaN), nights, 0.2), undefined);
    assert.equal(transparency({ ...at(61010, 21), band: 'g' }, nights, 0.2), undefined);
  });

  it('takes low altitudes for what they are', () => {
    const low = transparency(at(61010, 22.4 - 0.2 * 1.8, 2.8), nights, 0.2)!;
    assert.ok(Math.abs(low.share - 1) < 0.01);
    assert.equal(low.warning, undefined);
    assert.notEqual(transparency(at(61010, 22.4 - 0.2 * 1.8), nights, 0.2)!.warning, undefined);
  });

  it('counts a night once, however many frames it had', () => {
    const many = Array.from({ length: 100 }, (_, k) => at(61008 + k / 1000, 21));
    const usual = transparency(at(61010, 22.4), [...nights, ...many], 0.2)!.usualZeroPoint;
    assert.ok(Math.abs(usual - 22.39) < 0.02);
  });

  it('sees a slow loss of a tenth a week, and none in scatter', () => {
    const random = new Random(4);
    const run = (perDay: number) =>
      Array.from({ length: 20 }, (_, k) => ({ day: 2 * k, zeroPoint: 22 - perDay * 2 * k + 0.05 * random.normal() }));
    const loss = slowLoss(run(0.1 / 7))!;
    assert.ok(Math.abs(loss.magPerMonth - 3 / 7) < 0.1 && loss.days === 38);
    assert.equal(slowLoss(run(0)), undefined);
    assert.equal(slowLoss(run(-0.02)), undefined);
    assert.equal(slowLoss(run(0.1).slice(0, 5)), undefined);
  });

  it('knows the extinction of clear air', () => {
    // Green (1992): 0.1451 by molecules and 0.120 by aerosols at 510 nm and sea level.
    assert.ok(Math.abs(clearExtinction(510, 0) - 0.2651) < 0.001);
    assert.ok(clearExtinction(360, 2000) > 3 * clearExtinction(800, 2000));
    assert.equal(clearExtinction(Number.NaN, 0), 0);
  });
});
