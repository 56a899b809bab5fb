import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { crossMatch } from '../../../../pipeline/standardisation/cross-match.ts';
import { gnomonicPosition, RAD_PER_DEG } from '../../../../sky/sphere.ts';

interface Choices {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly offset: readonly [number, number];
  readonly missing?: number;
  readonly strangers?: number;
  readonly count?: number;
}

/** A list of `count` stars, the same stars as a reference, and which is which. */
function field(seed: number, { raDeg, decDeg, offset, missing = 0, strangers = 0, count = 200 }: Choices) {
  const random = new Random(seed);
  const columns = () => ({
    raDeg: new Float64Array(count),
    decDeg: new Float64Array(count),
    mag: new Float64Array(count),
  });
  const known = columns();
  const list = columns();
  const partner = new Int32Array(count);
  const at = (eastDeg: number, northDeg: number) =>
    gnomonicPosition({ raDeg, decDeg }, eastDeg * RAD_PER_DEG, northDeg * RAD_PER_DEG);
  for (let k = 0; k < count; k++) {
    const x = (random.uniform() - 0.5) * 0.3;
    const y = (random.uniform() - 0.5) * 0.3;
    const kind = random.uniform();
    const isStranger = kind < strangers;
    const isMissing = !isStranger && kind < strangers + missing;
    partner[k] = isStranger || isMissing ? -1 : k;
    known.mag[k] = list.mag[k] = 12 + 5 * random.uniform();
    ({ raDeg: known.raDeg[k], decDeg: known.decDeg[k] } = at(x, y));
    const away = isStranger ? 0.02 + 0.1 * random.uniform() : 0;
    const east = x + away + (offset[0] + 0.2 * random.normal()) / 3600;
    const north = y - away + (offset[1] + 0.2 * random.normal()) / 3600;
    const seen = at(east, north);
    list.raDeg[k] = isMissing ? Number.NaN : seen.raDeg;
    list.decDeg[k] = isMissing ? Number.NaN : seen.decDeg;
  }
  return { list, known: { ...known, epochYear: 2016 }, partner };
}

function check(seed: number, choices: Choices, searchRadiusArcsec = 5) {
  const { list, known, partner } = field(seed, choices);
  const match = crossMatch(list, known, { searchRadiusArcsec });
  assert.ok(match, 'no match');
  let wrong = 0;
  for (let k = 0; k < match.count; k++) if (partner[match.listRow[k]!] !== match.referenceRow[k]) wrong++;
  return { match, wrong, right: match.count - wrong, expected: partner.filter((one) => one >= 0).length };
}

describe('cross-match', () => {
  for (const [name, raDeg, decDeg] of [
    ['at mid-latitude', 120, 35],
    ['across RA 0', 0.01, -12],
    ['beside the pole', 200, 89.9],
  ] as const) {
    it(`finds offset, scatter and partners ${name}`, () => {
      const { match, wrong, right, expected } = check(3, {
        raDeg,
        decDeg,
        offset: [2.1, -1.4],
        missing: 0.1,
        strangers: 0.15,
      });
      assert.ok(wrong <= 2, `${wrong} wrong`);
      assert.ok(right >= 0.97 * expected, `${right} of ${expected}`);
      // 0.2" of scatter over about 150 pairs; the list is moved onto the reference, so the offset has the other sign.
      // Beside the pole east and north turn within the field: the length of the offset alone can be compared.
      const { eastArcsec, northArcsec } = match.offset;
      assert.ok(Math.abs(Math.hypot(eastArcsec, northArcsec) - Math.hypot(2.1, 1.4)) < 0.08);
      if (decDeg < 80) assert.ok(Math.abs(eastArcsec + 2.1) < 0.08 && Math.abs(northArcsec - 1.4) < 0.08);
      assert.ok(Math.abs(match.offset.sigmaArcsec - 0.2) < 0.05, `${match.offset.sigmaArcsec}`);
    });
  }

  it('brings positions to the epoch of the list by proper motion', () => {
    const { list, known } = field(4, { raDeg: 80, decDeg: 60, offset: [0, 0] });
    const random = new Random(8);
    const n = known.raDeg.length;
    const pmRaMasYr = Float64Array.from({ length: n }, () => 400 * random.normal());
    const pmDecMasYr = Float64Array.from({ length: n }, () => 400 * random.normal());
    const moved = {
      ...list,
      raDeg: list.raDeg.map(
        (ra, k) => ra + (10 * pmRaMasYr[k]!) / 3.6e6 / Math.cos((known.decDeg[k]! * Math.PI) / 180),
      ),
      decDeg: list.decDeg.map((dec, k) => dec + (10 * pmDecMasYr[k]!) / 3.6e6),
    };
    const reference = { ...known, pmRaMasYr, pmDecMasYr };
    const still = crossMatch(moved, reference, { searchRadiusArcsec: 5, epochYear: 2016 });
    const carried = crossMatch(moved, reference, { searchRadiusArcsec: 5, epochYear: 2026 })!;
    assert.ok(carried.count > 0.97 * n, `${carried.count}`);
    assert.ok(carried.offset.sigmaArcsec < 0.3);
    assert.ok((still?.offset.sigmaArcsec ?? 9) > 2 * carried.offset.sigmaArcsec);
  });

  it('finds nothing between unrelated fields', () => {
    for (let seed = 0; seed < 60; seed++) {
      const { list } = field(seed, { raDeg: 120, decDeg: 35, offset: [0, 0], count: 80 });
      const { known } = field(seed + 1000, { raDeg: 120, decDeg: 35, offset: [0, 0], count: 80 });
      assert.equal(crossMatch(list, known, { searchRadiusArcsec: 5 }), undefined, `seed ${seed}`);
    }
  });

  it('says no to empty lists and lists without positions', () => {
    const { list, known } = field(1, { raDeg: 120, decDeg: 35, offset: [0, 0] });
    const empty = { raDeg: new Float64Array(0), decDeg: new Float64Array(0), mag: new Float64Array(0) };
    const blank = { ...list, raDeg: list.raDeg.map(() => Number.NaN) };
    assert.equal(crossMatch(empty, known, { searchRadiusArcsec: 5 }), undefined);
    assert.equal(crossMatch(blank, known, { searchRadiusArcsec: 5 }), undefined);
    assert.equal(crossMatch(list, { ...empty, epochYear: 2016 }, { searchRadiusArcsec: 5 }), undefined);
  });
});
