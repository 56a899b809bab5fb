import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HorizonPoint, horizonAt } from '../../../../agent/planning/horizon.ts';
import { moonlightDistanceDeg } from '../../../../agent/planning/moonlight.ts';
import { candidate, planned } from '../../../support/planning.ts';

describe('the horizon of a site', () => {
  const mask: HorizonPoint[] = [
    [350, 20],
    [90, 40],
    [180, 10],
  ];

  it('runs straight between its points, and through north', () => {
    for (const [azimuthDeg, altitudeDeg] of [
      [90, 40],
      [135, 25],
      [180, 10],
      [265, 15],
      [350, 20],
      [359.99, 21.998],
      [0, 22],
      [40, 30],
    ] as const)
      assert.ok(
        Math.abs(horizonAt(mask, azimuthDeg) - altitudeDeg) < 0.01,
        `${azimuthDeg}: ${horizonAt(mask, azimuthDeg)}`,
      );
  });

  it('is flat without points, and as high all around with one', () => {
    assert.equal(horizonAt([], 123), 0);
    assert.equal(horizonAt([[45, 12]], 300), 12);
  });
});

describe('the distance kept from the Moon for its light', () => {
  const at = (moonLitFraction: number, moonAltitudeDeg: number) =>
    moonlightDistanceDeg(40, { moonLitFraction, moonAltitudeDeg });

  it('is all of it at full Moon, half at the quarters, little at new Moon', () => {
    assert.equal(at(1, 60), 40);
    // The quarters are 7.38 days from full Moon: 40 / (1 + (7.38 / 7)^2).
    assert.ok(Math.abs(at(0.5, 60) - 18.9) < 0.1, `${at(0.5, 60)}`);
    assert.ok(at(0, 60) < 8);
  });

  it('shrinks for a low Moon, to nothing at the horizon', () => {
    assert.equal(at(1, 15), 20);
    assert.equal(at(1, 0), 0);
    assert.equal(at(1, -20), 0);
  });

  it('keeps a target out of the plan that stands too near to a bright Moon', () => {
    // In this night the Moon, 97 % lit, stands about 35 deg from (31, 46.8); it is gone in the last hours.
    const span = { startMs: Date.UTC(2026, 10, 22, 20), endMs: Date.UTC(2026, 10, 22, 23) };
    assert.equal(planned([candidate('near')], { fullMoonDistanceDeg: 20 }, span).visits.length, 1);
    const { leftOut } = planned([candidate('near')], { fullMoonDistanceDeg: 80 }, span);
    assert.match(leftOut[0]!.why, /the Moon \(9\d % lit\) is \d\d deg away; at least \d\d deg are asked for/);
  });
});
