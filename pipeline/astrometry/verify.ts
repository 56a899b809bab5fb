import type { Hypotheses } from './hypotheses.ts';
import { chanceMatches, matchStars, oddsAgainstChance } from './matching.ts';
import { fitMap, type MapFit, type Pairs, type PlaneMap } from './plane-map.ts';
import { countWithin, type PointGrid, type Points } from './point-grid.ts';
import { fitSimilarity, mapOfSimilarity, type Similarity } from './similarity.ts';
import { sipLength } from './sip.ts';
import type { Triangles } from './triangles.ts';

/** What hypotheses are tested on. */
export interface VerificationSet {
  readonly detections: Points;
  /** The detections that are asked, brightest first. */
  readonly use: Int32Array;
  readonly stars: PointGrid;
  /** Stars per unit area of the plane. */
  readonly density: number;
  readonly corner: { readonly u: number; readonly v: number };
  readonly minScale: number;
  readonly maxScale: number;
}

export interface Verdict {
  readonly map: PlaneMap;
  readonly pairs: Pairs;
  /** Logarithm of the odds against chance for this one hypothesis; the number of those tried is not yet paid for. */
  readonly logOdds: number;
}

/** Where a third of the detections match, so many in a row miss in one case of a hundred. */
const GIVE_UP_AFTER = 12;
/** Below this a linear map will not come to anything. */
const WORTH_ANOTHER_ROUND = -2;
/** Below this a linear map is not worth a closer look. */
const WORTH_A_LOOK = 6;
/** What the quick look must find for a full test: one in some dozens of wrong ones does. */
const PLAUSIBLE = 4;
/** Each hypothesis is looked at with three orders and tolerances taken from the data; this pays for the choice. */
const LOOKS = Math.log(30);
/** A pixel of a camera is square; more stretch than this is no camera. */
const MAX_STRETCH = 1.06;

/**
 * A first quick look: whether, within three sides of the triangle of detections, at least three others fall on stars and
 * more than chance would bring. The tolerance grows with the distance, as the error of a small triangle does.
 */
export function plausible(set: VerificationSet, found: Hypotheses, h: number, detected: Triangles): boolean {
  const { detections, use, stars, density } = set;
  const { x, y } = detections;
  const t = found.detected[h]!;
  const [p, q, r] = [detected.vertices[3 * t]!, detected.vertices[3 * t + 1]!, detected.vertices[3 * t + 2]!];
  const centreX = (x[p]! + x[q]! + x[r]!) / 3;
  const centreY = (y[p]! + y[q]! + y[r]!) / 3;
  const side = detected.longest[t]!;
  const [a, b, c, d] = [found.a[h]!, found.b[h]!, found.c[h]!, found.d[h]!];
  const sign = found.mirrored[h] === 1 ? -1 : 1;
  let matched = 0;
  let expected = 0;
  let looked = 0;
  for (let k = 0; k < use.length; k++) {
    const i = use[k]!;
    if (i === p || i === q || i === r) continue;
    const distance = Math.hypot(x[i]! - centreX, y[i]! - centreY);
    if (distance > 3 * side) continue;
    const tolerance = 2 + (2 / side + 0.008) * distance;
    const flipped = sign * y[i]!;
    expected += Math.PI * tolerance * tolerance * density;
    matched += countWithin(stars, a * x[i]! - b * flipped + c, b * x[i]! + a * flipped + d, tolerance, 1);
    if (++looked === GIVE_UP_AFTER && matched === 0) return false;
  }
  return matched >= 3 && oddsAgainstChance(matched, 0, expected) > PLAUSIBLE;
}

/**
 * Lays a hypothesis on the catalogue: matches near the stars it came from (`anchors`), fits, reaches out over the frame,
 * fits again with ever smaller tolerance, then with distortion, and gives the best verdict of these.
 */
export function verify(set: VerificationSet, similarity: Similarity, anchors: Int32Array): Verdict | undefined {
  const { detections, use, corner, density } = set;
  const reach = Math.hypot(corner.u, corner.v);
  const scale = Math.hypot(similarity.a, similarity.b);
  const widest = Math.min(0.012 * reach * 2 * scale, 0.3 / Math.sqrt(density));
  let map: PlaneMap = mapOfSimilarity(similarity, reach);
  const near = nearAnchors(detections, use, anchors, 0.55 * reach);
  const close = matchStars(detections, near, set.stars, map, 0.6 * widest);
  if (close.count < 4) return undefined;
  const local = fitSimilarity(detections, set.stars, close.detected, close.known, close.count, similarity.mirrored);
  if (local) map = mapOfSimilarity(local, reach);
  let best: Verdict | undefined;
  let tolerance = widest;
  for (let round = 0; round < 5; round++) {
    const pairs = matchStars(detections, use, set.stars, map, tolerance);
    if (round >= 2) best = better(best, weigh(set, map, pairs, tolerance));
    if (best && best.logOdds < WORTH_ANOTHER_ROUND) return undefined;
    const fit = pairs.count >= 5 ? fitMap(detections, set.stars, pairs, 1, corner) : undefined;
    if (!fit || !isCamera(fit.map, set)) break;
    map = fit.map;
    tolerance = nextTolerance(fit, widest, scale);
  }
  if (!best || best.logOdds < WORTH_A_LOOK) return best;
  for (const order of [2, 3]) {
    let pairs = best.pairs;
    for (let round = 0; round < 2; round++) {
      const fit: MapFit | undefined =
        pairs.count >= 2 * sipLength(order) ? fitMap(detections, set.stars, pairs, order, corner) : undefined;
      if (!fit) return best;
      const closer = nextTolerance(fit, widest, scale);
      pairs = matchStars(detections, use, set.stars, fit.map, closer);
      best = better(best, weigh(set, fit.map, pairs, closer));
    }
  }
  return best;
}

function weigh(
  { detections, use, stars, density }: VerificationSet,
  map: PlaneMap,
  pairs: Pairs,
  tolerance: number,
): Verdict {
  const chance = chanceMatches(detections, use, stars, density, map, tolerance);
  return { map, pairs, logOdds: oddsAgainstChance(pairs.count, 2 * sipLength(map.order), chance) - LOOKS };
}

function better(a: Verdict | undefined, b: Verdict): Verdict {
  return a && a.logOdds >= b.logOdds ? a : b;
}

/** Three and a half sigma, not below a pixel and a half nor above the widest. */
function nextTolerance(fit: MapFit, widest: number, scale: number): number {
  return Math.min(widest, Math.max(1.5 * scale, 3.5 * fit.sigma));
}

function nearAnchors(detections: Points, use: Int32Array, anchors: Int32Array, radius: number): Int32Array {
  let x = 0;
  let y = 0;
  for (const i of anchors) {
    x += detections.x[i]! / anchors.length;
    y += detections.y[i]! / anchors.length;
  }
  return use.filter((i) => Math.hypot(detections.x[i]! - x, detections.y[i]! - y) <= radius);
}

/** Whether a linear map has the pixels of a camera: nearly square, and of a size within the window. */
function isCamera(map: PlaneMap, set: VerificationSet): boolean {
  const [xu, xv, yu, yv] = [map.toX[1]!, map.toX[2]!, map.toY[1]!, map.toY[2]!];
  const sum = xu * xu + xv * xv + yu * yu + yv * yv;
  const area = Math.abs(xu * yv - xv * yu);
  const stretch = (Math.sqrt(sum + 2 * area) + Math.sqrt(Math.max(0, sum - 2 * area))) / 2;
  const other = area / stretch;
  const scale = Math.sqrt(area) / map.normPx;
  return stretch <= MAX_STRETCH * other && scale >= 0.97 * set.minScale && scale <= 1.03 * set.maxScale;
}
