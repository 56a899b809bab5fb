import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tilesOfStars } from '../../../../agent/catalogue/keep.ts';
import { joinTables, type StarTable } from '../../../../agent/catalogue/star-table.ts';
import { decodeTile, encodeTile } from '../../../../agent/catalogue/tile-body.ts';
import { circleAround, isInside, tileCount, tileOf, tilesAround } from '../../../../agent/catalogue/tiling.ts';
import { Random } from '../../../../base/random.ts';
import { separationDeg } from '../../../../sky/sphere.ts';

function anywhere(random: Random): { raDeg: number; decDeg: number } {
  return { raDeg: 360 * random.uniform(), decDeg: (Math.asin(2 * random.uniform() - 1) * 180) / Math.PI };
}

function table(random: Random, count: number): StarTable {
  const floats = (next: () => number) => Float64Array.from({ length: count }, next);
  const places = Array.from({ length: count }, () => anywhere(random));
  const mag = floats(() => 6 + 12 * random.uniform());
  mag[0] = Number.NaN;
  return {
    ...{ count, epochYear: 2016 },
    id: BigInt64Array.from({ length: count }, (_, k) => 4_611_686_018_427_387_904n + BigInt(k)),
    raDeg: Float64Array.from(places, ({ raDeg }) => raDeg),
    decDeg: Float64Array.from(places, ({ decDeg }) => decDeg),
    pmRaMasYr: floats(() => Math.fround(20 * random.normal())),
    pmDecMasYr: floats(() => Number.NaN),
    quality: Uint16Array.from({ length: count }, () => random.uniform() * 16),
    bands: new Map([['V', { mag, magErr: floats(() => 0.01), doubtful: new Uint8Array(count).fill(1) }]]),
  };
}

describe('the tiles of the sky', () => {
  it('keep their numbers for ever: they stand in databases', () => {
    assert.equal(tileCount, 41_252);
    assert.equal(tileOf({ raDeg: 0, decDeg: -90 }), 0);
    assert.equal(tileOf({ raDeg: 0, decDeg: 0 }), 20_626);
    assert.equal(tileOf({ raDeg: 359.9999, decDeg: 90 }), 41_251);
    assert.equal(tileOf({ raDeg: 210.5, decDeg: 54.5 }), 37_435);
  });

  it('hold every position within their circle, also at poles and across RA 0', () => {
    const random = new Random(3);
    for (let k = 0; k < 3000; k++) {
      const place =
        k % 10 === 0 ? { raDeg: 360 * random.uniform(), decDeg: 90 - random.uniform() ** 2 } : anywhere(random);
      const circle = circleAround(tileOf(place));
      assert.ok(separationDeg(circle, place) <= circle.radiusDeg);
    }
  });

  it('around a place hold whatever lies near it', () => {
    const random = new Random(4);
    for (let k = 0; k < 3000; k++) {
      const centre = k % 4 === 0 ? { raDeg: 0.1, decDeg: 89.2 } : anywhere(random);
      const near = { raDeg: (centre.raDeg + 2 * random.normal() + 360) % 360, decDeg: centre.decDeg + random.normal() };
      if (Math.abs(near.decDeg) > 90) continue;
      const radiusDeg = separationDeg(centre, near) + 1e-9;
      assert.ok(tilesAround(centre, radiusDeg).includes(tileOf(near)), JSON.stringify({ centre, near }));
    }
    assert.equal(
      new Set(tilesAround({ raDeg: 12, decDeg: 89.9 }, 3)).size,
      tilesAround({ raDeg: 12, decDeg: 89.9 }, 3).length,
    );
  });

  it('lie inside a circle only with every point', () => {
    const random = new Random(5);
    let inside = 0;
    for (let k = 0; k < 2000; k++) {
      const centre = k % 3 === 0 ? { raDeg: 300, decDeg: -89 } : anywhere(random);
      const place = {
        raDeg: (centre.raDeg + 3 * random.normal() + 360) % 360,
        decDeg: Math.min(90, Math.max(-90, centre.decDeg + random.normal())),
      };
      if (!isInside(tileOf(place), centre, 2)) continue;
      inside++;
      assert.ok(separationDeg(centre, place) <= 2);
    }
    assert.ok(inside > 200);
  });
});

describe('the stars of a tile', () => {
  it('come back as they were, magnitudes to half a millimagnitude', () => {
    const stars = table(new Random(1), 500);
    const again = decodeTile(encodeTile(stars));
    assert.deepEqual(again.id, stars.id);
    for (const name of ['raDeg', 'decDeg', 'pmRaMasYr', 'pmDecMasYr', 'quality'] as const) {
      assert.deepEqual(again[name], stars[name], name);
    }
    const [before, after] = [stars.bands.get('V')!, again.bands.get('V')!];
    assert.ok(Number.isNaN(after.mag[0]));
    for (let k = 1; k < 500; k++) {
      assert.ok(Math.abs(after.mag[k]! - before.mag[k]!) < 0.00026);
      assert.ok(Math.abs(after.magErr[k]! - 0.01) < 0.00006);
    }
    assert.deepEqual(after.doubtful, before.doubtful);
  });

  it('are dealt to tiles, of which those wholly within what is known to be complete are complete', () => {
    const stars = table(new Random(2), 4000);
    const region = { raDeg: 40, decDeg: 20, radiusDeg: 5 };
    const tiles = [...tilesOfStars(stars, { region, depthMag: 15 })];
    assert.equal(
      tiles.reduce((sum, { nStars }) => sum + nStars, 0),
      4000,
    );
    for (const { tile, complete, depthMag } of tiles) {
      const expected = isInside(tile, region, 5);
      assert.deepEqual([complete, depthMag], [expected, expected ? 15 : null]);
    }
    assert.ok(tiles.filter(({ complete }) => complete).length > 45);
    assert.ok(tiles.some(({ complete, nStars }) => complete && nStars === 0));
    assert.ok([...tilesOfStars(stars, undefined)].every(({ complete }) => !complete));
    const again = joinTables(
      tiles.map(({ body }) => decodeTile(body)),
      2016,
    );
    assert.deepEqual([...again.id].sort(), [...stars.id].sort());
  });
});
