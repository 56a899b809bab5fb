import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernelBasis, kernelOf } from '../../../../pipeline/difference/basis.ts';
import { convolveRows } from '../../../../pipeline/difference/convolve.ts';
import { convolvePsf } from '../../../../pipeline/difference/convolve-psf.ts';
import { fitKernel } from '../../../../pipeline/difference/fit-kernel.ts';
import { kernelNoise } from '../../../../pipeline/difference/kernel-noise.ts';
import { kernelSum, type MatchingKernel, unknowns } from '../../../../pipeline/difference/matching-kernel.ts';
import { formStamp } from '../../../../pipeline/difference/stamps.ts';
import { lnAlphaOfFwhm } from '../../../../pipeline/model/moffat.ts';
import { evaluatePsf } from '../../../../pipeline/model/psf-field.ts';
import { constantShape } from '../../../../pipeline/psf/shape-fit.ts';
import { buildPsf, psfTables } from '../../../../pipeline/psf/tables.ts';
import { exposeField, skyStars } from '../../../support/host-field.ts';

const size = 260;
const basis = kernelBasis(2.6, 3.4);

/** A kernel of some shape that changes linearly over the plane, with the given ratio of fluxes. */
function someKernel(ratio: number, degree = 1): MatchingKernel {
  const random = new Random(4);
  const n = unknowns(basis, degree, 0);
  const coefficients = Float64Array.from({ length: n }, () => 0.004 * random.normal());
  coefficients[0] = ratio;
  return { width: size, height: size, basis, degree, skyDegree: 0, coefficients };
}

describe('the basis of kernels', () => {
  it('leaves the ratio of fluxes to its first element', () => {
    const side = 2 * basis.half + 1;
    const out = new Float64Array(side * side);
    for (let k = 0; k < basis.elements.length; k++) {
      const one = new Float64Array(basis.elements.length);
      one[k] = 1;
      kernelOf(basis, one, out);
      const sum = out.reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sum - (k === 0 ? 1 : 0)) < 1e-9, `element ${k}: ${sum}`);
    }
  });
});

describe('the fit of a kernel', () => {
  const stars = skyStars(60, size - 70, 2e4, 3e5, 8);
  const scene = { width: size, height: size, fwhmPx: 2.6, skyE: 0, readNoiseE: 0, seed: 2 };
  const source = exposeField(stars, [], scene).electrons;
  const truth = someKernel(0.83);
  const target = new Float32Array(size * size);
  convolveRows({ kernel: truth, source, target }, 0, 1);
  const places = stars.map(({ x, y }) => ({ x: x + (size - 1) / 2, y: y + (size - 1) / 2 }));
  const match = { width: size, height: size, source, target, variance: (_p: number, light: number) => 100 + light };
  const stampsOf = (image: Float32Array) =>
    places.flatMap(({ x, y }) => formStamp({ ...match, target: image }, basis, x, y, 9) ?? []);

  it('finds the kernel that was there', () => {
    const fit = fitKernel(stampsOf(target), basis, size, size)!;
    assert.ok(Math.abs(kernelSum(fit.kernel) - 0.83) < 1e-3, `${kernelSum(fit.kernel)}`);
    const again = new Float32Array(size * size);
    convolveRows({ kernel: fit.kernel, source, target: again }, 0, 1);
    let worst = 0;
    let peak = 0;
    target.forEach((value, p) => {
      if (Number.isNaN(value)) return;
      worst = Math.max(worst, Math.abs(value - again[p]!));
      peak = Math.max(peak, value);
    });
    assert.ok(worst < 0.01 * peak, `${worst} of ${peak}`);
  });
  it('leaves out stars that have changed', () => {
    const changed = Float32Array.from(target);
    for (const { x, y } of places.slice(0, 6)) {
      for (let j = -5; j <= 5; j++) {
        for (let i = -5; i <= 5; i++) changed[(Math.round(y) + j) * size + Math.round(x) + i]! *= 1.4;
      }
    }
    const fit = fitKernel(stampsOf(changed), basis, size, size)!;
    assert.ok(fit.nRejected >= 5, `${fit.nRejected}`);
    assert.ok(Math.abs(kernelSum(fit.kernel) - 0.83) < 0.005, `${kernelSum(fit.kernel)}`);
  });
  it('gives up on too few stars', () => {
    assert.equal(fitKernel(stampsOf(target).slice(0, 3), basis, size, size), undefined);
  });
});

describe('a convolved image', () => {
  const kernel = someKernel(1, 0);
  it('has the noise that is foretold', () => {
    const random = new Random(9);
    const source = Float32Array.from({ length: size * size }, () => random.normal());
    const target = new Float32Array(size * size);
    convolveRows({ kernel, source, target }, 0, 1);
    let n = 0;
    let squares = 0;
    for (const value of target) if (!Number.isNaN(value)) [n, squares] = [n + 1, squares + value * value];
    const { pixel, effective } = kernelNoise(kernel, 3.4);
    // The kernel has a sky of its own, of a few thousandths.
    assert.ok(Math.abs(squares / n / pixel - 1) < 0.06, `${squares / n} ${pixel}`);
    assert.ok(effective > pixel && effective <= 1);
  });
  it('has the PSF that is foretold', async () => {
    const crew = soloCrew({ psfTables });
    const shape = constantShape({ lnAlpha: lnAlphaOfFwhm(2.8, 3), e1: 0, e2: 0, beta: 3, pixelPx: 1 }, size, size);
    const psf = await buildPsf(shape, undefined, { half: 13, oversample: 2 }, crew);
    const made = convolvePsf(psf, kernel);
    const stamp = (field: typeof psf) => {
      const values = new Float64Array(size * size);
      evaluatePsf(field, 130.3, 129.8, 0, 0, size, size, values);
      return values;
    };
    const target = new Float32Array(size * size);
    convolveRows({ kernel, source: Float32Array.from(stamp(psf), (v) => 1e6 * v), target }, 0, 1);
    const expected = target.map((value) => (value - kernel.coefficients.at(-1)!) / 1e6);
    const got = stamp(made);
    const peak = Math.max(...got);
    for (let j = 122; j < 138; j++) {
      for (let i = 122; i < 138; i++) {
        const p = j * size + i;
        assert.ok(Math.abs(got[p]! - expected[p]!) < 0.004 * peak, `${i},${j}: ${got[p]} ${expected[p]} of ${peak}`);
      }
    }
  });
});
