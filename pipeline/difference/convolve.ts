import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { kernelOf } from './basis.ts';
import { localCoefficients, type MatchingKernel } from './matching-kernel.ts';

export interface ConvolveTask {
  readonly kernel: MatchingKernel;
  /** Row-major, of the kernel's size; NaN without weight. */
  readonly source: Float32Array;
  /** The source convolved, plus the sky of the kernel; NaN where the kernel meets the edge or a pixel without weight. */
  readonly target: Float32Array;
}

/** The kernel is taken as constant over squares of so many pixels: a polynomial of the plane hardly changes there. */
const BLOCK = 16;

/** Convolves the rows of one part: target(x) = sum over u of kernel(u; x) source(x - u) + sky(x). */
export const convolveRows: Kernel<ConvolveTask, void> = ({ kernel, source, target }, part, parts) => {
  const { width, height, basis } = kernel;
  const { half } = basis;
  const side = 2 * half + 1;
  const { from, to } = rowsOfPart(height, part, parts);
  const local = new Float64Array(basis.elements.length + 1);
  const values = new Float64Array(side * side);
  for (let y0 = from; y0 < to; y0 += BLOCK) {
    const y1 = Math.min(to, y0 + BLOCK);
    for (let x0 = 0; x0 < width; x0 += BLOCK) {
      const x1 = Math.min(width, x0 + BLOCK);
      localCoefficients(kernel, (x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2, local);
      kernelOf(basis, local, values);
      const sky = local[basis.elements.length]!;
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) {
          if (x < half || y < half || x >= width - half || y >= height - half) {
            target[y * width + x] = Number.NaN;
            continue;
          }
          let sum = sky;
          let k = side * side - 1;
          for (let j = -half; j <= half; j++) {
            const row = (y + j) * width + x - half;
            for (let i = 0; i < side; i++, k--) sum += values[k]! * source[row + i]!;
          }
          target[y * width + x] = sum;
        }
      }
    }
  }
};
