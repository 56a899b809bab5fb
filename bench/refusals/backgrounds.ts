import type { Random } from '../../base/random.ts';
import { addPatch, between, type Canvas, logUniform } from './canvas.ts';

/** Light that grows from one side to the other, as moonlight and towns make it: `share` of the sky at most. */
export function addGradient({ width, height, light, skyNoiseE }: Canvas, random: Random, share: number): void {
  const angle = 2 * Math.PI * random.uniform();
  const [gx, gy] = [(share * Math.cos(angle)) / width, (share * Math.sin(angle)) / height];
  const skyE = skyNoiseE ** 2;
  for (let p = 0; p < light.length; p++) {
    light[p] = Math.max(
      1,
      light[p]! + skyE * (gx * ((p % width) - width / 2) + gy * (Math.floor(p / width) - height / 2)),
    );
  }
}

/** A round fall of all light towards the corners: at `loss` there. */
export function vignette({ width, height, light }: Canvas, loss: number): void {
  const corner2 = (width ** 2 + height ** 2) / 4;
  for (let p = 0; p < light.length; p++) {
    light[p]! *= 1 - (loss * (((p % width) - width / 2) ** 2 + (Math.floor(p / width) - height / 2) ** 2)) / corner2;
  }
}

/** Round shades of dust on a filter or window, and their number. */
export function addDust(canvas: Canvas, random: Random, n: number): void {
  for (let k = 0; k < n; k++) {
    const [radius, depth] = [logUniform(random, 6, 40), between(random, 0.02, 0.15)];
    const [x, y] = [canvas.width * random.uniform(), canvas.height * random.uniform()];
    const { width, light } = canvas;
    addPatch(canvas, x, y, radius * 1.5, (dx, dy) => {
      const p = Math.round(y + dy) * width + Math.round(x + dx);
      const r = Math.hypot(dx, dy) / radius;
      return -(light[p] ?? 0) * depth * (1 / (1 + Math.exp(12 * (r - 1)))) * (r < 0.4 ? 0.3 : 1);
    });
  }
}

/**
 * Cloud-like structure: smooth noise on grids from `coarsePx` down to `finePx`, each octave weaker by `fall`; `strengthE` is the
 * rms of the coarsest. Nothing falls below zero light.
 */
export function addClouds(
  { width, height, light }: Canvas,
  random: Random,
  { strengthE, coarsePx, finePx, fall }: { strengthE: number; coarsePx: number; finePx: number; fall: number },
): void {
  const sum = new Float64Array(width * height);
  for (let cell = coarsePx, strength = strengthE; cell >= finePx; cell /= 2, strength *= fall) {
    const columns = Math.ceil(width / cell) + 3;
    const nodes = Float64Array.from({ length: columns * (Math.ceil(height / cell) + 3) }, () => random.normal());
    for (let p = 0; p < sum.length; p++) {
      const [u, v] = [(p % width) / cell, Math.floor(p / width) / cell];
      const [i, j] = [Math.floor(u), Math.floor(v)];
      const [wx, wy] = [spline(u - i), spline(v - j)];
      let value = 0;
      for (let b = 0; b < 4; b++)
        for (let a = 0; a < 4; a++) value += wx[a]! * wy[b]! * nodes[(j + b) * columns + i + a]!;
      sum[p]! += strength * 2 * value;
    }
  }
  for (let p = 0; p < sum.length; p++) light[p] = Math.max(1, light[p]! + sum[p]!);
}

/** Weights of a uniform cubic B-spline. */
function spline(t: number): readonly [number, number, number, number] {
  const u = 1 - t;
  return [u ** 3 / 6, (3 * t ** 3 - 6 * t * t + 4) / 6, (3 * u ** 3 - 6 * u * u + 4) / 6, t ** 3 / 6];
}
