import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Projection,
  pixelToSky,
  skyToPixel,
  wcsKeywords,
} from '../../../../../drivers/simulator/sky/projection.ts';

// Pixels by astropy 5.2.1 (wcslib 7.12), origin 0.
const plane: Projection = {
  raDeg: 270.9,
  decDeg: 40,
  xRef: 511.5,
  yRef: 511.5,
  scaleArcsecPerPx: 1,
  rotationDeg: 8,
  parity: -1,
};
const acrossZero: Projection = {
  raDeg: 0.05,
  decDeg: -75,
  xRef: 1000,
  yRef: 800,
  scaleArcsecPerPx: 2.5,
  rotationDeg: 200,
  parity: 1,
};
const pole: Projection = {
  raDeg: 120,
  decDeg: 89.9,
  xRef: 100,
  yRef: 100,
  scaleArcsecPerPx: 5,
  rotationDeg: 33,
  parity: -1,
};
const known: [Projection, number, number, number, number][] = [
  [plane, 270.9, 40, 511.5, 511.5],
  [plane, 271.1, 40.1, 16.303254985306296, 945.2588974133148],
  [plane, 270.75, 39.8, 822.1817892336974, -258.8912393541416],
  [acrossZero, 359.2, -75.3, 1143.347414065119, 1314.274757499789],
  [acrossZero, 1.5, -74.6, 673.6828252668049, 75.45243761853271],
  [pole, 300, 89.95, 158.82115016628447, 190.5766282723378],
  [pole, 30, 89.8, 259.9832865766948, 81.95588316820222],
];

test('positions fall on the pixels that astropy gives, and back', () => {
  for (const [projection, raDeg, decDeg, x, y] of known) {
    const pixel = skyToPixel(projection)(raDeg, decDeg);
    assert.ok(
      Math.abs(pixel.x - x) < 1e-6 && Math.abs(pixel.y - y) < 1e-6,
      `${raDeg} ${decDeg}: ${pixel.x} ${pixel.y}`,
    );
    const sky = pixelToSky(projection)(x, y);
    assert.ok(Math.abs(sky.raDeg - raDeg) * Math.cos((decDeg * Math.PI) / 180) < 1e-9);
    assert.ok(Math.abs(sky.decDeg - decDeg) < 1e-9);
  }
});

test('the other half of the sky has no pixel', () => {
  assert.ok(Number.isNaN(skyToPixel(plane)(90.9, -40).x));
});

test('FITS keywords are 1-based and their determinant has the sign of the parity', () => {
  for (const projection of [plane, acrossZero]) {
    const w = wcsKeywords(projection) as Record<string, number>;
    assert.equal(w.CRPIX1, projection.xRef + 1);
    assert.equal(Math.sign(w.CD1_1! * w.CD2_2! - w.CD1_2! * w.CD2_1!), projection.parity);
  }
});
