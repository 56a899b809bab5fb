/**
 * Kernels that a matching kernel is a sum of: Gaussians times polynomials, sampled on pixels (Alard & Lupton 1998, ApJ
 * 503, 325). All but the first have zero sum, so that the first's coefficient alone is the ratio of fluxes (Alard 2000,
 * A&AS 144, 363, section 2.2).
 */
export interface KernelBasis {
  /** Half width of the square of pixels that holds every kernel. */
  readonly half: number;
  readonly elements: readonly BasisElement[];
}

/** The kernel across[i] up[j] less `share` times the first element. */
export interface BasisElement {
  readonly across: Float64Array;
  readonly up: Float64Array;
  readonly share: number;
  /** The first of the nested bases, from 0 for the smallest, that it belongs to. */
  readonly rank: number;
}

/** Degrees of the polynomials on the Gaussians, from narrow to wide, of nested bases from small to large. */
const DEGREES = [
  [2, 2, 0, 0],
  [4, 3, 2, 0],
  [6, 4, 2, 2],
] as const;
export const LARGEST_RANK = DEGREES.length - 1;
/**
 * Widths of the Gaussians over that of the kernel which the seeing asks for (Israel et al. 2007, AN 328, 16), and a wider
 * one: the kernel between two Moffat profiles has their wings, and without these the ratio of fluxes comes out low.
 */
const WIDTHS = [0.5, 1, 2, 4] as const;
const SIGMA_PER_FWHM = 1 / 2.3548;
/** No kernel is narrower: pixels would not resolve it. */
const NARROWEST_PX = 0.7;
/** The square reaches so many sigmas of the wide Gaussian. */
const REACH_SIGMAS = 2;
const MOST_HALF = 25;

/** The basis that brings stars of one width to another's. */
export function kernelBasis(fromFwhmPx: number, toFwhmPx: number): KernelBasis {
  const wanted = SIGMA_PER_FWHM * Math.sqrt(Math.max(0, toFwhmPx ** 2 - fromFwhmPx ** 2));
  const sigma = Math.max(NARROWEST_PX, wanted);
  const half = Math.min(MOST_HALF, Math.ceil(REACH_SIGMAS * WIDTHS.at(-1)! * sigma));
  const first = gaussian(half, sigma, 0, 0);
  const sum = total(first.across) * total(first.up);
  const elements: BasisElement[] = [{ ...first, across: first.across.map((value) => value / sum), share: 0, rank: 0 }];
  WIDTHS.forEach((width, k) => {
    for (let degree = 0; degree <= DEGREES[LARGEST_RANK]![k]!; degree++) {
      const rank = DEGREES.findIndex((degrees) => degree <= degrees[k]!);
      for (let q = 0; q <= degree; q++) {
        if (width === 1 && degree === 0) continue; // the first of all
        const one = gaussian(half, width * sigma, degree - q, q);
        const share = total(one.across) * total(one.up);
        elements.push({ ...one, share: Math.abs(share) < 1e-12 ? 0 : share, rank });
      }
    }
  });
  return { half, elements };
}

/** u^p v^q exp(-(u^2 + v^2) / 2), u and v in sigmas, each factor of unit norm. */
function gaussian(half: number, sigma: number, p: number, q: number): Pick<BasisElement, 'across' | 'up'> {
  return { across: axis(half, sigma, p), up: axis(half, sigma, q) };
}

function axis(half: number, sigma: number, power: number): Float64Array {
  const values = Float64Array.from({ length: 2 * half + 1 }, (_, i) => {
    const u = (i - half) / sigma;
    return u ** power * Math.exp(-0.5 * u * u);
  });
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / norm);
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** The kernel of the given coefficients, one an element, into `out` (side 2 half + 1, row-major). */
export function kernelOf({ half, elements }: KernelBasis, coefficients: ArrayLike<number>, out: Float64Array): void {
  const side = 2 * half + 1;
  out.fill(0);
  let ofFirst = 0;
  for (let n = 0; n < elements.length; n++) ofFirst -= coefficients[n]! * elements[n]!.share;
  for (let n = 0; n < elements.length; n++) {
    const { across, up } = elements[n]!;
    const c = n === 0 ? coefficients[0]! + ofFirst : coefficients[n]!;
    for (let j = 0; j < side; j++) {
      const row = c * up[j]!;
      for (let i = 0; i < side; i++) out[j * side + i]! += row * across[i]!;
    }
  }
}
