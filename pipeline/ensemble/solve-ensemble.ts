import { solveAndInvert } from '../numeric/linear.ts';
import { medianOf } from '../numeric/statistics.ts';

/** Magnitudes f of star j in frame i, one row an observation. */
export interface Observations {
  readonly frame: Int32Array;
  readonly star: Int32Array;
  readonly mag: Float64Array;
  /** Known variance of each magnitude. */
  readonly variance: Float64Array;
  readonly count: number;
  readonly nFrames: number;
  readonly nStars: number;
  /** Place of each star: 0, 0 where the zero point is wanted, about -1 to 1 over the field. */
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** Arcsec of one unit of u and v. */
  readonly unitArcsec: number;
}

export interface EnsembleSolution {
  /** f = zero point of the frame (at u = v = 0) + its gradient + magnitude of the star; NaN without comparison stars. */
  readonly zeroPoint: Float64Array;
  readonly zeroPointErr: Float64Array;
  /** The gradient: its change by one unit of u and of v. */
  readonly gradientU: Float64Array;
  readonly gradientV: Float64Array;
  /** Gauge: the light of all comparison stars together has magnitude 0. NaN for a star that was not observed. */
  readonly starMag: Float64Array;
  /** Scatter of a star from frame to frame beyond its known errors. */
  readonly starScatter: Float64Array;
  /** Root mean square of a star's residuals, large ones cut at three sigma: how well it repeats. */
  readonly starRms: Float64Array;
  /** By how much known errors are too large: below 1 where stars repeat better than their errors say. */
  readonly errorScale: number;
  /** Typical gradient of a frame's zero point over half the field, magnitudes. */
  readonly gradientSigma: number;
  /** Comparison stars whose weight counts. */
  readonly nComparison: number;
}

/** No star repeats better than this: keeps the solution from resting on one star that agrees with itself. */
const MIN_SCATTER = 0.001;
/** A star must not carry more than this share of a frame's weight while there are others. */
const MAX_SHARE = 0.3;
/** Beyond this many sigma an observation loses weight (Huber 1964, Ann. Math. Stat. 35, 73). */
const HUBER_SIGMA = 2.5;
const ITERATIONS = 300;
const MIN_GRADIENT_SIGMA = 1e-4;
/** Median of chi square with one degree of freedom. */
const MEDIAN_CHI2 = 0.4549;

/** The solution while it is being found. */
interface State {
  readonly zeroPoint: Float64Array;
  readonly zeroPointErr: Float64Array;
  readonly gradientU: Float64Array;
  readonly gradientV: Float64Array;
  readonly frameWeight: Float64Array;
  readonly starMag: Float64Array;
  readonly starScatter: Float64Array;
  readonly weight: Float64Array;
  gradientSigma: number;
  errorScale: number;
}

/**
 * Inhomogeneous ensemble photometry (Honeycutt 1992, PASP 104, 435): the weighted least-squares solution of
 * f_ij = ZP_i + g_i . (u, v)_j + m_j over all frames and comparison stars, found by turns. Weights follow from the known
 * errors and each star's own scatter, which is estimated from residuals against a solution that the star itself has not
 * pulled; outlying observations count less. The gradients g_i (drifting stars, flat fields, haze) are drawn towards
 * zero by a Gaussian prior whose width is found from the frames themselves by EM, so that they vanish where the data
 * carry none. Only rows of comparison stars should be given.
 */
export function solveEnsemble(observations: Observations): EnsembleSolution {
  const { frame, star, count, nFrames, nStars } = observations;
  const state: State = {
    zeroPoint: new Float64Array(nFrames).fill(Number.NaN),
    zeroPointErr: new Float64Array(nFrames).fill(Number.NaN),
    gradientU: new Float64Array(nFrames),
    gradientV: new Float64Array(nFrames),
    frameWeight: new Float64Array(nFrames),
    starMag: new Float64Array(nStars).fill(Number.NaN),
    starScatter: new Float64Array(nStars).fill(0.02),
    weight: new Float64Array(count),
    gradientSigma: 0.003,
    errorScale: 1,
  };
  const huber = new Float64Array(count).fill(1);
  startMagnitudes(observations, state.starMag);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    for (let k = 0; k < count; k++) state.weight[k] = huber[k]! / totalVariance(observations, state, k);
    limitShares(observations, state.weight);
    const moved = fitFrames(observations, state);
    fitStars(observations, state);
    for (let k = 0; k < count; k++) {
      const pull = Math.abs(residualOf(observations, state, k)) / Math.sqrt(totalVariance(observations, state, k));
      huber[k] = pull > HUBER_SIGMA ? HUBER_SIGMA / pull : 1;
    }
    updateNoise(observations, state);
    if (iteration > 15 && moved < 1e-6) break;
  }
  const used = new Uint8Array(nStars);
  for (let k = 0; k < count; k++) if (state.weight[k]! > 0.002 * state.frameWeight[frame[k]!]!) used[star[k]!] = 1;
  const { zeroPoint, zeroPointErr, gradientU, gradientV, starMag, starScatter, errorScale, gradientSigma } = state;
  const starRms = repeatability(observations, state);
  setGauge(zeroPoint, starMag, used);
  const nComparison = used.reduce((sum, one) => sum + one, 0);
  const zero = { zeroPoint, zeroPointErr, gradientU, gradientV };
  return { ...zero, starMag, starScatter, starRms, errorScale, gradientSigma, nComparison };
}

function totalVariance({ variance, star }: Observations, { errorScale, starScatter }: State, k: number): number {
  return variance[k]! * errorScale ** 2 + starScatter[star[k]!]! ** 2;
}

function residualOf({ frame, star, mag, u, v }: Observations, state: State, k: number): number {
  const i = frame[k]!;
  const j = star[k]!;
  return mag[k]! - state.zeroPoint[i]! - state.gradientU[i]! * u[j]! - state.gradientV[i]! * v[j]! - state.starMag[j]!;
}

/** Zero point and gradient of every frame; gives the largest change of a zero point. */
function fitFrames({ frame, star, mag, u, v, count, nFrames }: Observations, state: State): number {
  const { weight, starMag, zeroPoint, frameWeight } = state;
  const normals = new Float64Array(9 * nFrames);
  const rights = new Float64Array(3 * nFrames);
  frameWeight.fill(0);
  for (let k = 0; k < count; k++) {
    const i = frame[k]!;
    const j = star[k]!;
    const w = weight[k]!;
    const value = mag[k]! - starMag[j]!;
    frameWeight[i]! += w;
    for (let a = 0; a < 3; a++) {
      const da = w * (a === 0 ? 1 : a === 1 ? u[j]! : v[j]!);
      rights[3 * i + a]! += da * value;
      normals[9 * i + 3 * a]! += da;
      normals[9 * i + 3 * a + 1]! += da * u[j]!;
      normals[9 * i + 3 * a + 2]! += da * v[j]!;
    }
  }
  const precision = 1 / state.gradientSigma ** 2;
  let moved = 0;
  let squares = 0;
  let frames = 0;
  for (let i = 0; i < nFrames; i++) {
    if (!(frameWeight[i]! > 0)) continue;
    const normal = normals.subarray(9 * i, 9 * i + 9);
    const right = rights.subarray(3 * i, 3 * i + 3);
    normal[4]! += precision;
    normal[8]! += precision;
    if (!solveAndInvert(normal, right, 3)) continue;
    if (Number.isFinite(zeroPoint[i]!)) moved = Math.max(moved, Math.abs(right[0]! - zeroPoint[i]!));
    else moved = Number.POSITIVE_INFINITY;
    zeroPoint[i] = right[0]!;
    state.gradientU[i] = right[1]!;
    state.gradientV[i] = right[2]!;
    state.zeroPointErr[i] = Math.sqrt(normal[0]!);
    squares += right[1]! ** 2 + normal[4]! + right[2]! ** 2 + normal[8]!;
    frames++;
  }
  if (frames > 0) state.gradientSigma = Math.max(MIN_GRADIENT_SIGMA, Math.sqrt(squares / (2 * frames)));
  return moved;
}

/** Mean magnitude of every star. */
function fitStars(observations: Observations, state: State): void {
  const { star, count, nStars } = observations;
  const sum = new Float64Array(nStars);
  const total = new Float64Array(nStars);
  for (let k = 0; k < count; k++) {
    sum[star[k]!]! += state.weight[k]! * residualOf(observations, state, k);
    total[star[k]!]! += state.weight[k]!;
  }
  for (let j = 0; j < nStars; j++) if (total[j]! > 0) state.starMag[j]! += sum[j]! / total[j]!;
}

/** Rough magnitudes: in the frame with most stars as observed there, carried on through frames that share stars. */
function startMagnitudes({ frame, star, mag, count, nFrames, nStars }: Observations, starMag: Float64Array): void {
  const sizes = new Int32Array(nFrames);
  for (let k = 0; k < count; k++) sizes[frame[k]!]!++;
  const order = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
  const rowsOf: number[][] = Array.from({ length: nFrames }, () => []);
  for (let k = 0; k < count; k++) rowsOf[frame[k]!]!.push(k);
  const sum = new Float64Array(nStars);
  const times = new Int32Array(nStars);
  for (const i of order) {
    const shared = rowsOf[i]!.filter((k) => times[star[k]!]! > 0);
    const shifts = shared.map((k) => mag[k]! - sum[star[k]!]! / times[star[k]!]!).sort((a, b) => a - b);
    const shift = shifts.length > 0 ? shifts[shifts.length >> 1]! : 0;
    for (const k of rowsOf[i]!) {
      sum[star[k]!]! += mag[k]! - shift;
      times[star[k]!]!++;
    }
  }
  for (let j = 0; j < nStars; j++) if (times[j]! > 0) starMag[j] = sum[j]! / times[j]!;
}

/** Cuts weights above `MAX_SHARE` of their frame's total where enough stars share it. */
function limitShares({ frame, count, nFrames }: Observations, weight: Float64Array): void {
  const total = new Float64Array(nFrames);
  const stars = new Int32Array(nFrames);
  for (let k = 0; k < count; k++) {
    total[frame[k]!]! += weight[k]!;
    stars[frame[k]!]!++;
  }
  for (let k = 0; k < count; k++) {
    const i = frame[k]!;
    const others = total[i]! - weight[k]!;
    const most = (others * MAX_SHARE) / (1 - MAX_SHARE);
    if (stars[i]! >= 5 && weight[k]! > most) weight[k] = most;
  }
}

/**
 * Each star's scatter from what it shows against the other stars: the residual left out of the frame's mean is
 * r / (1 - w/W) with expected variance v + s^2 + 1/(W - w); s^2 is the weighted mean excess. Where the typical
 * residual is smaller than the known errors (an unknown gain makes them so), these are scaled down together.
 */
function updateNoise(observations: Observations, state: State): void {
  const { frame, star, variance, count, nStars } = observations;
  const { weight, frameWeight, starScatter } = state;
  const excess = new Float64Array(nStars);
  const total = new Float64Array(nStars);
  const times = new Int32Array(nStars);
  const chi2 = new Float64Array(count);
  let nChi2 = 0;
  for (let k = 0; k < count; k++) {
    const all = frameWeight[frame[k]!]!;
    const others = all - weight[k]!;
    if (!(others > 1e-9 * all)) continue;
    const j = star[k]!;
    const alone = (residualOf(observations, state, k) * all) / others;
    chi2[nChi2++] = alone ** 2 / (variance[k]! + 1 / others);
    const known = variance[k]! * state.errorScale ** 2 + 1 / others;
    const expected = known + starScatter[j]! ** 2;
    // Heavy residuals enter cut, as they do in the solution.
    excess[j]! += (Math.min(alone ** 2, 9 * expected) - known) / expected ** 2;
    total[j]! += 1 / expected ** 2;
    times[j]!++;
  }
  for (let j = 0; j < nStars; j++) {
    if (times[j]! < 3) continue;
    const freedom = times[j]! / (times[j]! - 1);
    const next = Math.max(MIN_SCATTER ** 2, (excess[j]! / total[j]!) * freedom);
    starScatter[j] = Math.sqrt(0.5 * (next + starScatter[j]! ** 2));
  }
  const typical = medianOf(chi2, nChi2) / MEDIAN_CHI2;
  if (typical > 0) state.errorScale = 0.5 * (state.errorScale + Math.min(1, Math.max(0.1, Math.sqrt(typical))));
}

function repeatability(observations: Observations, state: State): Float64Array {
  const { star, count, nStars } = observations;
  const sum = new Float64Array(nStars);
  const times = new Int32Array(nStars);
  for (let k = 0; k < count; k++) {
    const most = 9 * totalVariance(observations, state, k);
    sum[star[k]!]! += Math.min(most, residualOf(observations, state, k) ** 2);
    times[star[k]!]!++;
  }
  return sum.map((squares, j) => (times[j]! > 1 ? Math.sqrt(squares / (times[j]! - 1)) : Number.NaN));
}

/** Shifts magnitudes so that the used stars' light together has magnitude 0. */
function setGauge(zeroPoint: Float64Array, starMag: Float64Array, used: Uint8Array): void {
  let light = 0;
  for (let j = 0; j < used.length; j++) if (used[j]) light += 10 ** (-0.4 * starMag[j]!);
  if (!(light > 0)) return;
  const shift = -2.5 * Math.log10(light);
  for (let j = 0; j < starMag.length; j++) starMag[j]! -= shift;
  for (let i = 0; i < zeroPoint.length; i++) zeroPoint[i]! += shift;
}
