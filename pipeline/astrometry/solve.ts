import { stereographicPosition } from '../../sky/sphere.ts';
import { catalogueRows } from './catalogue.ts';
import { type Frame, prepareDetections, prepareSky, type Sky, scaleWindows } from './lists.ts';
import { refusal, type SolveInput } from './problem.ts';
import { refine } from './refine.ts';
import { ATTEMPTS, type Candidate, search } from './search.ts';
import { wcsOfMap } from './solution.ts';
import { orientation, type Wcs } from './wcs.ts';

export type Solution = Solved | NotSolved;

export interface Solved {
  readonly solved: true;
  readonly wcs: Wcs;
  /** The centre of the image. */
  readonly raDeg: number;
  readonly decDeg: number;
  readonly scaleArcsecPerPx: number;
  /** Position angle of +y, north through east. */
  readonly rotationDeg: number;
  /** The sign of det CD. */
  readonly parity: 1 | -1;
  /** Root mean square distance between matched detections and their stars. */
  readonly rmsArcsec: number;
  readonly nMatched: number;
  /** Natural logarithm of the odds against this being chance, all tries paid for. */
  readonly logOdds: number;
}

export interface NotSolved {
  readonly solved: false;
  readonly reason: string;
}

const MIN_STARS = 6;

/**
 * Where an image looks, from the places of its stars. A wrong answer is never given: what is given has odds of more than
 * 10^9 to 1 against chance. `isOver` is asked now and then; once it says true, the work ends unsolved.
 *
 * The method: both lists are cut to equal local density; triangles of neighbouring stars are laid on each other where
 * shape and size agree (Groth 1986; Valdes et al. 1995), in any turn and mirroring; triangles of the true place agree
 * with one another, which ranks them; each is then laid on the catalogue and judged by the number of matches against
 * the number that chance would bring. See docs/astrometry.md.
 */
export function solveField(input: SolveInput, isOver: () => boolean = () => false): Solution {
  const wrong = refusal(input);
  if (wrong) return { solved: false, reason: wrong };
  const frame = prepareDetections(input);
  if (frame.count < MIN_STARS) {
    return { solved: false, reason: `only ${frame.count} usable detections; at least ${MIN_STARS} are needed` };
  }
  const windows = scaleWindows(input.scale);
  const skies = windows.map((window) => prepareSky(input, window));
  if (skies.every((sky) => sky.stars.count < MIN_STARS)) {
    return {
      solved: false,
      reason: `the catalogue holds fewer than ${MIN_STARS} stars within ${input.hint.radiusDeg} deg of the hinted position`,
    };
  }
  let tried = 0;
  for (const attempt of ATTEMPTS.slice(0, input.attempts)) {
    for (const sky of skies) {
      if (isOver()) return { solved: false, reason: 'the time allowed for solving ran out' };
      const result = search(frame, sky, attempt, tried, isOver);
      tried = result.tried;
      const solution = result.candidate && finish(input, frame, sky, result.candidate);
      if (solution) return solution;
    }
  }
  return isOver()
    ? { solved: false, reason: 'the time allowed for solving ran out' }
    : { solved: false, reason: 'no place within the hint matches the detections beyond doubt' };
}

/** The final fit of what the search has found; undefined when it does not hold against all stars. */
function finish(input: SolveInput, frame: Frame, sky: Sky, candidate: Candidate): Solved | undefined {
  const { stars, unitRad } = sky;
  const reach = 1.3 * sky.window.max * Math.hypot(frame.corner.u, frame.corner.v);
  const near = new Int32Array(stars.count);
  const placeAmongNear = new Int32Array(stars.count).fill(-1);
  let count = 0;
  for (let k = 0; k < stars.count; k++) {
    if (Math.hypot(stars.x[k]! - candidate.planeX, stars.y[k]! - candidate.planeY) > reach) continue;
    placeAmongNear[k] = count;
    near[count++] = stars.row[k]!;
  }
  const refined = refine({
    detections: frame,
    use: frame.all,
    catalogue: catalogueRows(input.catalogue, near.subarray(0, count)),
    epochYear: input.epochYear,
    corner: frame.corner,
    unitRad,
    centre: stereographicPosition(input.hint, candidate.planeX * unitRad, candidate.planeY * unitRad),
    detected: candidate.detected,
    rows: candidate.known.map((k) => placeAmongNear[k]!),
  });
  if (!refined || refined.pairs.count < candidate.known.length / 2) return undefined;
  const crpix = { x: frame.corner.u, y: frame.corner.v };
  const wcs = wcsOfMap(refined.fit.map, refined.centre, unitRad, crpix, frame.corner);
  return {
    solved: true,
    wcs,
    ...refined.centre,
    ...orientation(wcs),
    rmsArcsec: refined.rms * sky.window.arcsecPerPx,
    nMatched: refined.pairs.count,
    logOdds: candidate.logOdds,
  };
}
