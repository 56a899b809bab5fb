import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../../base/random.ts';
import { type BayerPattern, buildCamera, cameraSpec, fieldWorn } from '../../../../../drivers/simulator/sky/camera.ts';
import { constant } from '../../../../../drivers/simulator/sky/light-curve.ts';
import { lightExposure, renderCalibration, renderExposure } from '../../../../../drivers/simulator/sky/render.ts';
import { makeSky } from '../../../../../drivers/simulator/sky/stars.ts';

const small = { widthPx: 256, heightPx: 256 };
const one = { name: 'One', raDeg: 270.9, decDeg: 40, gMag: 14, bpRp: 1, lightCurve: constant };
const lonely = makeSky(1, { starsPerSquareDegree: 0, specialStars: [one] });

function meanAndVariance(values: ArrayLike<number>): { mean: number; variance: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, variance: squares / (values.length - 1) };
}

test('the same seed gives the same frame to the last bit, another seed another', () => {
  const camera = () => buildCamera(cameraSpec({ ...fieldWorn, ...small }));
  const exposure = lightExposure({ cosmicRays: 5, trailE: 200, skyGradient: 0.1 });
  const render = (seed: number) => renderExposure(makeSky(5), camera(), exposure, new Random(seed));
  assert.deepEqual(render(1), render(1));
  assert.notDeepEqual(render(1).adu, render(2).adu);
});

test('the flux in the frame is the flux of the truth', () => {
  const spec = cameraSpec({ ...small, readNoiseE: 1, gainEPerAdu: 2 });
  const { adu, truth } = renderExposure(lonely, buildCamera(spec), lightExposure({ skyEPerS: 0 }), new Random(1));
  const star = truth[0]!;
  const expected = 60 * 10 ** (-0.4 * (star.mag - spec.zeroPointMag.V));
  assert.ok(Math.abs(star.electrons - expected) < 1e-6 * expected);
  let electrons = 0;
  for (const value of adu) electrons += (value - spec.biasAdu) * spec.gainEPerAdu;
  // Photon noise 1/sqrt(N) = 0.2 %, plus 256 electrons of read noise; the stamp may lack 0.05 %.
  assert.ok(Math.abs(electrons / star.electrons - 1) < 0.008, `${electrons} of ${star.electrons}`);
  assert.ok(Math.abs(star.x - 127.5) < 1e-6 && Math.abs(star.y - 127.5) < 1e-6);
});

test('a flat field has the mean, and the variance of photons, read noise and rounding', () => {
  const spec = cameraSpec({ ...small, gainEPerAdu: 1.4, readNoiseE: 6 });
  const camera = buildCamera(spec);
  for (const electrons of [12, 200, 20_000]) {
    const adu = renderCalibration(camera, { kind: 'flat', exposureS: 3, electrons }, new Random(electrons));
    const { mean, variance } = meanAndVariance(adu);
    const expected = (electrons + 36) / 1.96 + 1 / 12;
    const n = adu.length;
    assert.ok(Math.abs(mean - spec.biasAdu - electrons / 1.4) < 4 * Math.sqrt(expected / n), `mean ${mean}`);
    assert.ok(Math.abs(variance / expected - 1) < 4 * Math.sqrt(2 / n), `variance ${variance} of ${expected}`);
  }
});

test('bias and dark show what the camera does without light', () => {
  const camera = buildCamera(cameraSpec({ ...small, ...fieldWorn, hotPixelShare: 0, darkEPerS: 0.5 }));
  const bias = meanAndVariance(renderCalibration(camera, { kind: 'bias' }, new Random(1)));
  const dark = meanAndVariance(renderCalibration(camera, { kind: 'dark', exposureS: 100 }, new Random(2)));
  assert.ok(Math.abs(dark.mean - bias.mean - 50 / 1.4) < 0.2, `${dark.mean - bias.mean}`);
});

test('the flat map has mean 1 and darker corners', () => {
  const { flat } = buildCamera(cameraSpec({ ...small, vignetting: 0.3, pixelResponseSpread: 0.01, dustSpots: 3 }));
  assert.ok(Math.abs(meanAndVariance(flat).mean - 1) < 1e-6);
  const middle = flat[128 * 256 + 128]!;
  const corner = meanAndVariance(
    Float32Array.from({ length: 100 }, (_, k) => flat[Math.floor(k / 10) * 256 + (k % 10)]!),
  );
  assert.ok(corner.mean / middle < 0.8 && corner.mean / middle > 0.6, `${corner.mean / middle}`);
});

test('a bright star saturates, clips, and bleeds along the column of a CCD', () => {
  const bright = makeSky(1, { starsPerSquareDegree: 0, specialStars: [{ ...one, gMag: 7.5 }] });
  for (const blooming of [false, true]) {
    const camera = buildCamera(cameraSpec({ ...small, blooming }));
    const { adu, truth } = renderExposure(bright, camera, lightExposure(), new Random(1));
    assert.equal(truth[0]?.saturated, true);
    const saturated = (x: number, y: number) => adu[y * 256 + x]! >= camera.saturationAdu;
    assert.ok(saturated(127, 127));
    assert.equal(saturated(127, 60), blooming);
    assert.equal(saturated(60, 127), false);
  }
  const faint = renderExposure(lonely, buildCamera(cameraSpec(small)), lightExposure(), new Random(1));
  assert.equal(faint.truth[0]?.saturated, false);
});

test('the converter clips at its last bit', () => {
  const camera = buildCamera(cameraSpec({ ...small, adcBits: 12, gainEPerAdu: 1, biasAdu: 100 }));
  const adu = renderCalibration(camera, { kind: 'flat', exposureS: 1, electrons: 20_000 }, new Random(1));
  assert.equal(Math.max(...adu), 4095);
  assert.equal(camera.saturationAdu, 4095);
});

test('a Bayer plane holds a quarter of the light under its filter', () => {
  for (const bayer of ['RGGB', 'BGGR', 'GRBG', 'GBRG'] as BayerPattern[]) {
    const spec = cameraSpec({ ...small, bayer, readNoiseE: 1, gainEPerAdu: 2 });
    const { adu, truth } = renderExposure(lonely, buildCamera(spec), lightExposure({ skyEPerS: 0 }), new Random(3));
    const sums: Record<string, number> = { R: 0, G: 0, B: 0 };
    for (let y = 0; y < 256; y++) {
      for (let x = 0; x < 256; x++) {
        sums[bayer[2 * (y % 2) + (x % 2)]!]! += (adu[y * 256 + x]! - spec.biasAdu) * spec.gainEPerAdu;
      }
    }
    const star = truth[0]!;
    assert.ok(star.redElectrons !== star.electrons && star.blueElectrons !== star.electrons);
    assert.ok(Math.abs(sums.R! / (star.redElectrons / 4) - 1) < 0.02);
    assert.ok(Math.abs(sums.G! / (star.electrons / 2) - 1) < 0.02);
    assert.ok(Math.abs(sums.B! / (star.blueElectrons / 4) - 1) < 0.02);
  }
});

test('a lensed star is brighter at the peak of its event, by what the truth says', () => {
  const peakMs = Date.UTC(2026, 10, 22);
  const lightCurve = { kind: 'microlensing', peakMs, einsteinDays: 10, impact: 0.2, sourceShare: 1 } as const;
  const sky = makeSky(1, { starsPerSquareDegree: 0, specialStars: [{ ...one, gMag: 16, lightCurve }] });
  const camera = buildCamera(cameraSpec(small));
  const at = (midMs: number) => renderExposure(sky, camera, lightExposure({ midMs }), new Random(1)).truth[0]!;
  const rest = at(peakMs - 300 * 86_400_000);
  const peak = at(peakMs);
  const magnification = 2.04 / (0.2 * Math.sqrt(4.04));
  assert.ok(Math.abs(peak.electrons / rest.electrons / magnification - 1) < 1e-3);
  assert.ok(Math.abs(rest.mag - peak.mag - 2.5 * Math.log10(magnification)) < 2e-3);
});

test('cosmic rays are where the truth says', () => {
  const camera = buildCamera(cameraSpec(small));
  const exposure = lightExposure({ cosmicRays: 30 });
  const { adu, cosmicRayPixels } = renderExposure(
    makeSky(1, { starsPerSquareDegree: 0 }),
    camera,
    exposure,
    new Random(4),
  );
  assert.ok(cosmicRayPixels.length > 50);
  const hit = new Set(cosmicRayPixels);
  const levelAdu = camera.spec.biasAdu + 360 / 1.4;
  const sixSigma = (6 * Math.sqrt(360 + 36)) / 1.4;
  adu.forEach((value, i) => {
    if (value > levelAdu + sixSigma) assert.ok(hit.has(i), `pixel ${i}`);
  });
});
