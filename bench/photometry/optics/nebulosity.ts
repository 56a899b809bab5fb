import type { Random } from '../../../base/random.ts';

const MODES = 90;
/** Drawn at every fourth pixel: the shortest wave has fifty. */
const STEP = 4;

/**
 * Adds light of mean `meanE` with structure from 50 to 500 pixels: a log-normal field whose logarithm is a sum of waves of
 * random directions and phases, their amplitudes growing with the root of their length; its rms is 0.7.
 */
export function addNebulosity(light: Float32Array, width: number, height: number, meanE: number, random: Random): void {
  const waves = Array.from({ length: MODES }, () => {
    const length = 50 * 10 ** random.uniform();
    const angle = 2 * Math.PI * random.uniform();
    const k = (2 * Math.PI) / length;
    const phase = 2 * Math.PI * random.uniform();
    return { kx: k * Math.cos(angle), ky: k * Math.sin(angle), phase, amplitude: Math.sqrt(length) };
  });
  const rms = Math.sqrt(waves.reduce((sum, { amplitude }) => sum + amplitude ** 2 / 2, 0));
  const spread = 0.7;
  const nx = Math.ceil(width / STEP) + 1;
  const ny = Math.ceil(height / STEP) + 1;
  const field = new Float64Array(nx * ny);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      let sum = 0;
      for (const { kx, ky, phase, amplitude } of waves) sum += amplitude * Math.cos(STEP * (kx * i + ky * j) + phase);
      field[j * nx + i] = meanE * Math.exp((spread * sum) / rms - spread ** 2 / 2);
    }
  }
  for (let y = 0; y < height; y++) {
    const j = Math.floor(y / STEP);
    const v = y / STEP - j;
    for (let x = 0; x < width; x++) {
      const i = Math.floor(x / STEP);
      const u = x / STEP - i;
      const at = j * nx + i;
      const low = field[at]! + u * (field[at + 1]! - field[at]!);
      const high = field[at + nx]! + u * (field[at + nx + 1]! - field[at + nx]!);
      light[y * width + x]! += low + v * (high - low);
    }
  }
}
