import { selectInPlace } from '../numeric/robust.ts';
import type { SkyMap } from './map.ts';

/**
 * Makes a map from measured cells: cells without a value take the mean of their neighbours (spreading outwards until
 * none is empty), then a 3 x 3 median takes out cells that a galaxy or a bad star spoiled.
 * @returns false when no cell had a value at all.
 */
export function settleSky(map: SkyMap, level: Float32Array, variance: Float32Array): boolean {
  if (!fillGaps(level, map.nx, map.ny) || !fillGaps(variance, map.nx, map.ny)) return false;
  medianFilter(level, map.nx, map.ny, map.level);
  medianFilter(variance, map.nx, map.ny, map.variance);
  return true;
}

function fillGaps(field: Float32Array, nx: number, ny: number): boolean {
  const filled = new Float32Array(field.length);
  for (let round = 0; round <= nx + ny; round++) {
    let gaps = 0;
    filled.set(field);
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) {
        if (!Number.isNaN(field[j * nx + i]!)) continue;
        let sum = 0;
        let n = 0;
        for (let dj = -1; dj <= 1; dj++) {
          for (let di = -1; di <= 1; di++) {
            const x = i + di;
            const y = j + dj;
            if (x < 0 || y < 0 || x >= nx || y >= ny) continue;
            const v = field[y * nx + x]!;
            if (Number.isNaN(v)) continue;
            sum += v;
            n++;
          }
        }
        if (n > 0) filled[j * nx + i] = sum / n;
        else gaps++;
      }
    }
    field.set(filled);
    if (gaps === 0) return true;
    if (gaps === field.length) return false;
  }
  return false;
}

function medianFilter(from: Float32Array, nx: number, ny: number, to: Float32Array): void {
  const window = new Float64Array(9);
  for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) to[j * nx + i] = medianAt(from, nx, ny, i, j, window);
}

function medianAt(from: Float32Array, nx: number, ny: number, i: number, j: number, window: Float64Array): number {
  let n = 0;
  // A window that is cut by the edge is mirrored, so that a gradient is not bent there.
  for (let dj = -1; dj <= 1; dj++) {
    for (let di = -1; di <= 1; di++) {
      const inside = i + di >= 0 && i + di < nx && j + dj >= 0 && j + dj < ny;
      const mirrored = i - di >= 0 && i - di < nx && j - dj >= 0 && j - dj < ny;
      if (inside && mirrored) window[n++] = from[(j + dj) * nx + i + di]!;
    }
  }
  return selectInPlace(window, n, n >> 1);
}
