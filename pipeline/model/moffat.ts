/**
 * The elliptical Moffat profile (Moffat 1969, A&A 3, 455), unit flux over the whole plane:
 *   P(u, v) = (beta - 1) / (pi alpha^2) * (1 + q(u, v))^-beta,
 *   q = [(1 - e1) u^2 - 2 e2 u v + (1 + e1) v^2] / (alpha^2 sqrt(1 - e1^2 - e2^2)).
 * The scaling keeps the area of the ellipse at pi alpha^2, so size and shape are independent parameters.
 */
export interface MoffatShape {
  /** ln of the scale radius alpha in pixels. */
  lnAlpha: number;
  e1: number;
  e2: number;
  beta: number;
  /** Side of the square that a pixel gathers light from, in pixels: 1, but 1/2 on the plane of one colour of a Bayer mosaic. */
  pixelPx: number;
}

/** Full width at half maximum (geometric mean of the axes) of the profile before the pixel integrates it. */
export function moffatFwhm(shape: MoffatShape): number {
  return 2 * Math.exp(shape.lnAlpha) * Math.sqrt(2 ** (1 / shape.beta) - 1);
}

export function lnAlphaOfFwhm(fwhmPx: number, beta: number): number {
  return Math.log(fwhmPx / (2 * Math.sqrt(2 ** (1 / beta) - 1)));
}

/** Ellipticity 1 - b/a and position angle of the major axis, degrees from +x towards +y in [0, 180). */
export function moffatEllipse(shape: MoffatShape): { ellipticity: number; paDeg: number } {
  const e = Math.hypot(shape.e1, shape.e2);
  const ratio = Math.sqrt(Math.max(0, 1 - e) / (1 + e));
  const pa = (Math.atan2(shape.e2, shape.e1) * 90) / Math.PI;
  return { ellipticity: 1 - ratio, paDeg: (pa + 180) % 180 };
}

/** The constants that evaluation needs, worked out once per star: q = a u^2 + b u v + c v^2. */
export interface MoffatConstants {
  a: number;
  b: number;
  c: number;
  norm: number;
  beta: number;
  pixelPx: number;
}

export function moffatConstants(shape: MoffatShape): MoffatConstants {
  const { lnAlpha, e1, e2, beta, pixelPx } = shape;
  const inverse = Math.exp(-2 * lnAlpha) / Math.sqrt(1 - e1 * e1 - e2 * e2);
  return {
    a: (1 - e1) * inverse,
    b: -2 * e2 * inverse,
    c: (1 + e1) * inverse,
    norm: ((beta - 1) / Math.PI) * Math.exp(-2 * lnAlpha),
    beta,
    pixelPx,
  };
}

/** Abscissae and weights of Gauss-Legendre quadrature on [-1/2, 1/2] with 2, 3 and 5 points (Abramowitz & Stegun 25.4). */
const NODES2 = Float64Array.of(-0.2886751345948129, 0.2886751345948129);
const WEIGHTS2 = Float64Array.of(0.5, 0.5);
const NODES3 = Float64Array.of(-0.3872983346207417, 0, 0.3872983346207417);
const WEIGHTS3 = Float64Array.of(5 / 18, 8 / 18, 5 / 18);
const NODES5 = Float64Array.of(-0.453089922969332, -0.2692346550528416, 0, 0.2692346550528416, 0.453089922969332);
const WEIGHTS5 = Float64Array.of(
  0.1184634425280945,
  0.2393143352496833,
  0.2844444444444444,
  0.2393143352496833,
  0.1184634425280945,
);

/** The quadrature that integrates the pixel at offset radius r well enough: to some 1e-4 of the peak. */
function quadrature(k: MoffatConstants, u: number, v: number): { nodes: Float64Array; weights: Float64Array } | null {
  const q = k.a * u * u + k.b * u * v + k.c * v * v;
  // 1/alpha^2 is sqrt(ac - b^2/4); the profile is flat over a pixel where alpha or the radius is large against it.
  const sharpness = Math.sqrt(Math.max(k.a * k.c - 0.25 * k.b * k.b, 0)) / (1 + q);
  if (sharpness < 0.012) return null;
  if (sharpness < 0.05) return { nodes: NODES2, weights: WEIGHTS2 };
  return sharpness > 0.35 ? { nodes: NODES5, weights: WEIGHTS5 } : { nodes: NODES3, weights: WEIGHTS3 };
}

/**
 * The profile averaged over the pixel whose centre lies (u, v) from the star: the light there is this times the area of one
 * pixel of the plane, so that all pixels together hold the flux.
 */
export function moffatPixel(k: MoffatConstants, u: number, v: number): number {
  const rule = quadrature(k, u, v);
  if (rule === null) {
    const t = 1 + k.a * u * u + k.b * u * v + k.c * v * v;
    // Midpoint value and the Laplacian term of the midpoint rule, 1/24.
    const p = k.norm * Math.exp(-k.beta * Math.log(t));
    const qu = 2 * k.a * u + k.b * v;
    const qv = 2 * k.c * v + k.b * u;
    const laplacian = (p * k.beta * (((k.beta + 1) * (qu * qu + qv * qv)) / t - 2 * (k.a + k.c))) / t;
    return p + (laplacian * k.pixelPx ** 2) / 24;
  }
  const { nodes, weights } = rule;
  let sum = 0;
  for (let j = 0; j < nodes.length; j++) {
    const y = v + k.pixelPx * nodes[j]!;
    for (let i = 0; i < nodes.length; i++) {
      const x = u + k.pixelPx * nodes[i]!;
      const t = 1 + k.a * x * x + k.b * x * y + k.c * y * y;
      sum += weights[i]! * weights[j]! * Math.exp(-k.beta * Math.log(t));
    }
  }
  return k.norm * sum;
}

/**
 * Pixel-averaged value and derivatives with respect to the star's x, y, ln alpha, e1, e2 and ln(beta - 1), written
 * to out[0..6].
 */
export function moffatPixelDerivatives(
  shape: MoffatShape,
  k: MoffatConstants,
  u: number,
  v: number,
  out: Float64Array,
): void {
  const rule = quadrature(k, u, v);
  const nodes = rule?.nodes ?? ZERO;
  const weights = rule?.weights ?? ONE;
  const d = 1 - shape.e1 * shape.e1 - shape.e2 * shape.e2;
  const inverse = 0.5 * (k.a + k.c);
  let p0 = 0;
  let px = 0;
  let py = 0;
  let ps = 0;
  let p1 = 0;
  let p2 = 0;
  let pb = 0;
  for (let j = 0; j < nodes.length; j++) {
    const y = v + k.pixelPx * nodes[j]!;
    for (let i = 0; i < nodes.length; i++) {
      const x = u + k.pixelPx * nodes[i]!;
      const q = k.a * x * x + k.b * x * y + k.c * y * y;
      const t = 1 + q;
      const ln = Math.log(t);
      const p = weights[i]! * weights[j]! * Math.exp(-k.beta * ln);
      const slope = (-k.beta * p) / t;
      p0 += p;
      px -= slope * (2 * k.a * x + k.b * y);
      py -= slope * (2 * k.c * y + k.b * x);
      ps += -2 * p - 2 * q * slope;
      p1 += slope * (inverse * (y * y - x * x) + (q * shape.e1) / d);
      p2 += slope * (-2 * inverse * x * y + (q * shape.e2) / d);
      pb += p * (1 - (k.beta - 1) * ln);
    }
  }
  out[0] = k.norm * p0;
  out[1] = k.norm * px;
  out[2] = k.norm * py;
  out[3] = k.norm * ps;
  out[4] = k.norm * p1;
  out[5] = k.norm * p2;
  out[6] = k.norm * pb;
}

const ZERO = Float64Array.of(0);
const ONE = Float64Array.of(1);
