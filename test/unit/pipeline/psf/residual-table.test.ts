import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { lnAlphaOfFwhm, moffatConstants, moffatPixel } from '../../../../pipeline/model/moffat.ts';
import { evaluatePsf } from '../../../../pipeline/model/psf-field.ts';
import { fitResidualTable, leftover, modelError } from '../../../../pipeline/psf/residual-table.ts';
import { settleStars } from '../../../../pipeline/psf/settle.ts';
import { constantShape, fitShapeField, type ShapeStars } from '../../../../pipeline/psf/shape-fit.ts';
import { buildPsf, tableGeometry } from '../../../../pipeline/psf/tables.ts';

const crew = soloCrew(kernels);
const size = 600;
const side = 19;
const middle = side >> 1;
const nStars = 150;
const fwhmPx = 1.9;
const shape = { lnAlpha: lnAlphaOfFwhm(fwhmPx, 3), e1: 0, e2: 0, beta: 3, pixelPx: 1 };
const k = moffatConstants(shape);

/** A mount that jumped near the end of the exposure: no ellipse, and no symmetry about any centre. */
const jumped = (u: number, v: number) => 0.8 * moffatPixel(k, u, v) + 0.2 * moffatPixel(k, u - 1.9, v + 0.7);

/** Cut-outs of stars of that PSF at all sub-pixel phases, sky noise of 3 electrons and photon noise. */
function simulated(seed: number): { stars: ShapeStars; truth: { x: number; y: number }[] } {
  const random = new Random(seed);
  const shared = (n: number) => new Float32Array(new SharedArrayBuffer(4 * n));
  const data = shared(nStars * side * side);
  const weight = shared(nStars * side * side);
  const unknowns = new Float64Array(new SharedArrayBuffer(8 * 4 * nStars));
  const px = new Float64Array(nStars);
  const py = new Float64Array(nStars);
  const truth = [];
  for (let s = 0; s < nStars; s++) {
    px[s] = 20 + Math.floor(random.uniform() * (size - 40));
    py[s] = 20 + Math.floor(random.uniform() * (size - 40));
    const x = random.uniform() - 0.5;
    const y = random.uniform() - 0.5;
    const flux = 3e4 * 10 ** random.uniform();
    truth.push({ x, y });
    unknowns.set([x, y, flux, 0], 4 * s);
    for (let j = 0, p = s * side * side; j < side; j++) {
      for (let i = 0; i < side; i++, p++) {
        const light = flux * jumped(i - middle - x, j - middle - y);
        const variance = 9 + light;
        data[p] = light + Math.sqrt(variance) * random.normal();
        weight[p] = 1 / variance;
      }
    }
  }
  const place = { px, py, width: size, height: size, pixelPx: 1 };
  return { stars: { count: nStars, side, data, weight, stars: unknowns, ...place }, truth };
}

describe('the table of what a profile leaves over', async () => {
  const { stars, truth } = simulated(5);
  const start = constantShape(shape, size, size);
  const fit = await fitShapeField(stars, start, { maxDegree: 0, fitSky: true, fitBeta: true, rounds: 8 }, crew);
  const geometry = tableGeometry(fwhmPx, fwhmPx);
  /** Scatter of the positions about the truth, less their common offset: where a PSF has its centre is a convention. */
  const scatterPx = () => {
    const dx = truth.map(({ x }, s) => stars.stars[4 * s]! - x);
    const dy = truth.map(({ y }, s) => stars.stars[4 * s + 1]! - y);
    const variance = (d: number[]) => {
      const mean = d.reduce((a, b) => a + b, 0) / d.length;
      return d.reduce((sum, v) => sum + (v - mean) ** 2, 0) / d.length;
    };
    return Math.sqrt(variance(dx) + variance(dy));
  };
  const first = leftover(stars, fit.field, fit.chi2);
  const bare = modelError(first, undefined);
  const cores = leftover(stars, fit.field, fit.chi2, 'cores');
  const unsettled = {
    scatterPx: scatterPx(),
    error: modelError(first, fitResidualTable(first, fit.field, geometry, bare, 1)),
  };
  let left = first;
  for (let turn = 0; turn < 3; turn++) {
    settleStars(stars, fit.field, fitResidualTable(left, fit.field, geometry, bare, 1), left.keep);
    left = leftover(stars, fit.field, fit.chi2);
  }
  const table = fitResidualTable(left, fit.field, geometry, bare, 1);

  it('knows the error of the profile from the cores of the stars alone', () => {
    assert.equal(modelError(cores, undefined), bare);
    assert.ok(cores.weight.filter((w) => w > 0).length < 0.8 * first.weight.filter((w) => w > 0).length);
  });

  it('leaves less over, and stars nearer to the truth, when positions and table are found in turn', () => {
    assert.ok(bare > 0.02, `the profile alone errs by ${bare}`);
    const settled = { scatterPx: scatterPx(), error: modelError(left, table) };
    const told = JSON.stringify({ bare, unsettled, settled });
    assert.ok(settled.error < 0.5 * unsettled.error, told);
    assert.ok(settled.scatterPx < 0.75 * unsettled.scatterPx, told);
  });

  it('adds no light, wherever a star stands on its pixels', async () => {
    const [with_, without] = await Promise.all([
      buildPsf(fit.field, table, geometry, crew),
      buildPsf(fit.field, undefined, geometry, crew),
    ]);
    const n = 2 * geometry.half + 5;
    const value = new Float64Array(n * n);
    const lightOf = (psf: typeof with_, x: number, y: number) => {
      const x0 = Math.round(x) - (n >> 1);
      const y0 = Math.round(y) - (n >> 1);
      evaluatePsf(psf, x, y, x0, y0, n, n, value);
      return value.reduce((a, b) => a + b, 0);
    };
    for (let step = 0; step < 16; step++) {
      const x = 300 + step / 16;
      const y = 300 + ((7 * step) % 16) / 16;
      const added = lightOf(with_, x, y) - lightOf(without, x, y);
      // Single precision of a thousand table entries.
      assert.ok(Math.abs(added) < 1e-4, `at ${x}, ${y}: ${added}`);
    }
  });
});
