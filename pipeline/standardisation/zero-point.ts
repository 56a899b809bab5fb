import { fitMixture, type LinearProblem, logDensity, type MixtureFit, residuals } from './mixture.ts';

/** Stars measured here and known there, one row a pair. NaN where unknown. */
export interface MagnitudePairs {
  readonly count: number;
  /** Reference minus instrumental magnitude. */
  readonly difference: Float64Array;
  /** Variance of it by both catalogues' errors. */
  readonly variance: Float64Array;
  /** Reference colour of the star less `colourPivot`; NaN where unknown. */
  readonly colour: Float64Array;
  /** StandardField in the frame, from -1 to 1 over its longer side. */
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/** Which terms stand beside the zero point. */
export type ZeroPointModel = 'constant' | 'colour' | 'plane' | 'colour+plane' | 'colour+quadratic' | 'quadratic';

const spatialTerms: Record<ZeroPointModel, number> = {
  constant: 0,
  colour: 0,
  plane: 2,
  'colour+plane': 2,
  quadratic: 5,
  'colour+quadratic': 5,
};

export function hasColour(model: ZeroPointModel): boolean {
  return model.startsWith('colour');
}

export interface ZeroPointFit extends MixtureFit {
  readonly model: ZeroPointModel;
  /** Pairs that entered. */
  readonly nUsed: number;
}

/** How well a model foretells pairs that it did not see. */
export interface HeldOut {
  /** Rows of `MagnitudePairs`, ascending, and the log density of each under a fit to others. */
  readonly rows: Int32Array;
  readonly logDensity: Float64Array;
}

const FOLDS = 10;

/**
 * Fits difference = zero point [+ k colour] [+ polynomial of place] robustly (see `fitMixture`). `colourSigma` is the
 * width of a Gaussian prior on k (Infinity: free). Undefined with too few pairs for the model.
 */
export function fitZeroPoint(
  pairs: MagnitudePairs,
  model: ZeroPointModel,
  colourSigma = Number.POSITIVE_INFINITY,
): ZeroPointFit | undefined {
  const rows = usableRows(pairs, hasColour(model));
  const problem = problemOf(pairs, rows, model);
  const fit = fitMixture(problem, priorOf(problem, model, colourSigma));
  return fit && { ...fit, model, nUsed: rows.length };
}

/** Deals the pairs to ten groups and judges each by the fit to the others. Undefined with too few pairs. */
export function heldOutDensity(
  pairs: MagnitudePairs,
  model: ZeroPointModel,
  colourSigma = Number.POSITIVE_INFINITY,
): HeldOut | undefined {
  const rows = usableRows(pairs, hasColour(model));
  const problem = problemOf(pairs, rows, model);
  const prior = priorOf(problem, model, colourSigma);
  const logDensities = new Float64Array(rows.length);
  const residual = new Float64Array(rows.length);
  const folds = Math.min(FOLDS, rows.length);
  const whole = fitMixture(problem, prior);
  for (let fold = 0; fold < folds; fold++) {
    const fit = fitMixture(withoutFold(problem, fold, folds), prior, whole);
    if (!fit) return undefined;
    residuals(problem, fit.coefficients, residual);
    for (let k = fold; k < rows.length; k += folds)
      logDensities[k] = logDensity(fit, residual[k]!, problem.variance[k]!);
  }
  return { rows, logDensity: logDensities };
}

/** Twice the sum of log densities by which `one` is ahead of `other` on the pairs of both, and their number. */
export function leadOf(one: HeldOut, other: HeldOut): { lead: number; shared: number } {
  let lead = 0;
  let shared = 0;
  let j = 0;
  for (let i = 0; i < one.rows.length; i++) {
    while (j < other.rows.length && other.rows[j]! < one.rows[i]!) j++;
    if (other.rows[j] !== one.rows[i]) continue;
    lead += 2 * (one.logDensity[i]! - other.logDensity[j]!);
    shared++;
  }
  return { lead, shared };
}

function priorOf(problem: LinearProblem, model: ZeroPointModel, colourSigma: number): Float64Array {
  const prior = new Float64Array(problem.terms).fill(Number.POSITIVE_INFINITY);
  if (hasColour(model)) prior[1] = colourSigma ** 2;
  return prior;
}

/** Standard error of the zero point (the value at the colour pivot and the middle of the frame). */
export function zeroPointError(fit: MixtureFit): number {
  return Math.sqrt(fit.covariance[0]!);
}

function usableRows({ count, difference, variance, colour }: MagnitudePairs, needColour: boolean): Int32Array {
  const rows = new Int32Array(count);
  let n = 0;
  for (let k = 0; k < count; k++) {
    if (!Number.isFinite(difference[k]!) || !Number.isFinite(variance[k]!)) continue;
    if (needColour && !Number.isFinite(colour[k]!)) continue;
    rows[n++] = k;
  }
  return rows.subarray(0, n);
}

function problemOf(pairs: MagnitudePairs, rows: Int32Array, model: ZeroPointModel): LinearProblem {
  const withColour = hasColour(model) ? 1 : 0;
  const spatial = spatialTerms[model];
  const terms = 1 + withColour + spatial;
  const count = rows.length;
  const design = new Float64Array(count * terms);
  const y = new Float64Array(count);
  const variance = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const k = rows[n]!;
    y[n] = pairs.difference[k]!;
    variance[n] = pairs.variance[k]!;
    let at = n * terms;
    design[at++] = 1;
    if (withColour) design[at++] = pairs.colour[k]!;
    if (spatial > 0) writePlace(design, at, pairs.u[k]!, pairs.v[k]!, spatial);
  }
  return { design, y, variance, count, terms };
}

/** u, v and, for five terms, their squares and product, the squares less their mean over the square frame. */
export function writePlace(into: Float64Array, at: number, u: number, v: number, terms: number): void {
  into[at] = u;
  into[at + 1] = v;
  if (terms < 5) return;
  into[at + 2] = u * u - 1 / 3;
  into[at + 3] = u * v;
  into[at + 4] = v * v - 1 / 3;
}

function withoutFold(problem: LinearProblem, fold: number, folds: number): LinearProblem {
  const { terms } = problem;
  const kept = problem.count - Math.ceil((problem.count - fold) / folds);
  const part = {
    design: new Float64Array(kept * terms),
    y: new Float64Array(kept),
    variance: new Float64Array(kept),
    count: kept,
    terms,
  };
  let n = 0;
  for (let k = 0; k < problem.count; k++) {
    if (k % folds === fold) continue;
    part.design.set(problem.design.subarray(k * terms, (k + 1) * terms), n * terms);
    part.y[n] = problem.y[k]!;
    part.variance[n++] = problem.variance[k]!;
  }
  return part;
}
