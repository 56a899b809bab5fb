import type { PsfField } from '../model/psf-field.ts';
import { evaluatePsf, shapeAt } from '../model/psf-field.ts';
import { kernelAt, kernelSum, type MatchingKernel } from './matching-kernel.ts';

/** Nodes along each side of the plane: the kernel is a polynomial of low degree. */
const NODES = 7;

/**
 * The PSF of an image that was convolved: each node's table, blended from the old ones, convolved with the kernel there,
 * brought to unit sum. The wings beyond the tables stay those of the old profile.
 */
export function convolvePsf(psf: PsfField, kernel: MatchingKernel): PsfField {
  const { size, oversample, width, height } = psf;
  const area = size * size;
  const tables = new Float32Array(new SharedArrayBuffer(4 * area * NODES * NODES));
  const shapes = new Float64Array(new SharedArrayBuffer(8 * 4 * NODES * NODES));
  const { half } = kernel.basis;
  const side = 2 * half + 1;
  const values = new Float64Array(side * side);
  for (let j = 0; j < NODES; j++) {
    for (let i = 0; i < NODES; i++) {
      const x = (i * (width - 1)) / (NODES - 1);
      const y = (j * (height - 1)) / (NODES - 1);
      const node = j * NODES + i;
      const { lnAlpha, e1, e2, beta } = shapeAt(psf, x, y);
      shapes.set([lnAlpha, e1, e2, beta], 4 * node);
      kernelAt(kernel, x, y, values);
      const from = blendedTable(psf, i / (NODES - 1), j / (NODES - 1));
      const to = tables.subarray(node * area, (node + 1) * area);
      for (let b = -half; b <= half; b++) {
        for (let a = -half; a <= half; a++) {
          const weight = values[(b + half) * side + a + half]! / kernelSum(kernel);
          addShifted(to, from, size, a * oversample, b * oversample, weight);
        }
      }
    }
  }
  const made: PsfField = { ...psf, nodesX: NODES, nodesY: NODES, tables, shapes };
  return { ...made, ...widthOf(made) };
}

function blendedTable(psf: PsfField, u: number, v: number): Float64Array {
  const { nodesX, nodesY, size, tables } = psf;
  const area = size * size;
  const table = new Float64Array(area);
  const split = (fraction: number, nodes: number) => {
    const node = Math.min(Math.max(0, nodes - 2), Math.floor(fraction * (nodes - 1)));
    return { node, rest: nodes > 1 ? fraction * (nodes - 1) - node : 0 };
  };
  const bx = split(u, nodesX);
  const by = split(v, nodesY);
  for (const [dj, wy] of [
    [0, 1 - by.rest],
    [1, by.rest],
  ] as const) {
    for (const [di, wx] of [
      [0, 1 - bx.rest],
      [1, bx.rest],
    ] as const) {
      if (wx * wy === 0) continue;
      const from = ((by.node + dj) * nodesX + bx.node + di) * area;
      for (let k = 0; k < area; k++) table[k]! += wx * wy * tables[from + k]!;
    }
  }
  return table;
}

function addShifted(to: Float32Array, from: Float64Array, size: number, dx: number, dy: number, weight: number): void {
  for (let j = Math.max(0, dy); j < Math.min(size, size + dy); j++) {
    for (let i = Math.max(0, dx); i < Math.min(size, size + dx); i++) {
      to[j * size + i]! += weight * from[(j - dy) * size + i - dx]!;
    }
  }
}

/** Sum of squares of a centred star at the middle, and the FWHM of the Gaussian-like core that has as much. */
function widthOf(psf: PsfField): Pick<PsfField, 'fwhmPx' | 'sumSquares'> {
  const squares = (one: PsfField): number => {
    const n = 2 * one.half + 1;
    const stamp = new Float64Array(n * n);
    const x = Math.round(one.width / 2);
    const y = Math.round(one.height / 2);
    evaluatePsf(one, x, y, x - one.half, y - one.half, n, n, stamp);
    return stamp.reduce((sum, value) => sum + value * value, 0);
  };
  const sumSquares = squares(psf);
  return { sumSquares, fwhmPx: psf.fwhmPx * Math.sqrt(psf.sumSquares / sumSquares) };
}
