import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Random } from '../../../../base/random.ts';
import { hideMasked } from '../../../../pipeline/model/render.ts';

it('takes the masked pixels out of the residual, and no others, whatever the width', () => {
  const random = new Random(7);
  for (let width = 1; width < 14; width++) {
    const height = 9;
    // A view into a larger buffer, as planes that share one are.
    const mask = new Uint8Array(new SharedArrayBuffer(width * height + 8), width % 4, width * height);
    const residual = new Float32Array(mask.length).fill(3);
    for (let p = 0; p < mask.length; p++) if (random.uniform() < 0.3) mask[p] = 1 << Math.floor(8 * random.uniform());
    for (const part of [0, 1]) hideMasked({ width, height, mask, residual }, part, 2);
    for (const [p, value] of residual.entries()) assert.equal(Number.isNaN(value), mask[p] !== 0, `${width}: ${p}`);
  }
});
