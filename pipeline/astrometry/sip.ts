/**
 * A polynomial of the SIP convention (Shupe et al. 2005, ASP Conf. 347, 491): the sum over p + q <= order of
 * c[p, q] u^p v^q, where u and v are pixels from CRPIX. Coefficients stand in a triangle, by `sipIndex`.
 */
export interface SipPolynomial {
  readonly order: number;
  readonly coefficients: Float64Array;
}

/** The highest order the convention allows. */
export const SIP_MAX_ORDER = 9;

/** Number of coefficients of a polynomial of two variables. */
export function sipLength(order: number): number {
  return ((order + 1) * (order + 2)) / 2;
}

/** Where c[p, q] stands: by degree p + q, within a degree by q. */
export function sipIndex(p: number, q: number): number {
  const degree = p + q;
  return (degree * (degree + 1)) / 2 + q;
}

/** The monomials u^p v^q of all degrees up to `order`, in the order of `sipIndex`, into `out` from `offset`. */
export function monomials(order: number, u: number, v: number, out: Float64Array, offset = 0): void {
  out[offset] = 1;
  for (let degree = 1; degree <= order; degree++) {
    const start = offset + (degree * (degree + 1)) / 2;
    const previous = start - degree;
    for (let q = 0; q < degree; q++) out[start + q] = out[previous + q]! * u;
    out[start + degree] = out[previous + degree - 1]! * v;
  }
}

/** The polynomial's value at (u, v). */
export function evaluateSip({ order, coefficients }: SipPolynomial, u: number, v: number): number {
  let sum = 0;
  let powerV = 1;
  for (let q = 0; q <= order; q++) {
    let row = 0;
    for (let p = order - q; p >= 0; p--) row = row * u + coefficients[sipIndex(p, q)]!;
    sum += row * powerV;
    powerV *= v;
  }
  return sum;
}

/** The polynomial's derivatives along u and v at (u, v), into out[0] and out[1]. */
export function sipGradient({ order, coefficients }: SipPolynomial, u: number, v: number, out: Float64Array): void {
  let du = 0;
  let dv = 0;
  for (let degree = 1; degree <= order; degree++) {
    for (let q = 0; q <= degree; q++) {
      const p = degree - q;
      const c = coefficients[sipIndex(p, q)]!;
      if (p > 0) du += c * p * u ** (p - 1) * v ** q;
      if (q > 0) dv += c * q * u ** p * v ** (q - 1);
    }
  }
  out[0] = du;
  out[1] = dv;
}
