import type { Random } from '../../base/random.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';

/** A detector with the faults that calibration must remove, for tests; raw frames in ADU. */
export interface TestDetector {
  readonly width: number;
  readonly height: number;
  readonly gainEPerAdu: number;
  readonly readNoiseE: number;
  readonly bias: Float64Array;
  /** Electrons per second. */
  readonly dark: Float64Array;
  /** Relative response, mean about one. */
  readonly response: Float64Array;
}

/** Bias with bands and a gradient, dark current with hot pixels and a glow, vignetting with dust and pixel scatter. */
export function makeDetector(width: number, height: number, random: Random, colour = false): TestDetector {
  const size = width * height;
  const bias = new Float64Array(size);
  const dark = new Float64Array(size);
  const response = new Float64Array(size);
  const dust = Array.from({ length: 6 }, () => [
    random.uniform() * width,
    random.uniform() * height,
    6 + 8 * random.uniform(),
  ]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      bias[i] = 500 + 12 * Math.sin(x / 9) + 0.05 * y + (x % 2) * 3;
      const corner = Math.hypot(x - width, y) / width;
      dark[i] = 0.02 + 0.6 * Math.exp(-8 * corner) + (random.uniform() < 0.003 ? 5 + 60 * random.uniform() : 0);
      const r = Math.hypot(x - width / 2, y - height / 2) / Math.hypot(width / 2, height / 2);
      let value = (1 - 0.35 * r * r) * (1 + 0.01 * random.normal());
      for (const [dx, dy, size] of dust as [number, number, number][]) {
        if (Math.abs(Math.hypot(x - dx, y - dy) - size) < 2) value *= 0.93;
      }
      response[i] = value * (colour ? [0.6, 1, 1, 0.45][(y & 1) * 2 + (x & 1)]! : 1);
    }
  }
  return { width, height, gainEPerAdu: 1.4, readNoiseE: 6.5, bias, dark, response };
}

/** One raw frame: light (electrons per pixel before the response) plus dark current of the exposure, noise, bias, whole ADU. */
export function exposeDetector(
  detector: TestDetector,
  exposureS: number,
  light: (index: number) => number,
  random: Random,
): Float32Array {
  const { bias, dark, response, gainEPerAdu, readNoiseE } = detector;
  const pixels = new Float32Array(new SharedArrayBuffer(4 * bias.length));
  for (let i = 0; i < pixels.length; i++) {
    const electrons = random.poisson(light(i) * response[i]! + dark[i]! * exposureS) + readNoiseE * random.normal();
    pixels[i] = Math.min(65535, Math.max(0, Math.round(bias[i]! + electrons / gainEPerAdu)));
  }
  return pixels;
}

export function memberOf(name: string, width: number, height: number, pixels: Float32Array): MemberSource {
  return {
    name,
    width,
    height,
    async readRows(fromRow, toRow, into) {
      into.set(pixels.subarray(fromRow * width, toRow * width));
    },
  };
}
