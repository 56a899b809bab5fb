import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FrameFacts } from '../../../../pipeline/header/facts.ts';
import { catalogueExtent, placeHints, scaleHints } from '../../../../pipeline/stages/hints.ts';
import { solvingTries } from '../../../../pipeline/stages/solving-tries.ts';

const fact = <T>(value: T, card: string) => ({ value, card, confidence: 'high' as const });
const image = { width: 1000, height: 800 };
const facts = {
  raDeg: fact(150, 'OBJCTRA'),
  decDeg: fact(20, 'OBJCTDEC'),
  pixelSizeUm: fact(9, 'XPIXSZ'),
  focalLengthMm: fact(600, 'FOCALLEN'),
  otherPositions: [],
} as unknown as FrameFacts;
const wcsAt = (raDeg: number, decDeg: number, scaleArcsecPerPx: number) => ({
  crvalDeg: { raDeg, decDeg },
  crpix: { x: 499.5, y: 399.5 },
  cd: [-scaleArcsecPerPx / 3600, 0, 0, scaleArcsecPerPx / 3600] as [number, number, number, number],
});

describe('hints of a header', () => {
  it('name their cards, what is given first, each place once', () => {
    const given = { raDeg: 10, decDeg: 10, radiusDeg: 1 };
    const hints = placeHints({ facts, wcs: wcsAt(150.3, 20.1, 3), given }, image);
    assert.deepEqual(
      hints.map(({ from }) => from),
      ['the command line or configuration', "the header's WCS"],
    );
    const apart = placeHints({ facts, wcs: wcsAt(30, -40, 3), given: undefined }, image);
    assert.deepEqual(
      apart.map(({ from }) => from),
      ["the header's WCS", 'OBJCTRA and OBJCTDEC'],
    );
  });
  it('hold the positions that other cards tell, last', () => {
    const other = { raDeg: 10, decDeg: 20, cards: 'RA and DEC' };
    const hints = placeHints({ facts: { ...facts, otherPositions: [other] }, wcs: undefined, given: undefined }, image);
    assert.deepEqual(
      hints.map(({ raDeg, from }) => [raDeg, from]),
      [
        [150, 'OBJCTRA and OBJCTDEC'],
        [10, 'RA and DEC'],
      ],
    );
  });
  it('give a second scale only where it is another', () => {
    const scales = (scaleArcsecPerPx: number) =>
      scaleHints({ facts, wcs: wcsAt(150, 20, scaleArcsecPerPx), given: undefined });
    assert.deepEqual(
      scales(3.1).map(({ from }) => from),
      ["the header's WCS"],
    );
    assert.deepEqual(
      scales(1.55).map(({ from }) => from),
      ["the header's WCS", 'XPIXSZ and FOCALLEN'],
    );
  });
  it('come from a catalogue where it is of one field, on RA 0 too', () => {
    const epochYear = 2016;
    const extent = catalogueExtent({
      ...{
        raDeg: Float64Array.of(359, 1, 0, 0),
        decDeg: Float64Array.of(10, 10, 9, 11),
        mag: new Float64Array(4),
        epochYear,
      },
    })!;
    assert.ok(Math.min(extent.raDeg, 360 - extent.raDeg) < 0.01 && Math.abs(extent.decDeg - 10) < 0.01);
    assert.ok(extent.radiusDeg > 0.98 && extent.radiusDeg < 1.02);
    const sky = {
      raDeg: Float64Array.of(0, 90, 200),
      decDeg: Float64Array.of(0, 40, -60),
      mag: new Float64Array(3),
      epochYear,
    };
    assert.equal(catalogueExtent(sky), undefined);
  });
});

describe('tries of a field', () => {
  const place = { raDeg: 150, decDeg: 20, radiusDeg: 2, from: 'RA and DEC' };
  const scale = { arcsecPerPx: 3, from: 'PIXSCALE' };
  const extent = { raDeg: 40, decDeg: 5, radiusDeg: 1, from: 'the catalogue' };

  it('begin with every hint as told, drop the scale, widen the place, and end with the place of the catalogue', () => {
    const tries = [...solvingTries([place], [scale], extent)];
    assert.deepEqual([tries[0]!.hint.radiusDeg, tries[0]!.scale.arcsecPerPx, tries[0]!.attempts], [2, 3, undefined]);
    assert.ok(!tries[0]!.dropsPlace && !tries[0]!.dropsScale);
    const order = tries.map(({ dropsPlace, dropsScale }) => (dropsPlace ? 2 : 0) + (dropsScale ? 1 : 0));
    const changes = order.filter((one, k) => one !== order[k - 1]);
    assert.deepEqual(changes, [0, 1, 2, 3]);
    assert.equal(tries.at(-1)!.hint.from, 'the catalogue');
  });
  it('reach every scale from 0.15 to 40 arcsec a pixel without a gap, those near the one told first', () => {
    const windows = [...solvingTries([place], [scale], undefined)].filter(({ dropsScale }) => dropsScale);
    const spans = windows
      .map(
        ({ scale: { arcsecPerPx, toleranceFraction: t } }) => [arcsecPerPx * (1 - t), arcsecPerPx * (1 + t)] as const,
      )
      .sort((a, b) => a[0] - b[0]);
    assert.ok(spans[0]![0] < 0.15 && spans.at(-1)![1] > 40);
    for (let k = 1; k < spans.length; k++) assert.ok(spans[k]![0] < spans[k - 1]![1] * 1.0001);
    const ratio = windows[0]!.scale.arcsecPerPx / 3;
    assert.ok(ratio > 0.75 && ratio < 1.33);
  });
  it('need neither a place nor a scale where the catalogue is of one field', () => {
    assert.ok([...solvingTries([], [], extent)].length > 10);
    assert.deepEqual([...solvingTries([], [scale], undefined)], []);
  });
});
