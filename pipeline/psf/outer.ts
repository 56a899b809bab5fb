import { skyAt, varianceAt } from '../background/map.ts';
import type { OuterLight, OuterPsf } from '../model/outer-light.ts';
import { StarKind, type Stars } from '../model/stars.ts';
import { fitHalf, type Workspace } from '../model/workspace.ts';
import { medianInPlace } from '../numeric/robust.ts';

const LEAST_STARS = 8;
const MOST_STARS = 40;
/** The stack reaches so many FWHM, and so many pixels at most. */
const REACH_FWHM = 30;
const LARGEST_HALF = 140;
/** A star must be so many times as bright as the faintest found for its outer light to tell anything. */
const BRIGHT = 100;
/** Light below this part of the noise of a pixel is not worth subtracting. */
const NEGLIGIBLE_SIGMA = 0.1;

/**
 * Stacks what the residual image holds around the brightest stars, saturated ones among them, in units of their fluxes: at each
 * pixel the weighted median (a neighbour that is not modelled, or a trail, counts no more than its weight), smoothed by 1 2 1,
 * shrunk by its own error. No star has more than twice the weight of the median one, so that the surroundings of the
 * brightest are not taken for its light. Undefined where there are not enough bright stars.
 */
export function stackOuterPsf(work: Workspace): OuterPsf | undefined {
  const { plane, stars, psf, residual, noise, sky } = work;
  if (psf === undefined) return undefined;
  const { width, height, electrons } = plane;
  const half = Math.round(Math.min(LARGEST_HALF, REACH_FWHM * psf.fwhmPx, width / 8, height / 8));
  const chosen = brightest(stars, width, height);
  if (chosen.length < LEAST_STARS) return undefined;
  const inner = fitHalf(psf.fwhmPx);
  if (half < 2 * inner) return undefined;
  const side = 2 * half + 1;
  const n = chosen.length;
  const value = new Float64Array(n);
  const weight = new Float64Array(n);
  const variance = new Float64Array(n);
  const order = new Int32Array(n);
  const columns = Int32Array.from(chosen, (s) => Math.round(stars.x[s]!));
  const rows = Int32Array.from(chosen, (s) => Math.round(stars.y[s]!));
  const fluxes = Float64Array.from(chosen, (s) => stars.flux[s]!);
  // The sky is taken as at the star: its structure is in the residual.
  const levels = Float64Array.from(chosen, (s) => skyAt(sky, sky.level, stars.x[s]!, stars.y[s]!));
  const variances = Float64Array.from(chosen, (s) => varianceAt(sky, stars.x[s]!, stars.y[s]!));
  const floor = variances.map((one, k) => one / fluxes[k]! ** 2).sort()[n >> 1]!;
  const raw = new Float32Array(side * side);
  const error = new Float32Array(side * side);
  const rings = newRings(half);
  for (let dy = -half; dy <= half; dy++) {
    for (let dx = -half; dx <= half; dx++) {
      if (Math.max(Math.abs(dx), Math.abs(dy)) <= inner) continue;
      let m = 0;
      for (let k = 0; k < n; k++) {
        const x = columns[k]! + dx;
        const y = rows[k]! + dy;
        if (x < 0 || y < 0 || x >= width || y >= height) continue;
        const r = residual[y * width + x]!;
        if (Number.isNaN(r)) continue;
        const light = Math.max(0, electrons[y * width + x]! - levels[k]! - r);
        value[m] = r / fluxes[k]!;
        variance[m] = (variances[k]! + noise.photonSlope * light) / fluxes[k]! ** 2;
        weight[m] = 1 / (variance[m]! + floor);
        m++;
      }
      const at = (dy + half) * side + dx + half;
      if (m < LEAST_STARS) continue;
      const found = weightedMedian(value, weight, order, m);
      raw[at] = found.median;
      error[at] = found.error;
      const r = Math.min(half, Math.round(Math.hypot(dx, dy)));
      // The brightest come first: they show how much stars differ.
      for (let k = 0; k < Math.min(m, LEAST_STARS); k++) {
        const off = Math.min((value[k]! - found.median) ** 2, FARTHEST ** 2 / weight[k]!) - variance[k]!;
        rings.shares[r]! += off;
        rings.electrons[r]! += off * fluxes[k]! ** 2;
        rings.perFlux[r]! += 1 / fluxes[k]! ** 2;
        rings.number[r]!++;
      }
    }
  }
  const { share, errors } = sure(smoothed(raw, side), error, inner, half);
  const spread = spreadOf(rings, half).map((own, r) => Math.hypot(own, errors[r]!));
  return { half, share, spread, envelope: envelopeOf(share, half), nStars: n };
}

/** Sums over the pixels at each distance: of what shares, and electrons, differ by beyond their noise, squared. */
interface Rings {
  readonly shares: Float64Array;
  readonly electrons: Float64Array;
  /** Sum of 1 / flux squared. */
  readonly perFlux: Float64Array;
  readonly number: Float64Array;
}

function newRings(half: number): Rings {
  const sums = () => new Float64Array(half + 1);
  return { shares: sums(), electrons: sums(), perFlux: sums(), number: sums() };
}

/**
 * The spread of shares by distance. Stars that are not modelled yet differ too, but by electrons, whatever the star: what
 * pixels differ by in the outer third, where little light of the star is left, is taken off everywhere.
 */
function spreadOf({ shares, electrons, perFlux, number }: Rings, half: number): Float32Array {
  const far: number[] = [];
  for (let r = Math.ceil((2 * half) / 3); r <= half; r++) if (number[r]! > 0) far.push(electrons[r]! / number[r]!);
  const crowd = far.length > 0 ? Math.max(0, medianInPlace(Float64Array.from(far), far.length)) : 0;
  return Float32Array.from(shares, (sum, r) =>
    Math.sqrt(Math.max(0, (sum - crowd * perFlux[r]!) / Math.max(1, number[r]!))),
  );
}

/** The outer light of all stars for which it matters. */
export function outerLightOf({ stars, sky }: Workspace, psf: OuterPsf): OuterLight {
  const found: OuterLight['stars'][number][] = [];
  for (let s = 0; s < stars.count; s++) {
    const [x, y, flux] = [stars.x[s]!, stars.y[s]!, stars.flux[s]!];
    const limit = (NEGLIGIBLE_SIGMA * Math.sqrt(varianceAt(sky, x, y))) / flux;
    let reach = flux > 0 ? psf.half - 1 : 0;
    while (reach > 0 && psf.envelope[reach]! < limit) reach--;
    if (reach > 0) found.push({ x, y, flux, reach });
  }
  return { psf, stars: found };
}

/** Indices of the brightest stars, brightest first: those whose outer light stands above the noise of the faintest found. */
function brightest({ count, flux, x, y, kind }: Stars, width: number, height: number): number[] {
  const all = Array.from({ length: count }, (_, s) => s).filter((s) => kind[s] !== StarKind.artificial && flux[s]! > 0);
  if (all.length < LEAST_STARS) return [];
  const sorted = flux
    .slice(0, count)
    .filter((f) => f > 0)
    .sort();
  const least = BRIGHT * sorted[Math.floor(0.02 * sorted.length)]!;
  return all
    .filter((s) => flux[s]! > least && x[s]! > 0 && y[s]! > 0 && x[s]! < width && y[s]! < height)
    .sort((a, b) => flux[b]! - flux[a]! || a - b)
    .slice(0, MOST_STARS);
}

/** Weighted median of the first `n` values, and its standard error from their scatter about it. */
function weightedMedian(
  value: Float64Array,
  weight: Float64Array,
  order: Int32Array,
  n: number,
): { readonly median: number; readonly error: number } {
  for (let k = 0; k < n; k++) {
    let at = k;
    for (; at > 0 && value[order[at - 1]!]! > value[k]!; at--) order[at] = order[at - 1]!;
    order[at] = k;
  }
  let whole = 0;
  for (let k = 0; k < n; k++) whole += weight[k]!;
  let below = 0;
  let median = value[order[n - 1]!]!;
  for (let at = 0; at < n; at++) {
    const k = order[at]!;
    below += weight[k]!;
    if (below >= whole / 2) {
      median = value[k]!;
      break;
    }
  }
  let squares = 0;
  for (let k = 0; k < n; k++) {
    const distance = Math.min(Math.abs(value[k]! - median) * Math.sqrt(weight[k]!), FARTHEST);
    squares += distance * distance;
  }
  // Of a Gaussian the median has pi/2 times the variance of the mean.
  return { median, error: Math.sqrt(((Math.PI / 2) * Math.max(1, squares / n)) / whole) };
}

/** A value counts as at most so many sigmas off when the scatter of all is estimated. */
const FARTHEST = 3;

/** The field smoothed by 1 2 1 along both axes, edges as they are. */
function smoothed(field: Float32Array, side: number): Float32Array {
  const once = new Float32Array(field);
  const twice = new Float32Array(field);
  for (let at = 1; at < field.length - 1; at++) once[at] = 0.25 * (field[at - 1]! + 2 * field[at]! + field[at + 1]!);
  for (let at = side; at < field.length - side; at++)
    twice[at] = 0.25 * (once[at - side]! + 2 * once[at]! + once[at + side]!);
  return twice;
}

/** What smoothing by 1 2 1 along both axes leaves of the error of a pixel: (6/16)^(2/2). */
const SMOOTHED_ERROR = 0.375;

/** A ring of the stack tells something where its mean square stands out of that of its errors by so many sigma. */
const SURE_SIGMA = 5;
/** Pixels for each that is independent of the others, after smoothing by 1 2 1: the sum of the squared correlations. */
const PIXELS_ALIKE = 3.8;

/**
 * What the stack tells for sure, and by distance the error of that. Rings that are noise are zero: a star far brighter than those that
 * make the stack would have it multiplied into stars. In the others each value is shrunk by what its error makes of it
 * (positive part of James & Stein 1961). The errors are those before smoothing.
 */
function sure(
  field: Float32Array,
  error: Float32Array,
  inner: number,
  half: number,
): { readonly share: Float32Array; readonly errors: Float64Array } {
  const side = 2 * half + 1;
  const share = new Float32Array(field.length);
  const [chi2, noise, count] = [0, 1, 2].map(() => new Float64Array(half + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const visit = (work: (at: number, r: number, variance: number) => void): void => {
    for (let at = 0; at < field.length; at++) {
      const dx = (at % side) - half;
      const dy = Math.floor(at / side) - half;
      const square = Math.max(Math.abs(dx), Math.abs(dy));
      const r = Math.round(Math.hypot(dx, dy));
      if (square > inner && square < half - 1 && r <= half && error[at]! > 0)
        work(at, r, (SMOOTHED_ERROR * error[at]!) ** 2);
    }
  };
  visit((at, r, variance) => {
    chi2[r]! += field[at]! ** 2 / variance;
    noise[r]! += variance;
    count[r]!++;
  });
  const isSure = chi2.map((sum, r) => {
    const n = count[r]!;
    return n > 0 && sum / n > 1 + SURE_SIGMA * Math.sqrt((2 * PIXELS_ALIKE) / n) ? 1 : 0;
  });
  visit((at, r, variance) => {
    const value = field[at]!;
    if (isSure[r] === 1) share[at] = value * Math.max(0, 1 - variance / (value * value || 1));
  });
  return { share, errors: noise.map((sum, r) => (isSure[r] === 1 ? Math.sqrt(sum / count[r]!) : 0)) };
}

function envelopeOf(share: Float32Array, half: number): Float32Array {
  const side = 2 * half + 1;
  const envelope = new Float32Array(half + 1);
  for (let at = 0; at < share.length; at++) {
    const r = Math.max(Math.abs((at % side) - half), Math.abs(Math.floor(at / side) - half));
    envelope[r] = Math.max(envelope[r]!, Math.abs(share[at]!));
  }
  for (let r = half - 1; r >= 0; r--) envelope[r] = Math.max(envelope[r]!, envelope[r + 1]!);
  return envelope;
}
