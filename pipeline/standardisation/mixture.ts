import { solveAndInvert } from '../numeric/linear.ts';
import { halfSampleMode, medianOf } from '../numeric/statistics.ts';

/** Data of a linear model y = X b + noise; `design` holds the rows of X one after the other, its first column is 1. */
export interface LinearProblem {
  readonly design: Float64Array;
  readonly y: Float64Array;
  /** Known variance of each y. */
  readonly variance: Float64Array;
  readonly count: number;
  readonly terms: number;
}

export interface MixtureFit {
  readonly coefficients: Float64Array;
  /** Covariance of the coefficients, row by row. */
  readonly covariance: Float64Array;
  /** Scatter beyond the known errors, one sigma. */
  readonly intrinsicScatter: number;
  /** Scatter of the good points about the model, errors and all: their weighted rms. */
  readonly scatter: number;
  readonly outlierFraction: number;
}

/** Standard deviation of outliers about the model, magnitudes: mismatches, blends, variables. */
const OUTLIER_SIGMA = 1.5;
/** No photometry repeats better than this: keeps a chance agreement of few points from looking exact. */
const MIN_SCATTER = 0.002;
const MAX_OUTLIER_FRACTION = 0.6;
const ITERATIONS = 200;

/**
 * Robust linear regression: each point comes either from the model with its known error and a common intrinsic scatter,
 * or from a broad population of outliers; coefficients, scatter and outlier fraction are found by maximum likelihood
 * with the EM algorithm (Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39, 1; for data with outliers Hogg, Bovy &
 * Lang 2010, arXiv:1008.4686, sect. 3). `priorVariance` holds the variance of a Gaussian prior about zero for each
 * coefficient (Infinity: none). The scatter is corrected for the number of coefficients. `near` is a fit to much the same
 * points to start from. Undefined with no more points than coefficients or when the design is degenerate.
 */
export function fitMixture(
  problem: LinearProblem,
  priorVariance: ArrayLike<number>,
  near?: MixtureFit,
): MixtureFit | undefined {
  const { design, y, variance, count, terms } = problem;
  if (count <= terms) return undefined;
  const coefficients = near ? near.coefficients.slice() : new Float64Array(terms);
  if (!near) coefficients[0] = halfSampleMode(y.slice(0, count));
  let covariance = new Float64Array(terms * terms);
  const residual = new Float64Array(count);
  const member = new Float64Array(count);
  residuals(problem, coefficients, residual);
  let scatter2 = near ? near.intrinsicScatter ** 2 : startScatter(residual) ** 2;
  let outliers = near ? near.outlierFraction : 0.1;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    let members = 0;
    for (let k = 0; k < count; k++) {
      const core = (1 - outliers) * gauss(residual[k]!, variance[k]! + scatter2);
      const wide = outliers * gauss(residual[k]!, variance[k]! + OUTLIER_SIGMA ** 2);
      member[k] = core / (core + wide);
      members += member[k]!;
    }
    // A weak prior, one outlier in ten of ten points, keeps the fraction off both ends.
    outliers = Math.min(MAX_OUTLIER_FRACTION, (count - members + 1) / (count + 10));
    const normal = new Float64Array(terms * terms);
    const right = new Float64Array(terms);
    for (let k = 0; k < count; k++) {
      const weight = member[k]! / (variance[k]! + scatter2);
      for (let i = 0; i < terms; i++) {
        const di = weight * design[k * terms + i]!;
        right[i]! += di * y[k]!;
        for (let j = 0; j <= i; j++) normal[i * terms + j]! += di * design[k * terms + j]!;
      }
    }
    for (let i = 0; i < terms; i++) normal[i * terms + i]! += 1 / priorVariance[i]!;
    if (!solveAndInvert(normal, right, terms)) return undefined;
    covariance = normal;
    let moved = 0;
    for (let i = 0; i < terms; i++) {
      moved = Math.max(moved, Math.abs(right[i]! - coefficients[i]!));
      coefficients[i] = right[i]!;
    }
    residuals(problem, coefficients, residual);
    const before = scatter2;
    const freedom = Math.max(0.2, (members - terms) / Math.max(members, 1e-9));
    scatter2 = bestScatter2(residual, variance, member, count, freedom, scatter2);
    if (moved < 1e-5 && Math.abs(scatter2 - before) < 5e-4 * before) break;
  }
  let sumWeights = 0;
  let sumSquares = 0;
  for (let k = 0; k < count; k++) {
    const weight = member[k]! / (variance[k]! + scatter2);
    sumWeights += weight;
    sumSquares += weight * residual[k]! ** 2;
  }
  return {
    coefficients,
    covariance,
    intrinsicScatter: Math.sqrt(scatter2),
    scatter: Math.sqrt(sumSquares / sumWeights),
    outlierFraction: outliers,
  };
}

/** Log of the density that the fitted mixture gives to a residual of known variance. */
export function logDensity(fit: MixtureFit, residual: number, variance: number): number {
  const core = (1 - fit.outlierFraction) * gauss(residual, variance + fit.intrinsicScatter ** 2);
  const wide = fit.outlierFraction * gauss(residual, variance + OUTLIER_SIGMA ** 2);
  return Math.log(Math.max(core + wide, 1e-300));
}

/** y - X b of every point, into `into`. */
export function residuals(problem: LinearProblem, coefficients: Float64Array, into: Float64Array): Float64Array {
  const { design, y, count, terms } = problem;
  for (let k = 0; k < count; k++) {
    let model = 0;
    for (let i = 0; i < terms; i++) model += design[k * terms + i]! * coefficients[i]!;
    into[k] = y[k]! - model;
  }
  return into;
}

function startScatter(residual: Float64Array): number {
  return Math.max(0.01, 1.4826 * medianOf(residual.map(Math.abs)));
}

/**
 * The intrinsic variance that maximises the likelihood of the members: the root of sum m w^2 (r^2/freedom - v - s^2),
 * w = 1/(v + s^2), by its fixed-point form.
 */
function bestScatter2(
  residual: Float64Array,
  variance: Float64Array,
  member: Float64Array,
  count: number,
  freedom: number,
  start: number,
): number {
  let scatter2 = start;
  for (let step = 0; step < 4; step++) {
    let above = 0;
    let below = 0;
    for (let k = 0; k < count; k++) {
      const weight = member[k]! / (variance[k]! + scatter2) ** 2;
      above += weight * (residual[k]! ** 2 / freedom - variance[k]!);
      below += weight;
    }
    scatter2 = Math.max(MIN_SCATTER ** 2, above / Math.max(below, 1e-300));
  }
  return scatter2;
}

function gauss(residual: number, variance: number): number {
  return Math.exp((-0.5 * residual * residual) / variance) / Math.sqrt(2 * Math.PI * variance);
}
