import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type MoffatShape,
  moffatConstants,
  moffatPixel,
  moffatPixelDerivatives,
} from '../../../../pipeline/model/moffat.ts';

const whole: MoffatShape = { lnAlpha: Math.log(1.9), e1: 0.1, e2: -0.06, beta: 3, pixelPx: 1 };
const half = { ...whole, pixelPx: 0.5 };
const peak = moffatPixel(moffatConstants(whole), 0, 0);
/** Offsets from the core to the wings, where each rule of integration holds. */
const offsets = Array.from({ length: 60 }, (_, k) => ({ u: 0.31 * k * Math.cos(k), v: 0.31 * k * Math.sin(k) }));

test('a pixel holds the light of its four quarters, however the mosaic divides it', () => {
  for (const { u, v } of offsets) {
    const quarters = [-0.25, 0.25].flatMap((y) =>
      [-0.25, 0.25].map((x) => moffatPixel(moffatConstants(half), u + x, v + y)),
    );
    const mean = quarters.reduce((a, b) => a + b) / 4;
    // Where three nodes are but just enough, as at the core here, they err by 1.3e-4 of the peak.
    assert.ok(Math.abs(moffatPixel(moffatConstants(whole), u, v) - mean) < 2e-4 * peak, `${u} ${v}`);
  }
});

test('pixels that gather light from a quarter of their cell hold the whole flux, times their share', () => {
  let sum = 0;
  for (let y = -60; y <= 60; y++)
    for (let x = -60; x <= 60; x++) sum += moffatPixel(moffatConstants(half), x - 0.3, y + 0.2);
  // 60 pixels away (1 + r^2 / alpha^2)^-2 = 1e-6 of the light lies beyond; a FWHM of 1.9 pixels is sampled to 1e-3.
  assert.ok(Math.abs(sum - 1) < 1e-3, `${sum}`);
});

test('what the fit of the shape goes by is the profile that stars are measured with', () => {
  for (const shape of [whole, half]) {
    const k = moffatConstants(shape);
    const out = new Float64Array(7);
    for (const { u, v } of offsets) {
      moffatPixelDerivatives(shape, k, u, v, out);
      assert.ok(Math.abs(out[0]! - moffatPixel(k, u, v)) < 1e-4 * peak, `value at ${u} ${v}`);
      const alongX = (moffatPixel(k, u - 1e-3, v) - moffatPixel(k, u + 1e-3, v)) / 2e-3;
      assert.ok(Math.abs(out[1]! - alongX) < 1e-3 * peak, `slope at ${u} ${v}: ${out[1]} ${alongX}`);
    }
  }
});
