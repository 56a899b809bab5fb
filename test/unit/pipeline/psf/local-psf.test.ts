import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { evaluatePsf, evaluatePsfSlopes, localPsf } from '../../../../pipeline/model/psf-field.ts';
import type { ShapeField } from '../../../../pipeline/psf/shape-fit.ts';
import { buildPsf, tableGeometry } from '../../../../pipeline/psf/tables.ts';

// Width and shape of the profile change linearly over the plane: the terms are 1, x, y.
const field: ShapeField = {
  ...{ width: 400, height: 300, degree: 1, beta: 2.8, pixelPx: 1 },
  coefficients: Float64Array.of(0.9, 0.2, -0.1, 0.05, 0.1, 0, 0, -0.05, 0.1),
};
const psf = await buildPsf(field, undefined, tableGeometry(3, 2.5), soloCrew(kernels));

describe('the PSF of one place', () => {
  it('is what the PSF of the plane is there, wings and slopes too', () => {
    const side = 61;
    const stamp = (of: typeof psf, x: number, y: number) => {
      const parts = [1, 2, 3].map(() => new Float64Array(side * side));
      evaluatePsfSlopes(of, x, y, Math.round(x) - 30, Math.round(y) - 30, side, side, parts[0]!, parts[1]!, parts[2]!);
      return parts.flatMap((part) => [...part]);
    };
    const [x, y] = [301.3, 87.8];
    const [whole, local] = [stamp(psf, x, y), stamp(localPsf(psf, x, y), x, y)];
    // Tables are blended in single precision.
    for (const [p, value] of whole.entries()) assert.ok(Math.abs(local[p]! - value) < 1e-7);
    const elsewhere = stamp(localPsf(psf, 50, 250), x, y);
    assert.ok(Math.max(...elsewhere.map((value, p) => Math.abs(value - whole[p]!))) > 1e-3);
  });
});

describe('the PSF of a plane', () => {
  const stamp = (of: typeof psf, x: number, y: number, half: number) => {
    const side = 2 * half + 1;
    const value = new Float64Array(side * side);
    evaluatePsf(of, x, y, Math.round(x) - half, Math.round(y) - half, side, side, value);
    return value;
  };

  it('is the same to the last bit whatever was evaluated before', () => {
    const random = new Random(4);
    let [x, y] = [200, 150];
    for (let k = 0; k < 400; k++) {
      // Now a small step of a star, now another star.
      const far = random.uniform() < 0.3;
      x = Math.min(399, Math.max(0, x + (far ? 200 : 0.5) * random.normal()));
      y = Math.min(299, Math.max(0, y + (far ? 150 : 0.5) * random.normal()));
      const half = 4 + Math.floor(8 * random.uniform());
      // Other tables, equal to these: nothing is kept of them.
      const anew = { ...psf, tables: psf.tables.slice() };
      assert.deepEqual(stamp(psf, x, y, half), stamp(anew, x, y, half), `${x}, ${y}`);
    }
  });

  it('hardly changes from one place of the blend to the next', () => {
    // Half a place at the most: of 384 over the plane, on which the width changes by half.
    let largest = 0;
    const peak = Math.max(...stamp(psf, 200, 150, 8));
    for (let x = 150; x < 250; x++) {
      const [here, next] = [stamp(psf, x, 150, 8), stamp(psf, x + 1, 150, 8)];
      for (const [p, value] of here.entries()) largest = Math.max(largest, Math.abs(next[p]! - value) / peak);
    }
    assert.ok(largest > 0 && largest < 4e-3, `${largest}`);
  });
});
