import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { fieldTerms, termsOfDegree } from '../numeric/polynomial.ts';
import { type KernelBasis, LARGEST_RANK } from './basis.ts';
import { localCoefficients, type MatchingKernel, unknowns } from './matching-kernel.ts';
import type { Stamp } from './stamps.ts';

export interface KernelFit {
  readonly kernel: MatchingKernel;
  /** The stamps that the fit rests on; the others, variable or spoilt, were left out. */
  readonly used: readonly Stamp[];
  readonly nRejected: number;
  /** Median over stars of chi square per pixel, each star's from a fit that had not seen it. */
  readonly heldOutChi2: number;
}

const MOST_DEGREE = 2;
const SKY_DEGREE = 1;
const FOLDS = 5;
const ROUNDS = 4;
/** A stamp is left out when its chi square lies so many robust sigmas above the median's. */
const CLIP = 4;
/** A higher degree must lower the held-out chi square by this factor. */
const WORTH = 0.98;
const LEAST_STAMPS = 4;
/** Stars for each term of the polynomial. */
const PER_TERM = 6;
/** Keeps elements that the stars do not constrain near zero, relative to the diagonal. */
const RIDGE = 1e-7;

/**
 * The kernel that fits all stamps best (linear least squares; Alard & Lupton 1998, Alard 2000), stars that no common
 * kernel fits left out in rounds. How many elements the kernel has, and the degree, 0 to 2, of the polynomial by which it
 * changes over the plane are those that predict left-out stars best. Undefined with fewer than four stars.
 */
export function fitKernel(
  stamps: readonly Stamp[],
  basis: KernelBasis,
  width: number,
  height: number,
): KernelFit | undefined {
  let best: KernelFit | undefined;
  for (let rank = 0; rank <= LARGEST_RANK; rank++) {
    const rows = [...basis.elements.keys()].filter((row) => basis.elements[row]!.rank <= rank);
    const part = { half: basis.half, elements: rows.map((row) => basis.elements[row]!) };
    // The sky has the last row of a stamp's equations.
    rows.push(basis.elements.length);
    for (let degree = 0; degree <= MOST_DEGREE; degree++) {
      // A polynomial through hardly more stars than it has terms tells nothing between them.
      if (degree > 0 && stamps.length < PER_TERM * termsOfDegree(degree)) break;
      const form = { width, height, basis: part, degree, skyDegree: Math.min(degree, SKY_DEGREE) };
      const fit = fitClean(
        stamps.map((stamp) => restricted(stamp, rows)),
        form,
      );
      if (fit && (!best || fit.heldOutChi2 < WORTH * best.heldOutChi2)) best = fit;
    }
  }
  return best;
}

/** The equations of a stamp for some of the elements. */
function restricted(stamp: Stamp, rows: readonly number[]): Stamp {
  const size = stamp.right.length;
  if (rows.length === size) return stamp;
  const normal = new Float64Array(rows.length ** 2);
  rows.forEach((from, k) => {
    rows.forEach((other, m) => {
      normal[k * rows.length + m] = stamp.normal[from * size + other]!;
    });
  });
  return { ...stamp, normal, right: Float64Array.from(rows, (row) => stamp.right[row]!) };
}

type Form = Omit<MatchingKernel, 'coefficients'>;

function fitClean(stamps: readonly Stamp[], form: Form): KernelFit | undefined {
  let used = stamps;
  for (let round = 0; round < ROUNDS; round++) {
    if (used.length < LEAST_STAMPS) return undefined;
    const solution = solve(used, form);
    if (!solution) return undefined;
    const chi2 = stamps.map((stamp) => chi2Of(stamp, solution));
    const limit = clipLevel(chi2);
    const kept = stamps.filter((_, k) => chi2[k]! <= limit);
    const settled = kept.length === used.length;
    used = kept;
    if (settled) break;
  }
  const kernel = solve(used, form);
  if (!kernel) return undefined;
  const heldOut: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const others = solve(
      used.filter((_, k) => k % FOLDS !== fold),
      form,
    );
    if (!others) return undefined;
    used.forEach((stamp, k) => {
      if (k % FOLDS === fold) heldOut.push(chi2Of(stamp, others));
    });
  }
  heldOut.sort((a, b) => a - b);
  return { kernel, used, nRejected: stamps.length - used.length, heldOutChi2: heldOut[heldOut.length >> 1]! };
}

function clipLevel(chi2: readonly number[]): number {
  const sorted = [...chi2].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const deviations = sorted.map((value) => Math.abs(value - median)).sort((a, b) => a - b);
  return median + CLIP * Math.max(1.4826 * deviations[deviations.length >> 1]!, 0.1 * median);
}

function solve(stamps: readonly Stamp[], form: Form): MatchingKernel | undefined {
  const { basis, degree, skyDegree, width, height } = form;
  const n = unknowns(basis, degree, skyDegree);
  const a = new Float64Array(n * n);
  const b = new Float64Array(n);
  const { rowOf, factorOf } = unknownsOf(form);
  const terms = new Float64Array(termsOfDegree(MOST_DEGREE));
  const size = basis.elements.length + 1;
  for (const stamp of stamps) {
    fieldTerms(MOST_DEGREE, stamp.x, stamp.y, width, height, terms);
    for (let i = 0; i < n; i++) {
      const scaled = terms[factorOf[i]!]!;
      const from = rowOf[i]! * size;
      b[i]! += scaled * stamp.right[rowOf[i]!]!;
      for (let j = 0; j <= i; j++) a[i * n + j]! += scaled * terms[factorOf[j]!]! * stamp.normal[from + rowOf[j]!]!;
    }
  }
  // To a unit diagonal first: elements differ in norm by orders of magnitude.
  const norm = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(Math.max(a[i * n + i]!, 1e-300)));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) a[i * n + j]! *= norm[i]! * norm[j]!;
    a[i * n + i]! += i === 0 ? 0 : RIDGE;
    b[i]! *= norm[i]!;
  }
  if (!choleskyFactor(a, n)) return undefined;
  choleskySolve(a, n, b);
  return { ...form, coefficients: b.map((value, i) => value * norm[i]!) };
}

/** For each unknown, the row of a stamp's equations and the term of the polynomial that it multiplies. */
function unknownsOf({ basis, degree, skyDegree }: Form): { rowOf: Int32Array; factorOf: Int32Array } {
  const n = basis.elements.length;
  const list: [number, number][] = [[0, 0]];
  for (let k = 1; k < n; k++) for (let t = 0; t < termsOfDegree(degree); t++) list.push([k, t]);
  for (let t = 0; t < termsOfDegree(skyDegree); t++) list.push([n, t]);
  return { rowOf: Int32Array.from(list, ([row]) => row), factorOf: Int32Array.from(list, ([, term]) => term) };
}

/** Chi square per pixel of a stamp under a kernel: (t - C c)' W (t - C c) from the stamp's equations. */
export function chi2Of({ x, y, normal, right, squares, nPixels }: Stamp, kernel: MatchingKernel): number {
  const size = right.length;
  const c = new Float64Array(size);
  localCoefficients(kernel, x, y, c);
  let chi2 = squares;
  for (let k = 0; k < size; k++) {
    let row = 0;
    for (let m = 0; m < size; m++) row += normal[k * size + m]! * c[m]!;
    chi2 += c[k]! * (row - 2 * right[k]!);
  }
  return Math.max(0, chi2) / nPixels;
}
