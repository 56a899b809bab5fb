import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { positionOfText } from '../../../sky/position-text.ts';

const crab = { raDeg: 83.632917, decDeg: 22.014444 };

describe('a position as people write it', () => {
  for (const [ra, dec] of [
    ['83.632917', '22.014444'],
    ['05:34:31.9', '+22:00:52'],
    ['5h34m31.9s', '22d00m52s'],
    ['5 34 31.9', '22 00 52'],
    [' 05h 34m 31.9s ', `+22° 00' 52"`],
    ['5H34M31.9S', '+22D00M52S'],
  ] as const) {
    it(`is read from ${ra}, ${dec}`, () => {
      const position = positionOfText(ra, dec)!;
      assert.ok(Math.abs(position.raDeg - crab.raDeg) < 1e-5, String(position.raDeg));
      assert.ok(Math.abs(position.decDeg - crab.decDeg) < 1e-5, String(position.decDeg));
    });
  }

  it('keeps the sign of a declination just south of the equator, and takes two parts', () => {
    assert.deepEqual(positionOfText('12:30', '-00:30'), { raDeg: 187.5, decDeg: -0.5 });
  });

  it('is none where it is off the sphere, torn or in the wrong unit', () => {
    for (const [ra, dec] of [
      ['360', '0'],
      ['25:00:00', '0'],
      ['-1', '0'],
      ['10', '90.5'],
      ['5:61:00', '0'],
      ['5:10:60', '0'],
      ['5d10m', '0'],
      ['5', '10h00m'],
      ['', '0'],
      ['five', '0'],
      ['5:3x', '0'],
    ] as const)
      assert.equal(positionOfText(ra, dec), undefined, `${ra}, ${dec}`);
  });
});
