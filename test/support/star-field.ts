import type { Random } from '../../base/random.ts';
import type { Plane } from '../../pipeline/plane.ts';

/** A plane of electrons with Moffat or Gaussian stars on a flat sky, for tests of what must not touch stars. */
export interface StarField {
  readonly plane: Plane;
  readonly stars: readonly { readonly x: number; readonly y: number; readonly flux: number }[];
  /** Noise-free electrons. */
  readonly truth: Float64Array;
}

export interface StarFieldOptions {
  readonly width: number;
  readonly height: number;
  readonly nStars: number;
  readonly fwhmPx: number;
  /** Moffat exponent; Infinity paints Gaussians. */
  readonly beta: number;
  readonly skyE: number;
  readonly readNoiseE: number;
  /** log10 of the faintest and the brightest star's electrons. */
  readonly logFlux: readonly [number, number];
}

const subPixels = 5;

export function paintStarField(options: StarFieldOptions, random: Random): StarField {
  const { width, height, fwhmPx, skyE, readNoiseE, logFlux } = options;
  const truth = new Float64Array(width * height).fill(skyE);
  const stars = Array.from({ length: options.nStars }, () => ({
    x: random.uniform() * (width - 1),
    y: random.uniform() * (height - 1),
    flux: 10 ** (logFlux[0] + (logFlux[1] - logFlux[0]) * random.uniform()),
  }));
  for (const star of stars) paintStar(truth, width, height, star, fwhmPx, options.beta);
  const electrons = new Float32Array(width * height);
  for (let i = 0; i < electrons.length; i++) electrons[i] = random.poisson(truth[i]!) + readNoiseE * random.normal();
  const plane: Plane = {
    name: 'mono',
    width,
    height,
    electrons,
    mask: new Uint8Array(width * height),
    noise: {
      gainEPerAdu: 1,
      gainKnown: true,
      readNoiseE,
      pedestalKnown: true,
      flatError: 0,
      saturationE: Number.POSITIVE_INFINITY,
    },
    mosaic: { step: 1, offsetX: 0, offsetY: 0 },
  };
  return { plane, stars, truth };
}

function paintStar(
  truth: Float64Array,
  width: number,
  height: number,
  star: { x: number; y: number; flux: number },
  fwhmPx: number,
  beta: number,
): void {
  const reach = Math.ceil(4 * fwhmPx + 3);
  const isGaussian = beta === Number.POSITIVE_INFINITY;
  const alpha2 = isGaussian ? 0 : (fwhmPx / 2) ** 2 / (2 ** (1 / beta) - 1);
  const sigma2 = (fwhmPx / 2.3548) ** 2;
  const peak = isGaussian ? 1 / (2 * Math.PI * sigma2) : (beta - 1) / (Math.PI * alpha2);
  for (let y = Math.max(0, Math.round(star.y) - reach); y <= Math.min(height - 1, Math.round(star.y) + reach); y++) {
    for (let x = Math.max(0, Math.round(star.x) - reach); x <= Math.min(width - 1, Math.round(star.x) + reach); x++) {
      let sum = 0;
      for (let k = 0; k < subPixels ** 2; k++) {
        const dx = x - 0.5 + ((k % subPixels) + 0.5) / subPixels - star.x;
        const dy = y - 0.5 + (Math.floor(k / subPixels) + 0.5) / subPixels - star.y;
        const r2 = dx * dx + dy * dy;
        sum += isGaussian ? Math.exp(-r2 / (2 * sigma2)) : (1 + r2 / alpha2) ** -beta;
      }
      truth[y * width + x]! += (star.flux * peak * sum) / subPixels ** 2;
    }
  }
}
