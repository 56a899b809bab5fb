import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../base/random.ts';
import { complexImage, transform } from '../../../bench/photometry/optics/fourier.ts';
import { addNebulosity } from '../../../bench/photometry/optics/nebulosity.ts';
import { type Optics, pointSpread } from '../../../bench/photometry/optics/point-spread.ts';
import { drawAberrations } from '../../../bench/photometry/optics/pupil.ts';
import { friedM, phaseStructure } from '../../../bench/photometry/optics/seeing.ts';
import { StarImages } from '../../../bench/photometry/optics/star-images.ts';

const perfect = drawAberrations(new Random(1), 0);
const optics: Optics = {
  pupil: { apertureM: 0.3, obstruction: 0, vanes: 0, vaneWidthM: 0, vaneAngleDeg: 0 },
  seeingArcsec: 2,
  outerScaleM: 20,
  guidingArcsec: 0,
  driftArcsec: 0,
  driftAngleDeg: 0,
  aureoleShare: 0,
};
const mono = [{ metres: 550e-9, share: 1 }];
const table = { n: 256, perPixel: 4, pixelArcsec: 0.5, aureolePx: 100 };

describe('the Fourier transform', () => {
  it('is that of its definition, and comes back', () => {
    const n = 8;
    const random = new Random(3);
    const image = complexImage(n);
    for (let p = 0; p < n * n; p++) [image.re[p], image.im[p]] = [random.normal(), random.normal()];
    const before = { re: image.re.slice(), im: image.im.slice() };
    transform(image);
    const [kx, ky] = [3, 6];
    let [re, im] = [0, 0];
    for (let p = 0; p < n * n; p++) {
      const angle = (-2 * Math.PI * (kx * (p % n) + ky * Math.floor(p / n))) / n;
      re += before.re[p]! * Math.cos(angle) - before.im[p]! * Math.sin(angle);
      im += before.re[p]! * Math.sin(angle) + before.im[p]! * Math.cos(angle);
    }
    assert.ok(Math.hypot(image.re[ky * n + kx]! - re, image.im[ky * n + kx]! - im) < 1e-12);
    transform(image, true);
    for (let p = 0; p < n * n; p++) assert.ok(Math.abs(image.re[p]! - before.re[p]!) < 1e-12);
  });
});

describe('the seeing', () => {
  it('is that of Kolmogorov far below the outer scale, and saturates above it', () => {
    const r0 = 0.1;
    // 6.88 (r / r0)^(5/3) less the leading correction, 1.485 (r / L0)^(1/3) of it (Lucke & Young 2007, Appl. Opt. 46, 559).
    const ratio = phaseStructure(0.05, r0, 1000) / (6.88 * 0.5 ** (5 / 3));
    assert.ok(Math.abs(ratio - (1 - 1.485 * (0.05 / 1000) ** (1 / 3))) < 0.003, String(ratio));
    const far = phaseStructure(200, r0, 20);
    assert.ok(Math.abs(far / (0.17253 * 200 ** (5 / 3)) - 1) < 0.01);
  });

  it('gives the width that theory has for a large telescope and an outer scale', () => {
    const large = { ...optics, pupil: { ...optics.pupil, apertureM: 1.2 } };
    const { share } = pointSpread(large, perfect(0, 0), mono, table);
    const row = share.subarray(128 * 256, 129 * 256);
    let k = 128;
    while (row[k]! > row[128]! / 2) k++;
    const half = k - 1 + (row[k - 1]! - row[128]! / 2) / (row[k - 1]! - row[k]!) - 128;
    // Tokovinin (2002, PASP 114, 1156): seeing times sqrt(1 - 2.183 (r0 / L0)^0.356); the pixel of half an arcsecond adds
    // its sigma of 0.144 in quadrature, the aperture of 20 r0 next to nothing.
    const expected = Math.hypot(2 * Math.sqrt(1 - 2.183 * (friedM(2) / 20) ** 0.356), 2.355 * 0.144);
    assert.ok(Math.abs((2 * half * 0.5) / 4 / expected - 1) < 0.04, `${half / 4} against ${expected}`);
  });
});

describe('the image of a star', () => {
  const lightIn = (vanes: number, angleDeg: number) => {
    const pupil = { ...optics.pupil, obstruction: 0.3, vanes, vaneWidthM: 0.004, vaneAngleDeg: 0 };
    const { share } = pointSpread({ ...optics, pupil }, perfect(0, 0), mono, table);
    let sum = 0;
    for (let r = 40; r < 110; r++) {
      const angle = (angleDeg * Math.PI) / 180;
      sum += share[(128 + Math.round(r * Math.sin(angle))) * 256 + 128 + Math.round(r * Math.cos(angle))]!;
    }
    return sum;
  };

  it('has spikes along vanes and none between them', () => {
    assert.ok(lightIn(4, 0) > 2 * lightIn(0, 0));
    assert.ok(lightIn(4, 90) > 2 * lightIn(0, 90));
    assert.ok(lightIn(4, 45) < 1.2 * lightIn(0, 45));
  });

  it('is drawn out by coma, to the side that its sign says', () => {
    const skew = (coma: number) => {
      const wavefront = { ...perfect(0, 0), coma: [coma, 0] as const };
      const { share } = pointSpread(optics, wavefront, mono, table);
      const moment = (about: number, power: number) => {
        let sum = 0;
        for (let j = 88; j <= 168; j++)
          for (let d = -40; d <= 40; d++) sum += share[j * 256 + 128 + d]! * (d - about) ** power;
        return sum;
      };
      return moment(moment(0, 1) / moment(0, 0), 3);
    };
    const skewed = skew(0.4);
    assert.ok(Math.abs(skew(0)) < 0.02 * Math.abs(skewed));
    assert.ok(Math.abs(skew(-0.4) / skewed + 1) < 0.02);
  });

  it('has all of its light wherever on a pixel and on the chip it falls', () => {
    const telescope = { ...optics, aureoleShare: 0.02, pupil: { ...optics.pupil, obstruction: 0.4 } };
    const size = 420;
    const images = new StarImages(
      telescope,
      drawAberrations(new Random(4), 0.15),
      0.8,
      { width: size, height: size },
      4,
    );
    for (const [x, y] of [
      [210, 210],
      [209.63, 210.41],
      [190.2, 222.9],
    ] as const) {
      const light = new Float32Array(size * size);
      images.add(light, x, y, 1e6, 1e-4);
      const sum = light.reduce((a, b) => a + b, 0);
      // Steps of the tables and of single precision.
      assert.ok(Math.abs(sum / 1e6 - 1) < 1e-3, `${x}, ${y}: ${sum}`);
    }
  });
});

describe('nebulosity', () => {
  it('has the mean asked for, structure over hundreds of pixels and none over ten', () => {
    const size = 1000;
    const light = new Float32Array(size * size);
    addNebulosity(light, size, size, 60, new Random(9));
    const mean = light.reduce((a, b) => a + b, 0) / light.length;
    // A frame has only a few of the longest waves.
    assert.ok(mean > 40 && mean < 90, String(mean));
    const change = (step: number) => {
      let square = 0;
      for (let y = 0; y < size; y += 10)
        for (let x = 0; x + step < size; x += 10) square += (light[y * size + x + step]! - light[y * size + x]!) ** 2;
      return Math.sqrt(square / (100 * Math.ceil((size - step) / 10)));
    };
    assert.ok(change(200) > 20, String(change(200)));
    assert.ok(change(10) < 0.35 * change(200), String(change(10)));
  });
});
