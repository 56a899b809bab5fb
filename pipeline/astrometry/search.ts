import { agreement, type Hypotheses, matchTriangles } from './hypotheses.ts';
import type { Frame, Sky } from './lists.ts';
import type { Points } from './point-grid.ts';
import { pointGrid } from './point-grid.ts';
import { fitSimilarity, type Similarity } from './similarity.ts';
import { localRanks, placesBelow } from './thin.ts';
import { neighbourTriangles, shapeIndex, type Triangles } from './triangles.ts';
import { plausible, type Verdict, type VerificationSet, verify } from './verify.ts';

/** One try: how many of the brightest detections, how deep the catalogue beside them, how large the neighbourhoods. */
export interface Attempt {
  readonly detections: number;
  /** Catalogue stars a field for each detection used. */
  readonly depth: number;
  readonly detectedNeighbours: number;
  readonly knownNeighbours: number;
  readonly jitterPx: number;
}

export const ATTEMPTS: readonly Attempt[] = [
  { detections: 60, depth: 1.2, detectedNeighbours: 8, knownNeighbours: 6, jitterPx: 0.7 },
  { detections: 35, depth: 1.2, detectedNeighbours: 9, knownNeighbours: 8, jitterPx: 1 },
  { detections: 110, depth: 1.2, detectedNeighbours: 8, knownNeighbours: 6, jitterPx: 0.7 },
  { detections: 60, depth: 2.4, detectedNeighbours: 10, knownNeighbours: 7, jitterPx: 1.2 },
  { detections: 60, depth: 0.6, detectedNeighbours: 12, knownNeighbours: 7, jitterPx: 1.2 },
];

/** A star stays in a list when fewer than this many brighter ones (for each unit of depth) are about it. */
const LOCAL_RANK = 6;
/** Odds of one to a thousand million against chance, for all that was tried together. */
const MIN_LOG_ODDS = Math.log(1e9);
/** Hypotheses are verified against a catalogue of this depth. */
const VERIFY_DEPTH = 2;
const MAX_HYPOTHESES = 200_000;
/** What a lens does to the shape of a small figure at the edge of its field. */
const SHEAR = 0.008;
/** Detections and catalogue stars closer together than this count as one. */
const TWIN_PX = 3;
/** Shorter sides than this are all noise. */
const MIN_SIDE_PX = 8;

/** A place that the matches prove. */
export interface Candidate {
  /** The image's centre on the sky's plane. */
  readonly planeX: number;
  readonly planeY: number;
  /** Places of detections in the frame's list, and of the stars they are in the sky's. */
  readonly detected: Int32Array;
  readonly known: Int32Array;
  readonly logOdds: number;
}

/** One try. `triedBefore` hypotheses were looked at before, which the odds must pay for. */
export function search(
  frame: Frame,
  sky: Sky,
  attempt: Attempt,
  triedBefore: number,
  isOver: () => boolean,
): { readonly tried: number; readonly candidate?: Candidate } {
  const fieldArea = 4 * frame.corner.u * frame.corner.v;
  const starsInField = (sky.stars.count / sky.area) * fieldArea;
  const wanted = Math.min(attempt.detections, frame.count, Math.max(15, 2.5 * starsInField));
  const radius = Math.sqrt((LOCAL_RANK * fieldArea) / (Math.PI * wanted));
  const bright = singles(frame, placesBelow(localRanks(frame.x, frame.y, frame.count, radius, LOCAL_RANK), LOCAL_RANK));
  const asked = pick(frame, bright);
  const deepest = Math.round(LOCAL_RANK * Math.max(attempt.depth, VERIFY_DEPTH));
  const ranks = localRanks(sky.stars.x, sky.stars.y, sky.stars.count, radius, deepest);
  const stars = pick(sky.stars, singles(sky.stars, placesBelow(ranks, Math.round(LOCAL_RANK * attempt.depth))));
  const detected = neighbourTriangles(asked.x, asked.y, bright.length, attempt.detectedNeighbours, MIN_SIDE_PX);
  const known = neighbourTriangles(stars.x, stars.y, stars.x.length, attempt.knownNeighbours, MIN_SIDE_PX);
  const limits = {
    minScale: sky.window.min,
    maxScale: sky.window.max,
    jitterPx: attempt.jitterPx,
    shear: SHEAR,
    maxHypotheses: MAX_HYPOTHESES,
  };
  const found = matchTriangles(asked, detected, stars, shapeIndex(known), limits, isOver);
  const tried = triedBefore + found.count;
  const verifierRows = singles(sky.stars, placesBelow(ranks, LOCAL_RANK * VERIFY_DEPTH));
  const verifiers = pick(sky.stars, verifierRows);
  const set: VerificationSet = {
    detections: asked,
    use: Int32Array.from(bright.keys()),
    stars: pointGrid(verifiers.x, verifiers.y, verifiers.x.length, 0),
    density: verifiers.x.length / sky.area,
    corner: frame.corner,
    minScale: sky.window.min,
    maxScale: sky.window.max,
  };
  const needed = MIN_LOG_ODDS + Math.log(Math.max(1, tried));
  const verdict = firstVerified(set, found, detected, stars, known, needed, isOver);
  if (!verdict) return { tried };
  const { map, pairs, logOdds } = verdict;
  return {
    tried,
    candidate: {
      planeX: map.toX[0]!,
      planeY: map.toY[0]!,
      detected: pairs.detected.map((i) => bright[i]!),
      known: pairs.known.map((k) => verifierRows[k]!),
      logOdds: logOdds - Math.log(Math.max(1, tried)),
    },
  };
}

/** The first hypothesis, those with most agreement first, whose odds reach what is needed. */
function firstVerified(
  set: VerificationSet,
  found: Hypotheses,
  detected: Triangles,
  stars: Points,
  known: Triangles,
  needed: number,
  isOver: () => boolean,
): Verdict | undefined {
  const diagonal = 2 * Math.hypot(set.corner.u, set.corner.v);
  const agreed = agreement(found, { shift: 0.02 * diagonal, turn: 0.03 }, isOver);
  const done = new Uint8Array(found.count);
  let asked = 0;
  for (const h of agreed.order) {
    if ((++asked & 127) === 0 && isOver()) return undefined;
    if (done[h] || !plausible(set, found, h, detected)) continue;
    const supporters = agreed.supporters(h);
    for (const supporter of supporters) done[supporter] = 1;
    const anchors = Int32Array.from(supporters.flatMap((s) => verticesOf(detected, found.detected[s]!)));
    const anchorStars = Int32Array.from(supporters.flatMap((s) => verticesOf(known, found.known[s]!)));
    const mirrored = found.mirrored[h] === 1;
    const similarity: Similarity | undefined = fitSimilarity(
      set.detections,
      stars,
      anchors,
      anchorStars,
      anchors.length,
      mirrored,
    );
    const verdict = similarity && verify(set, similarity, anchors);
    if (verdict && verdict.logOdds >= needed) return verdict;
  }
  return undefined;
}

function verticesOf(triangles: Triangles, n: number): number[] {
  return [triangles.vertices[3 * n]!, triangles.vertices[3 * n + 1]!, triangles.vertices[3 * n + 2]!];
}

/** Those without a brighter one next to them: a star listed twice would be two witnesses for one fact. */
function singles(points: Points, places: Int32Array): Int32Array {
  const { x, y } = pick(points, places);
  return placesBelow(localRanks(x, y, places.length, TWIN_PX, 1), 1).map((k) => places[k]!);
}

function pick(points: Points, places: Int32Array): Points {
  return { x: Float64Array.from(places, (i) => points.x[i]!), y: Float64Array.from(places, (i) => points.y[i]!) };
}
