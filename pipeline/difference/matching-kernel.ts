import { fieldTerms, termsOfDegree } from '../numeric/polynomial.ts';
import { type KernelBasis, kernelOf } from './basis.ts';

/**
 * A kernel that changes over the plane: the first element's coefficient, the ratio of fluxes, is constant; the others
 * are polynomials of the place (`fieldTerms`), and so is the sky.
 */
export interface MatchingKernel {
  readonly width: number;
  readonly height: number;
  readonly basis: KernelBasis;
  readonly degree: number;
  readonly skyDegree: number;
  /** [ratio of fluxes; terms of the second element, ...; terms of the sky], as `unknowns` counts them. */
  readonly coefficients: Float64Array;
}

export const unknowns = (basis: KernelBasis, degree: number, skyDegree: number): number =>
  1 + (basis.elements.length - 1) * termsOfDegree(degree) + termsOfDegree(skyDegree);

const terms = new Float64Array(termsOfDegree(5));

/** Coefficients of the elements at (x, y), and after them the sky there, into `out`. */
export function localCoefficients(kernel: MatchingKernel, x: number, y: number, out: Float64Array): void {
  const { width, height, basis, degree, skyDegree, coefficients } = kernel;
  const n = basis.elements.length;
  const nTerms = termsOfDegree(degree);
  fieldTerms(degree, x, y, width, height, terms);
  out[0] = coefficients[0]!;
  for (let k = 1; k < n; k++) {
    let sum = 0;
    for (let t = 0; t < nTerms; t++) sum += terms[t]! * coefficients[1 + (k - 1) * nTerms + t]!;
    out[k] = sum;
  }
  fieldTerms(skyDegree, x, y, width, height, terms);
  const from = 1 + (n - 1) * nTerms;
  let sky = 0;
  for (let t = 0; t < termsOfDegree(skyDegree); t++) sky += terms[t]! * coefficients[from + t]!;
  out[n] = sky;
}

/** The kernel at (x, y), side 2 half + 1, row-major, into `out`. */
export function kernelAt(kernel: MatchingKernel, x: number, y: number, out: Float64Array): void {
  const local = new Float64Array(kernel.basis.elements.length + 1);
  localCoefficients(kernel, x, y, local);
  kernelOf(kernel.basis, local, out);
}

/** The ratio of fluxes: the sum of the kernel, the same everywhere. */
export const kernelSum = ({ coefficients }: MatchingKernel): number => coefficients[0]!;
