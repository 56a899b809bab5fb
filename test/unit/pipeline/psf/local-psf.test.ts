import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { evaluatePsfSlopes, localPsf } from '../../../../pipeline/psf/field.ts';
import type { ShapeField } from '../../../../pipeline/psf/shape-fit.ts';
import { buildPsf, tableGeometry } from '../../../../pipeline/psf/tables.ts';

describe('the PSF of one place', () => {
  it('is what the PSF of the plane is there, wings and slopes too', async () => {
    // Width and shape of the profile change linearly over the plane: the terms are 1, x, y.
    const field: ShapeField = {
      ...{ width: 400, height: 300, degree: 1, beta: 2.8, pixelPx: 1 },
      coefficients: Float64Array.of(0.9, 0.2, -0.1, 0.05, 0.1, 0, 0, -0.05, 0.1),
    };
    const psf = await buildPsf(field, undefined, tableGeometry(3, 2.5), soloCrew(kernels));
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
