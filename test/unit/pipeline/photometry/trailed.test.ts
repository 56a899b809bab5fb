import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../../base/random.ts';
import { soloCrew } from '../../../../pipeline/crew.ts';
import { kernels } from '../../../../pipeline/kernels.ts';
import { measurePlane } from '../../../../pipeline/measure.ts';
import { trailWarning } from '../../../../pipeline/photometry/trailed.ts';
import type { Plane } from '../../../../pipeline/plane.ts';

const width = 500;
const height = 400;

/** 120 stars of FWHM 3.3 px, drawn out along a line of the given length at 26 degrees. */
function drawnOut(lengthPx: number): Plane {
  const random = new Random(4);
  const truth = new Float64Array(width * height).fill(200);
  const steps = Math.max(1, 2 * lengthPx);
  for (let star = 0; star < 120; star++) {
    const [x, y] = [20 + random.uniform() * (width - 40), 20 + random.uniform() * (height - 40)];
    const flux = 10 ** (3 + 2.5 * random.uniform()) / steps;
    for (let k = 0; k < steps; k++) {
      const along = steps === 1 ? 0 : (k / (steps - 1) - 0.5) * lengthPx;
      const [cx, cy] = [x + 0.9 * along, y + 0.44 * along];
      for (let j = Math.max(0, Math.round(cy) - 9); j < Math.min(height, cy + 9); j++) {
        for (let i = Math.max(0, Math.round(cx) - 9); i < Math.min(width, cx + 9); i++) {
          truth[j * width + i]! += (flux / (2 * Math.PI * 1.96)) * Math.exp(-((i - cx) ** 2 + (j - cy) ** 2) / 3.92);
        }
      }
    }
  }
  const electrons = new Float32Array(new SharedArrayBuffer(4 * truth.length));
  for (let i = 0; i < truth.length; i++) electrons[i] = random.poisson(truth[i]!) + 4 * random.normal();
  return {
    name: 'mono',
    width,
    height,
    electrons,
    mask: new Uint8Array(new SharedArrayBuffer(truth.length)),
    noise: {
      gainEPerAdu: 1,
      gainKnown: true,
      readNoiseE: 4,
      pedestalKnown: true,
      flatError: 0,
      saturationE: Number.POSITIVE_INFINITY,
    },
    mosaic: { step: 1, offsetX: 0, offsetY: 0 },
  };
}

for (const [lengthPx, expected] of [
  [0, undefined],
  [3, undefined],
  [10, /2\.\d times as long as wide, 26 deg from \+x\): guiding, wind/],
] as const) {
  test(`stars drawn out by ${lengthPx} px ${expected ? 'are called so' : 'are round enough'}`, async () => {
    const { psf } = await measurePlane(drawnOut(lengthPx), {}, soloCrew(kernels));
    const warning = trailWarning(psf);
    if (expected) assert.match(warning ?? '', expected);
    else assert.equal(warning, undefined);
  });
}

test('stars drawn out by 40 px are refused as trails, and no PSF is made of them', async () => {
  const { outcome, psf, sources } = await measurePlane(drawnOut(40), {}, soloCrew(kernels));
  assert.equal(outcome.kind, 'trailed');
  assert.equal(sources.count, 0);
  assert.equal(trailWarning(psf), undefined);
});
