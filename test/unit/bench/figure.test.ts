import assert from 'node:assert/strict';
import test from 'node:test';
import { lineFigure } from '../../../bench/photometry/figure.ts';

test('a figure breaks its lines where values are missing and keeps wild ones inside', () => {
  const svg = lineFigure({
    title: 'a < b & c',
    xLabel: 'x',
    yLabel: 'y',
    yRange: [0, 2],
    yTicks: [0, 1, 2],
    band: [0.9, 1.1],
    series: [
      {
        name: 'one',
        points: [
          [10, 1],
          [100, Number.NaN],
          [1000, 9],
          [10_000, 1],
        ],
      },
    ],
  });
  assert.ok(svg.includes('a &lt; b &amp; c'));
  assert.ok(!svg.includes('NaN'));
  const [, path] = /<path d="([^"]+)"/.exec(svg)!;
  assert.equal(path!.match(/M/g)!.length, 2);
  const heights = [...svg.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)" r="3"/g)].map(([, y]) => Number(y));
  assert.equal(heights.length, 3);
  assert.equal(heights[1], Math.min(...heights));
  assert.ok(heights[1]! >= 40);
});
