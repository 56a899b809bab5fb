/**
 * The image of a point: an elliptical Moffat profile (Moffat 1969, A&A 3, 455)
 *   I(u, v) = (beta - 1) / (pi a b) * (1 + u^2/a^2 + v^2/b^2)^-beta,  FWHM = 2 a sqrt(2^(1/beta) - 1),
 * whose width and shape vary over the field, integrated over square pixels.
 */
export interface PsfModel {
  /** FWHM in the middle of the field: geometric mean of both axes, pixels. */
  readonly fwhmPx: number;
  /** Wing exponent, over 1; real seeing has 2.5 to 4.7. */
  readonly beta: number;
  /** 1 - minor/major axis in the middle of the field. */
  readonly ellipticity: number;
  /** Angle of the major axis from +x towards +y, degrees. */
  readonly angleDeg: number;
  /** Relative growth of the FWHM from the middle to the corner (with the square of the radius). */
  readonly fwhmGrowth: number;
  /** Relative change of the FWHM from the middle to the right-hand edge: a tilted sensor. */
  readonly fwhmTilt: number;
  /** Ellipticity that the corner adds, pointing away from the middle, as coma does. */
  readonly radialEllipticity: number;
}

export const roundPsf: PsfModel = {
  fwhmPx: 3.2,
  beta: 3,
  ellipticity: 0,
  angleDeg: 0,
  fwhmGrowth: 0,
  fwhmTilt: 0,
  radialEllipticity: 0,
};

/** The profile at one place: intensity per square pixel of a star of unit flux is peak * (1 + axx dx^2 + 2 axy dx dy + ayy dy^2)^-beta. */
export interface Moffat {
  readonly fwhmPx: number;
  readonly beta: number;
  readonly axx: number;
  readonly axy: number;
  readonly ayy: number;
  readonly peak: number;
}

/** The profile at the field position (u, v): 0, 0 in the middle, +-1 at the edges. */
export function psfAt(model: PsfModel, u: number, v: number): Moffat {
  const radius2 = (u * u + v * v) / 2;
  const fwhmPx = model.fwhmPx * (1 + model.fwhmGrowth * radius2 + model.fwhmTilt * u);
  const twice = (2 * model.angleDeg * Math.PI) / 180;
  const radial = radius2 > 0 ? model.radialEllipticity / 2 : 0; // radius2 * cos 2phi = (u^2 - v^2) / 2, no angle needed
  const e1 = model.ellipticity * Math.cos(twice) + radial * (u * u - v * v);
  const e2 = model.ellipticity * Math.sin(twice) + radial * 2 * u * v;
  return moffat(fwhmPx, model.beta, Math.min(Math.hypot(e1, e2), 0.8), Math.atan2(e2, e1) / 2);
}

/** `fwhmPx` is the geometric mean of both axes, `ellipticity` 1 - minor/major, `angle` of the major axis in radians. */
export function moffat(fwhmPx: number, beta: number, ellipticity: number, angle: number): Moffat {
  const core = fwhmPx / (2 * Math.sqrt(2 ** (1 / beta) - 1));
  const ratio = 1 - ellipticity;
  const major = 1 / ((core * core) / ratio);
  const minor = 1 / (core * core * ratio);
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return {
    fwhmPx,
    beta,
    axx: major * c * c + minor * s * s,
    axy: (major - minor) * c * s,
    ayy: major * s * s + minor * c * c,
    peak: (beta - 1) / (Math.PI * core * core),
  };
}

/**
 * Half-width in pixels of the square stamp that a star of `electrons` needs: nothing brighter than `faintestE` a pixel
 * is left out, nor more than `lostShare` of the light.
 */
export function stampRadius(m: Moffat, electrons: number, faintestE: number, lostShare: number): number {
  const long2 = 2 / (m.axx + m.ayy - Math.hypot(m.axx - m.ayy, 2 * m.axy)); // square of the major core radius
  const bySurface = ((electrons * m.peak) / faintestE) ** (1 / m.beta) - 1;
  const byFlux = lostShare ** (1 / (1 - m.beta)) - 1;
  return Math.ceil(Math.sqrt(long2 * Math.max(bySurface, byFlux, 1))) + 1;
}

// Gauss-Legendre nodes and weights of order 5 on [-1/2, 1/2].
const nodes = [-0.45308992296933193, -0.26923465505284155, 0, 0.26923465505284155, 0.45308992296933193];
const weights = [
  0.11846344252809454, 0.23931433524968324, 0.28444444444444444, 0.23931433524968324, 0.11846344252809454,
];

/**
 * Share of the star's light in the pixel whose centre lies (dx, dy) from the star. In the core Gauss-Legendre
 * quadrature of order 5 in each direction (the profile is analytic to a distance of the core radius from the real
 * axis, so the error falls as a power); outside, the mean over a square pixel is I + (Laplacian of I) / 24.
 */
export function pixelShare(m: Moffat, dx: number, dy: number): number {
  const { axx, axy, ayy, beta } = m;
  const gradX = axx * dx + axy * dy;
  const gradY = axy * dx + ayy * dy;
  const q = 1 + gradX * dx + gradY * dy;
  const narrowest = Math.max(axx, ayy); // one over the square of the minor core radius; q / narrowest = r^2 + a^2
  if (q > 25 * narrowest) {
    const value = m.peak * q ** -beta;
    const laplacian = (beta / q) * ((4 * (beta + 1) * (gradX * gradX + gradY * gradY)) / q - 2 * (axx + ayy));
    return value * (1 + laplacian / 24);
  }
  let sum = 0;
  for (let j = 0; j < 5; j++) {
    const y = dy + nodes[j]!;
    for (let i = 0; i < 5; i++) {
      const x = dx + nodes[i]!;
      sum += weights[i]! * weights[j]! * (1 + axx * x * x + 2 * axy * x * y + ayy * y * y) ** -beta;
    }
  }
  return m.peak * sum;
}

/**
 * Adds a star to a mosaic image (row-major, `width` x `height`): pixel (x, y) gets electrons[2 * (y & 1) + (x & 1)]
 * times the share of light in it, so that the four pixels of a colour filter array each have their own flux.
 */
export function addStar(
  image: Float32Array,
  width: number,
  height: number,
  m: Moffat,
  x: number,
  y: number,
  electrons: readonly [number, number, number, number],
  radius: number,
): void {
  const x0 = Math.max(0, Math.round(x) - radius);
  const x1 = Math.min(width - 1, Math.round(x) + radius);
  const y0 = Math.max(0, Math.round(y) - radius);
  const y1 = Math.min(height - 1, Math.round(y) + radius);
  for (let j = y0; j <= y1; j++) {
    const row = j * width;
    const even = electrons[2 * (j & 1)]!;
    const odd = electrons[2 * (j & 1) + 1]!;
    for (let i = x0; i <= x1; i++) {
      image[row + i]! += pixelShare(m, i - x, j - y) * ((i & 1) === 0 ? even : odd);
    }
  }
}
