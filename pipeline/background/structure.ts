import { medianInPlace } from '../numeric/robust.ts';
import { settleSky } from './background.ts';
import type { SkyMap } from './map.ts';

/**
 * Makes a map of small cells, where the sky has structure: a cell keeps as much of its difference from the smooth course
 * of its neighbours as is neither noise nor `scatterExcess`, by how much such differences hereabouts exceed it (a local Wiener filter: Lee 1980,
 * IEEE Trans. PAMI 2, 165).
 * @param noise variance of the level of a cell over that of a pixel.
 * @returns false when no cell had a value at all.
 */
export function settleStructure(map: SkyMap, level: Float32Array, variance: Float32Array, noise: number): boolean {
  const { nx, ny } = map;
  if (!settleSky(map, level, variance)) return false;
  // settleSky has filled the gaps of `level` and left its median in the map.
  for (let c = 0; c < level.length; c++) {
    const limit = SPOILT_SIGMA * Math.sqrt(map.variance[c]!);
    if (Math.abs(level[c]! - map.level[c]!) > limit) level[c] = map.level[c]!;
  }
  const own = noise * scatterExcess(map, level, noise);
  map.level.set(level);
  smoothLevel(map);
  const detail = level.map((value, c) => value - map.level[c]!);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const c = j * nx + i;
      const power = meanSquareAbout(detail, nx, ny, i, j);
      const share = power > 0 ? 1 - (DETAIL_NOISE * own * map.variance[c]!) / power : 0;
      if (share > 0) map.level[c]! += share * detail[c]!;
    }
  }
  return true;
}

/**
 * By how much the levels of neighbouring cells differ more than the noise of their pixels makes them, at least 1: by the
 * light of stars that are not told apart, which no neighbour foretells. Of [1 -2 1] along both axes, whose weights' squares sum to 36 and
 * which waves along either axis, ridges and gradients leave at zero, the median square is 0.455 of the mean.
 * @param noise variance of the level of a cell over that of a pixel.
 */
export function scatterExcess({ nx, ny, variance }: SkyMap, level: Float32Array, noise: number): number {
  const ratios: number[] = [];
  for (let j = 1; j < ny - 1; j++) {
    for (let i = 1; i < nx - 1; i++) {
      const bend = (c: number) => level[c - 1]! - 2 * level[c]! + level[c + 1]!;
      const c = j * nx + i;
      const twist = bend(c - nx) - 2 * bend(c) + bend(c + nx);
      ratios.push(twist ** 2 / (36 * noise * variance[c]!));
    }
  }
  return ratios.length === 0 ? 1 : Math.max(1, medianInPlace(Float64Array.from(ratios), ratios.length) / 0.455);
}

/** A cell so many sigmas of a pixel off the median of its neighbours is spoilt by a galaxy or a bad star. */
const SPOILT_SIGMA = 1;
/** Of independent cells, the variance of the difference from their smooth course: 1 - 2 / 4 + (3 / 8)^2. */
const DETAIL_NOISE = 0.64;
/** Differences are gathered from squares of five cells. */
const NEAR_CELLS = 2;

function meanSquareAbout(field: Float32Array, nx: number, ny: number, i: number, j: number): number {
  let sum = 0;
  let n = 0;
  for (let y = Math.max(0, j - NEAR_CELLS); y <= Math.min(ny - 1, j + NEAR_CELLS); y++) {
    for (let x = Math.max(0, i - NEAR_CELLS); x <= Math.min(nx - 1, i + NEAR_CELLS); x++, n++) {
      sum += field[y * nx + x]! ** 2;
    }
  }
  return sum / n;
}

/**
 * Smooths the levels of a map by the binomial weights 1 2 1 along both axes; at an edge the last cells go on by the
 * straight line through them, so that a gradient stays as it is.
 */
export function smoothLevel({ level, nx, ny }: SkyMap): void {
  for (let j = 0; j < ny; j++) smoothLine(level, j * nx, 1, nx);
  for (let i = 0; i < nx; i++) smoothLine(level, i, nx, ny);
}

function smoothLine(level: Float32Array, from: number, step: number, n: number): void {
  let before = level[from]!;
  for (let k = 1; k < n - 1; k++) {
    const at = from + k * step;
    const here = level[at]!;
    level[at] = 0.25 * (before + 2 * here + level[at + step]!);
    before = here;
  }
}
