import { solveAndInvert } from '../numeric/linear.ts';
import { matchTriangles } from './hypotheses.ts';
import { oddsAgainstChance } from './matching.ts';
import { nearestPoint, type PointGrid, pointGrid } from './point-grid.ts';
import { neighbourTriangles, type ShapeIndex, shapeIndex } from './triangles.ts';

/** A linear map of the plane: (x, y) -> (c[0] + c[1] x + c[2] y, c[3] + c[4] x + c[5] y). */
export type LinearMap = Float64Array;

export function applyLinear(map: LinearMap, x: number, y: number): { x: number; y: number } {
  return { x: map[0]! + map[1]! * x + map[2]! * y, y: map[3]! + map[4]! * x + map[5]! * y };
}

/** Star positions in the order of brightness, brightest first. */
export interface RankedPositions {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A frame that others are laid upon. */
export interface AlignmentBase {
  readonly positions: RankedPositions;
  readonly index: ShapeIndex;
  readonly bright: RankedPositions;
  readonly grid: PointGrid;
}

export interface Alignment {
  readonly map: LinearMap;
  /** Stars that fell on stars of the base, and the rms of their distances in one axis. */
  readonly nMatched: number;
  readonly rmsPx: number;
}

/** Bright stars whose triangles are compared; they must be more than a drift can push out of the frame. */
const BRIGHT_STARS = 80;
const NEIGHBOURS = 8;
const MIN_SIDE_PX = 8;
const MAX_HYPOTHESES = 20_000;
/** Frames of one camera hardly differ in scale; then two cameras are allowed for. */
const SCALES = [1.03, 3] as const;
/** A map that fails these brightest stars is not looked at further; one that serves this share is taken at once. */
const FIRST_LOOK = 20;
const CERTAIN_SHARE = 0.6;
const FIRST_TOLERANCE_PX = 3;
const LAST_TOLERANCE_PX = 1.5;
const PARAMETERS = 6;
/** Odds of a million to one after payment for every map that may have been tried. */
const MIN_LOG_ODDS = Math.log(1e6 * MAX_HYPOTHESES);
/** Fewer common stars prove nothing. */
const MIN_COMMON = 6;

/** Prepares a frame to lay others upon; undefined with fewer than six stars. */
export function alignmentBase(positions: RankedPositions): AlignmentBase | undefined {
  const n = positions.x.length;
  if (n < MIN_COMMON) return undefined;
  const bright = brightest(positions);
  const triangles = neighbourTriangles(bright.x, bright.y, bright.x.length, NEIGHBOURS, MIN_SIDE_PX);
  const grid = pointGrid(positions.x, positions.y, n, 2 * FIRST_TOLERANCE_PX);
  return { positions, index: shapeIndex(triangles), bright, grid };
}

/**
 * The linear map from one frame's pixels to the base's, whatever shift, turn, mirroring or scale lies between them:
 * triangles of neighbouring bright stars suggest maps, the one that brings most stars onto stars wins and is fitted to
 * all of them. Undefined when the stars it matches could be chance.
 */
export function align(positions: RankedPositions, base: AlignmentBase): Alignment | undefined {
  if (positions.x.length < MIN_COMMON) return undefined;
  for (const maxScale of SCALES) {
    const start = suggest(brightest(positions), base, maxScale);
    const found = start && proven(refine(start, positions, base), positions, base);
    if (found) return found;
  }
  return undefined;
}

/** The map that brings most of the bright stars onto stars of the base. */
function suggest(bright: RankedPositions, base: AlignmentBase, maxScale: number): LinearMap | undefined {
  const triangles = neighbourTriangles(bright.x, bright.y, bright.x.length, NEIGHBOURS, MIN_SIDE_PX);
  const limits = { minScale: 1 / maxScale, maxScale, jitterPx: 0.5, shear: 0.004, maxHypotheses: MAX_HYPOTHESES };
  const found = matchTriangles(bright, triangles, base.bright, base.index, limits, () => false);
  const few = { x: bright.x.subarray(0, FIRST_LOOK), y: bright.y.subarray(0, FIRST_LOOK) };
  let best: LinearMap | undefined;
  let most = MIN_COMMON - 1;
  for (let h = 0; h < found.count; h++) {
    const [a, b, c, d] = [found.a[h]!, found.b[h]!, found.c[h]!, found.d[h]!];
    const map = found.mirrored[h] ? Float64Array.of(c, a, b, d, b, -a) : Float64Array.of(c, a, -b, d, b, a);
    if (hitsOf(map, few, base.grid, FIRST_TOLERANCE_PX) < few.x.length / 5) continue;
    const hits = hitsOf(map, bright, base.grid, FIRST_TOLERANCE_PX);
    if (hits <= most) continue;
    most = hits;
    best = map;
    if (hits >= CERTAIN_SHARE * bright.x.length) break;
  }
  return best;
}

function brightest({ x, y }: RankedPositions): RankedPositions {
  return { x: x.slice(0, BRIGHT_STARS), y: y.slice(0, BRIGHT_STARS) };
}

function hitsOf(map: LinearMap, { x, y }: RankedPositions, grid: PointGrid, tolerance: number): number {
  let hits = 0;
  for (let k = 0; k < x.length; k++) {
    const px = map[0]! + map[1]! * x[k]! + map[2]! * y[k]!;
    const py = map[3]! + map[4]! * x[k]! + map[5]! * y[k]!;
    if (nearestPoint(grid, px, py, tolerance) >= 0) hits++;
  }
  return hits;
}

/** Least squares over the stars that fall on stars of the base, with a narrowing tolerance. */
function refine(start: LinearMap, positions: RankedPositions, base: AlignmentBase): Alignment {
  let map = start;
  let nMatched = 0;
  let rmsPx = Number.NaN;
  for (const tolerance of [FIRST_TOLERANCE_PX, FIRST_TOLERANCE_PX, LAST_TOLERANCE_PX, LAST_TOLERANCE_PX]) {
    const normal = new Float64Array(9);
    const rightX = new Float64Array(3);
    const rightY = new Float64Array(3);
    let squares = 0;
    nMatched = 0;
    for (let k = 0; k < positions.x.length; k++) {
      const row = [1, positions.x[k]!, positions.y[k]!];
      const { x, y } = applyLinear(map, row[1]!, row[2]!);
      const j = nearestPoint(base.grid, x, y, tolerance);
      if (j < 0) continue;
      nMatched++;
      squares += (base.grid.x[j]! - x) ** 2 + (base.grid.y[j]! - y) ** 2;
      for (let i = 0; i < 3; i++) {
        rightX[i]! += row[i]! * base.grid.x[j]!;
        rightY[i]! += row[i]! * base.grid.y[j]!;
        for (let l = 0; l < 3; l++) normal[3 * i + l]! += row[i]! * row[l]!;
      }
    }
    rmsPx = Math.sqrt(squares / Math.max(1, 2 * nMatched));
    if (!solveAndInvert(normal.slice(), rightX, 3) || !solveAndInvert(normal, rightY, 3)) break;
    map = Float64Array.of(...rightX, ...rightY);
  }
  return { map, nMatched, rmsPx };
}

/** The alignment where chance could not have matched as many stars, however many maps were tried; else undefined. */
function proven(found: Alignment, positions: RankedPositions, { grid }: AlignmentBase): Alignment | undefined {
  const area = grid.columns * grid.rows * grid.cell ** 2;
  const byChance = positions.x.length * Math.min(1, (grid.x.length * Math.PI * LAST_TOLERANCE_PX ** 2) / area);
  const odds = oddsAgainstChance(found.nMatched, PARAMETERS, byChance);
  return odds > MIN_LOG_ODDS && found.rmsPx < LAST_TOLERANCE_PX ? found : undefined;
}
