import type { Random } from '../../../base/random.ts';
import type { SimulatedCamera } from './camera.ts';

/** Light (expected electrons at mean response) becomes charge, in place: response, dark current and photon noise. */
export function collectCharge(camera: SimulatedCamera, light: Float32Array, exposureS: number, random: Random): void {
  const { flat, dark } = camera;
  for (let i = 0; i < light.length; i++) light[i] = random.poisson(light[i]! * flat[i]! + dark[i]! * exposureS);
}

/**
 * Charge becomes numbers: full well (with blooming where the chip has no drain), read noise, gain, bias, converter.
 * @param noiseE read noise of each pixel, electrons: that of the camera unless they differ.
 */
export function readOut(
  camera: SimulatedCamera,
  charge: Float32Array,
  random: Random,
  noiseE: (pixel: number) => number = () => camera.spec.readNoiseE,
): Uint16Array {
  const { spec, columnAdu, rowAdu } = camera;
  const { widthPx: width, heightPx: height, gainEPerAdu, biasAdu, fullWellE } = spec;
  if (spec.blooming) bloom(charge, width, height, fullWellE);
  const adu = new Uint16Array(width * height);
  const highest = 2 ** spec.adcBits - 1;
  for (let y = 0; y < height; y++) {
    const pedestal = biasAdu + rowAdu[y]!;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const electrons = Math.min(charge[i]!, fullWellE) + noiseE(i) * random.normal();
      const level = Math.round(electrons / gainEPerAdu + pedestal + columnAdu[x]!);
      adu[i] = Math.max(0, Math.min(highest, level));
    }
  }
  return adu;
}

/** Half of the charge over the full well runs up the column, half down, filling each pixel on its way. */
function bloom(charge: Float32Array, width: number, height: number, fullWellE: number): void {
  for (let x = 0; x < width; x++) {
    spill(charge, x, width, height, fullWellE);
  }
}

function spill(charge: Float32Array, x: number, width: number, height: number, fullWellE: number): void {
  const over: number[] = [];
  const rows: number[] = [];
  for (let y = 0; y < height; y++) {
    const excess = charge[y * width + x]! - fullWellE;
    if (excess > 0) {
      rows.push(y);
      over.push(excess);
      charge[y * width + x] = fullWellE;
    }
  }
  for (let k = 0; k < rows.length; k++) {
    for (const step of [-1, 1]) {
      let rest = over[k]! / 2;
      for (let y = rows[k]! + step; rest > 0 && y >= 0 && y < height; y += step) {
        const taken = Math.min(rest, fullWellE - charge[y * width + x]!);
        charge[y * width + x]! += taken;
        rest -= taken;
      }
    }
  }
}
