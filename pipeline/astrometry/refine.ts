import { gnomonicPosition, type SkyPosition } from '../../sky/sphere.ts';
import { projectStars, type StarCatalogue } from './catalogue.ts';
import { matchStars } from './matching.ts';
import { applyMap, fitMap, type MapFit, type Pairs } from './plane-map.ts';
import type { Points } from './point-grid.ts';
import { pointGrid } from './point-grid.ts';
import { fitRadialMap } from './radial-map.ts';
import { sipLength } from './sip.ts';

export interface Refinement {
  /** Where the image's centre looks. */
  readonly centre: SkyPosition;
  /** From pixels (from the image's centre) to the gnomonic plane about `centre`, in `unitRad`. */
  readonly fit: MapFit;
  readonly pairs: Pairs;
  /** Root mean square distance of the matched stars, units of the plane. */
  readonly rms: number;
}

interface Corner {
  readonly u: number;
  readonly v: number;
}

export interface RefineInput {
  readonly detections: Points;
  /** Places of all usable detections, brightest first. */
  readonly use: Int32Array;
  readonly catalogue: StarCatalogue;
  readonly epochYear: number;
  readonly corner: Corner;
  readonly unitRad: number;
  /** Where the centre is thought to be, and detections with their catalogue rows that say so. */
  readonly centre: SkyPosition;
  readonly detected: Int32Array;
  readonly rows: Int32Array;
}

const MAX_STARS = 1200;

/**
 * The final fit, on all detections and the catalogue cut to about their number: gnomonic about the image's own centre,
 * order of the distortion by leave-one-out residuals, tolerance from the residuals themselves. Undefined when the stars
 * do not carry a linear map.
 */
export function refine(input: RefineInput): Refinement | undefined {
  const { detections, corner, unitRad } = input;
  const use = input.use.subarray(0, MAX_STARS);
  const reach = Math.hypot(corner.u, corner.v);
  const radiusDeg = (Math.atan(1.1 * reach * unitRad) * 180) / Math.PI;
  let centre = input.centre;
  let detected = input.detected;
  let rows = input.rows;
  let model: Model | undefined;
  let result: Refinement | undefined;
  for (let round = 0; round < 4; round++) {
    const all = projectStars(input.catalogue, centre, radiusDeg, input.epochYear, 'gnomonic', unitRad);
    const count = Math.min(all.count, deepEnough(use.length));
    const grid = pointGrid(all.x, all.y, count, 0);
    const density = count / (Math.PI * (1.1 * reach) ** 2);
    const placeOfRow = new Map<number, number>();
    for (let k = 0; k < all.count; k++) placeOfRow.set(all.row[k]!, k);
    let pairs = pairsOf(detected, rows, placeOfRow);
    const fitPairs = (): Modelled | undefined =>
      (model && fitModel(detections, all, pairs, model, corner)) ?? bestFit(detections, all, pairs, corner);
    let fit = fitPairs();
    for (let pass = 0; pass < 2 && fit; pass++) {
      const tolerance = Math.min(0.3 / Math.sqrt(density), Math.max(0.8, 4 * fit.sigma));
      pairs = matchStars(detections, use, grid, fit.map, tolerance);
      fit = fitPairs();
    }
    if (!fit) return undefined;
    model = fit.model;
    const [x, y] = [fit.map.toX[0]!, fit.map.toY[0]!];
    centre = gnomonicPosition(centre, x * unitRad, y * unitRad);
    result = { centre, fit, pairs, rms: rmsDistance(detections, all, fit, pairs) };
    if (Math.hypot(x, y) < 1e-7) break;
    detected = pairs.detected;
    rows = pairs.known.map((k) => all.row[k]!);
  }
  return result;
}

/** Stars kept of the catalogue for this many detections: fainter ones would only be matched by chance. */
function deepEnough(detections: number): number {
  return Math.ceil(3 * detections) + 60;
}

function pairsOf(detected: Int32Array, rows: Int32Array, placeOfRow: Map<number, number>): Pairs {
  const pairs = { detected: new Int32Array(rows.length), known: new Int32Array(rows.length), count: 0 };
  for (let k = 0; k < rows.length; k++) {
    const place = placeOfRow.get(rows[k]!);
    if (place === undefined) continue;
    pairs.detected[pairs.count] = detected[k]!;
    pairs.known[pairs.count++] = place;
  }
  return pairs;
}

/** How the plane is modelled: a polynomial of this order, or linear with a radial distortion. */
type Model = 1 | 'radial' | 2 | 3 | 4 | 5;

/** Models by their number of parameters, and the stars that each must have: more for what lenses seldom need. */
const MODELS: readonly (readonly [model: Model, stars: number])[] = [
  [1, 3],
  ['radial', 10],
  [2, 2 * sipLength(2)],
  [3, 2 * sipLength(3)],
  [4, 4 * sipLength(4)],
  [5, 4 * sipLength(5)],
];

interface Modelled extends MapFit {
  readonly model: Model;
}

/** The model with the smallest leave-one-out residual; a larger one must gain two per cent. */
function bestFit(detections: Points, stars: Points, pairs: Pairs, corner: Corner): Modelled | undefined {
  let best: Modelled | undefined;
  for (const [model, needed] of MODELS) {
    if (pairs.count < needed) continue;
    const fit = fitModel(detections, stars, pairs, model, corner);
    if (fit && (!best || fit.leaveOneOut < 0.98 * best.leaveOneOut)) best = fit;
  }
  return best;
}

function fitModel(detections: Points, stars: Points, pairs: Pairs, model: Model, corner: Corner): Modelled | undefined {
  const fit =
    model === 'radial'
      ? fitRadialMap(detections, stars, pairs, corner)
      : fitMap(detections, stars, pairs, model, corner);
  return fit && { ...fit, model };
}

function rmsDistance(detections: Points, stars: Points, fit: MapFit, pairs: Pairs): number {
  const place = new Float64Array(2);
  let sum = 0;
  for (let k = 0; k < pairs.count; k++) {
    const i = pairs.detected[k]!;
    applyMap(fit.map, detections.x[i]!, detections.y[i]!, place);
    sum += (place[0]! - stars.x[pairs.known[k]!]!) ** 2 + (place[1]! - stars.y[pairs.known[k]!]!) ** 2;
  }
  return Math.sqrt(sum / Math.max(1, pairs.count));
}
