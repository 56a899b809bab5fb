/**
 * Polynomials over a plane: products of Legendre polynomials of the coordinates scaled to [-1, 1], of total degree up
 * to `degree`, ordered by degree, so that the first terms are those of every lower degree.
 */
export const termsOfDegree = (degree: number) => ((degree + 1) * (degree + 2)) / 2;

export const MAX_DEGREE = 5;

const px = new Float64Array(MAX_DEGREE + 1);
const py = new Float64Array(MAX_DEGREE + 1);

/** Writes the terms at (x, y) of a plane of the given size into `out`. */
export function fieldTerms(
  degree: number,
  x: number,
  y: number,
  width: number,
  height: number,
  out: Float64Array,
): void {
  legendre((2 * x + 1) / width - 1, degree, px);
  legendre((2 * y + 1) / height - 1, degree, py);
  let at = 0;
  for (let d = 0; d <= degree; d++) for (let j = 0; j <= d; j++) out[at++] = px[d - j]! * py[j]!;
}

function legendre(t: number, degree: number, out: Float64Array): void {
  out[0] = 1;
  if (degree > 0) out[1] = t;
  for (let n = 1; n < degree; n++) out[n + 1] = ((2 * n + 1) * t * out[n]! - n * out[n - 1]!) / (n + 1);
}
