import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { axis } from '../../../../pipeline/products/axis.ts';
import { lightCurveSvg } from '../../../../pipeline/products/light-curve-svg.ts';

const point = { file: 'f', mjdMid: 60000, band: 'GaiaSP/V', flags: 0, magErr: 0.01, limit: Number.NaN };
const curve = {
  filter: 'V',
  band: 'GaiaSP/V',
  photometry: 'psf' as const,
  zeroPointErr: 0.01,
  blend: { kind: 'alone' as const },
  nComparison: 9,
  scatterMag: 0.005,
  leftOut: [],
};

describe('the plot of a light curve', () => {
  it('puts bright points above faint ones, limits as arrows, and escapes names', () => {
    const points = [
      { ...point, bjdTdb: 2460000.6, mag: 14 },
      { ...point, bjdTdb: 2460000.7, mag: 15 },
      { ...point, bjdTdb: 2460000.8, mag: Number.NaN, magErr: Number.NaN, limit: 16 },
    ];
    const svg = lightCurveSvg('<T & "co">', [{ ...curve, points }]);
    const heights = [...svg.matchAll(/cx="[\d.]+" cy="([\d.]+)" r="3.2"/g)].map((match) => Number(match[1]));
    assert.equal(heights.length, 2);
    assert.ok(heights[0]! < heights[1]!);
    assert.equal([...svg.matchAll(/<path d="M/g)].length, 1);
    assert.match(svg, /&lt;T &amp; &quot;co&quot;&gt;/);
    assert.match(svg, /BJD \(TDB\) - 2460000/);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  });

  it('is a plot, too, of one point and of none', () => {
    for (const points of [[], [{ ...point, bjdTdb: 2460000.6, mag: 14, magErr: Number.NaN }]])
      assert.doesNotMatch(lightCurveSvg('T', [{ ...curve, scatterMag: Number.NaN, points }]), /NaN|Infinity|undefined/);
  });
});

describe('axes', () => {
  it('carry round ticks inside their range', () => {
    const { ticks, digits, place } = axis(0.131, 0.472, 0, 100, 7);
    assert.deepEqual(
      ticks.map((tick) => tick.toFixed(digits)),
      ['0.15', '0.20', '0.25', '0.30', '0.35', '0.40', '0.45'],
    );
    assert.equal(place(0.131), 0);
    assert.ok(Math.abs(place(0.472) - 100) < 1e-9);
    assert.ok(axis(5, 5, 0, 100, 5).ticks.length >= 2);
  });
});
