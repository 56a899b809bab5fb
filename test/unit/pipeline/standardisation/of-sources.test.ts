import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourceFlag } from '../../../../pipeline/flags.ts';
import type { SourceTable } from '../../../../pipeline/sources.ts';
import { instrumentalOf } from '../../../../pipeline/standardisation/of-sources.ts';

describe('sources as a list to standardise', () => {
  const flags = [0, SourceFlag.saturated, 0, 0, SourceFlag.crowded, SourceFlag.nearSaturated];
  const count = flags.length;
  const sources: SourceTable = {
    count,
    x: new Float64Array(count).fill(10),
    y: new Float64Array(count).fill(20),
    xErr: new Float32Array(count),
    yErr: new Float32Array(count),
    flux: Float64Array.of(1e4, Number.NaN, 1e4, 10, 1e4, 1e4),
    fluxErr: Float64Array.of(100, Number.NaN, 100, 8, 100, 100),
    sky: new Float32Array(count),
    chi2: new Float32Array(count),
    sharp: new Float32Array(count),
    flags: Int32Array.from(flags),
    nNeighbours: new Int32Array(count),
    fracFlux: Float32Array.of(1, Number.NaN, 0.3, 1, 0.9, 1),
    aperFlux: new Float64Array(count),
    aperFluxErr: new Float64Array(count),
  };
  const wcs = { crvalDeg: { raDeg: 10, decDeg: 0 }, crpix: { x: 10, y: 20 }, cd: [-1e-3, 0, 0, 1e-3] as const };

  it('leaves out saturated, drowned, faint and spoilt stars, and places the rest', () => {
    const mosaic = { step: 1 as const, offsetX: 0, offsetY: 0 };
    const list = instrumentalOf(sources, { mosaic }, wcs, 100);
    assert.deepEqual([...list.mag].map(Number.isFinite), [true, false, false, false, true, false]);
    assert.equal(list.mag[0], -5);
    assert.ok(Math.abs(list.magErr[0]! - 0.010857) < 1e-5);
    assert.ok(Math.abs(list.raDeg[0]! - 10) < 1e-9 && Math.abs(list.decDeg[0]!) < 1e-9);
  });

  it('takes the best of stars that are all measured badly, but not the worst', () => {
    const n = 100;
    const poor = (value: (k: number) => number) => Float64Array.from({ length: n }, (_, k) => value(k));
    const table = { ...sources, count: n, x: poor(() => 10), y: poor(() => 20), flux: poor(() => 1000) };
    const rest = { fluxErr: poor((k) => 250 + 5 * k), flags: new Int32Array(n), fracFlux: new Float32Array(n).fill(1) };
    const list = instrumentalOf({ ...table, ...rest }, { mosaic: { step: 1, offsetX: 0, offsetY: 0 } }, wcs, 100);
    const taken = [...list.mag].filter(Number.isFinite).length;
    assert.equal(taken, 60);
    assert.ok(Number.isFinite(list.mag[0]!) && Number.isNaN(list.mag[99]!));
  });
});
