import { Random } from '../../base/random.ts';
import { sharedFloat32, sharedUint8 } from '../../pipeline/crew.ts';
import { lnAlphaOfFwhm, moffatConstants, moffatPixel } from '../../pipeline/model/moffat.ts';
import type { Plane } from '../../pipeline/plane.ts';

/** A star of the sky; x and y are pixels from the middle of the field. */
export interface SkyStar {
  readonly x: number;
  readonly y: number;
  /** Electrons under a clear sky. */
  readonly flux: number;
}

/** A galaxy of Sersic index 1 or 2, its major axis along x of the sky. */
export interface Host extends SkyStar {
  readonly sersic: 1 | 2;
  /** Radius along the major axis that holds half of the light, pixels. */
  readonly halfLightPx: number;
  readonly axisRatio: number;
}

/** How one exposure sees the sky. */
export interface ExposureScene {
  readonly width: number;
  readonly height: number;
  readonly fwhmPx: number;
  readonly beta?: number;
  readonly skyE: number;
  /** Relative change of the sky from side to side. */
  readonly gradient?: number;
  readonly readNoiseE?: number;
  readonly transparency?: number;
  /** The field's middle on the frame, from the frame's middle, and its turn. Hosts are round-safe for small turns only. */
  readonly shift?: readonly [number, number];
  readonly turnDeg?: number;
  /** Added electrons at pixels of the frame: a cosmic ray, a trail. */
  readonly hits?: readonly { readonly x: number; readonly y: number; readonly electrons: number }[];
  readonly saturationE?: number;
  readonly seed: number;
}

interface Gaussian {
  readonly weight: number;
  /** Variance along the major axis, and the axis ratio squared for the other. */
  readonly varianceX: number;
  readonly varianceY: number;
}

/** Where a place of the sky falls on the frame, 0-based pixels. */
export function onFrame(scene: ExposureScene, x: number, y: number): { x: number; y: number } {
  const angle = ((scene.turnDeg ?? 0) * Math.PI) / 180;
  const [dx, dy] = scene.shift ?? [0, 0];
  return {
    x: (scene.width - 1) / 2 + dx + Math.cos(angle) * x - Math.sin(angle) * y,
    y: (scene.height - 1) / 2 + dy + Math.sin(angle) * x + Math.cos(angle) * y,
  };
}

/**
 * A frame of stars and galaxies with photon and read noise, integrated over pixels without approximation that matters:
 * Moffat and Sersic profiles are written as mixtures of Gaussians, whose convolutions are Gaussians again.
 */
export function exposeField(stars: readonly SkyStar[], hosts: readonly Host[], scene: ExposureScene): Plane {
  const { width, height, skyE, gradient = 0, readNoiseE = 5, beta = 3, transparency = 1 } = scene;
  const saturationE = scene.saturationE ?? 5e5;
  const light = new Float64Array(width * height);
  const shape = moffatConstants({ lnAlpha: lnAlphaOfFwhm(scene.fwhmPx, beta), e1: 0.04, e2: -0.03, beta, pixelPx: 1 });
  const reach = Math.ceil(9 * scene.fwhmPx);
  for (const star of stars) {
    const { x, y } = onFrame(scene, star.x, star.y);
    for (let j = Math.max(0, Math.round(y) - reach); j <= Math.min(height - 1, Math.round(y) + reach); j++) {
      for (let i = Math.max(0, Math.round(x) - reach); i <= Math.min(width - 1, Math.round(x) + reach); i++) {
        light[j * width + i]! += transparency * star.flux * moffatPixel(shape, i - x, j - y);
      }
    }
  }
  const psf = moffatMixture(scene.fwhmPx, beta);
  for (const host of hosts) {
    const { x, y } = onFrame(scene, host.x, host.y);
    for (const galaxy of sersicMixture(host)) {
      for (const seeing of psf) {
        const flux = transparency * host.flux * galaxy.weight * seeing.weight;
        addGaussian(
          light,
          width,
          height,
          x,
          y,
          flux,
          galaxy.varianceX + seeing.varianceX,
          galaxy.varianceY + seeing.varianceY,
        );
      }
    }
  }
  const random = new Random(scene.seed);
  const electrons = sharedFloat32(width * height);
  for (let p = 0; p < light.length; p++) {
    const sky = skyE * (1 + gradient * ((p % width) / width - 0.5));
    electrons[p] = random.poisson(light[p]! + sky) + readNoiseE * random.normal();
  }
  for (const { x, y, electrons: hit } of scene.hits ?? []) electrons[Math.round(y) * width + Math.round(x)]! += hit;
  const mask = sharedUint8(width * height);
  for (let p = 0; p < electrons.length; p++) if (electrons[p]! >= saturationE) mask[p] = 2;
  return {
    name: 'mono',
    width,
    height,
    electrons,
    mask,
    noise: { gainEPerAdu: 1, gainKnown: true, readNoiseE, pedestalKnown: true, flatError: 0, saturationE },
    mosaic: { step: 1, offsetX: 0, offsetY: 0 },
  };
}

/**
 * The Moffat profile as Gaussians: (1 + q)^-beta is the mean of exp(-t q) over a gamma distribution of t with index
 * beta, so its light is a mixture of Gaussians of variance alpha^2 / 2t, weighted by gamma(beta - 1).
 */
function moffatMixture(fwhmPx: number, beta: number): Gaussian[] {
  const alpha2 = Math.exp(2 * lnAlphaOfFwhm(fwhmPx, beta));
  return mixture(-5, 3.5, 24, (t) => t ** (beta - 1) * Math.exp(-t)).map(([t, weight]) => ({
    weight,
    varianceX: alpha2 / (2 * t),
    varianceY: alpha2 / (2 * t),
  }));
}

/**
 * The Sersic profile exp(-b (r/re)^(1/n)) as Gaussians. exp(-sqrt(s)) is the mean of exp(-u s) over the Levy law
 * u^(-3/2) exp(-1/4u) / (2 sqrt pi): once for n = 1 with s = (b r/re)^2, twice for n = 2.
 */
function sersicMixture({ sersic, halfLightPx, axisRatio }: Host): Gaussian[] {
  const b = sersic === 1 ? 1.67835 : 3.67206;
  const levy = (points: number) => mixture(-5.5, 7, points, (u) => u ** -0.5 * Math.exp(-1 / (4 * u)));
  // The light of exp(-c r^2) goes as 1 / c: shares of light are shares of the profile over c.
  const rates: [number, number][] =
    sersic === 1
      ? levy(22).map(([u, weight]) => [(u * b * b) / halfLightPx ** 2, weight])
      : levy(18).flatMap(([u, weight]) =>
          levy(18).map(([v, second]): [number, number] => [(v * u * u * b ** 4) / halfLightPx ** 2, weight * second]),
        );
  const total = rates.reduce((sum, [rate, weight]) => sum + weight / rate, 0);
  return rates
    .map(([rate, weight]) => ({
      weight: weight / rate / total,
      varianceX: 1 / (2 * rate),
      varianceY: axisRatio ** 2 / (2 * rate),
    }))
    .filter(({ weight }) => weight > 1e-5);
}

/** Points and weights (of sum 1) of the trapezoidal rule in ln t for a density given per d ln t. */
function mixture(from: number, to: number, points: number, density: (t: number) => number): [number, number][] {
  const rule = Array.from({ length: points }, (_, k): [number, number] => {
    const t = Math.exp(from + ((to - from) * k) / (points - 1));
    return [t, density(t)];
  });
  const total = rule.reduce((sum, [, weight]) => sum + weight, 0);
  return rule.map(([t, weight]) => [t, weight / total]);
}

function addGaussian(
  light: Float64Array,
  width: number,
  height: number,
  x: number,
  y: number,
  flux: number,
  varianceX: number,
  varianceY: number,
): void {
  const across = integrals(x, Math.sqrt(varianceX), width);
  const up = integrals(y, Math.sqrt(varianceY), height);
  for (let j = 0; j < up.values.length; j++) {
    const at = (up.from + j) * width + across.from;
    const row = flux * up.values[j]!;
    for (let i = 0; i < across.values.length; i++) light[at + i]! += row * across.values[i]!;
  }
}

/** The integral of a normal density over each pixel within five sigma. */
function integrals(centre: number, sigma: number, size: number): { from: number; values: Float64Array } {
  const from = Math.max(0, Math.round(centre - 5 * sigma - 1));
  const to = Math.min(size, Math.round(centre + 5 * sigma + 1) + 1);
  const values = new Float64Array(Math.max(0, to - from));
  let below = normalCdf((from - 0.5 - centre) / sigma);
  for (let i = 0; i < values.length; i++) {
    const above = normalCdf((from + i + 0.5 - centre) / sigma);
    values[i] = above - below;
    below = above;
  }
  return { from, values };
}

/** Hart's rational approximation (1968), through West (2005, Wilmott Magazine, May, 70): good to 1e-14. */
function normalCdf(z: number): number {
  const a = Math.abs(z);
  if (a > 37) return z > 0 ? 1 : 0;
  const e = Math.exp((-a * a) / 2);
  let tail: number;
  if (a < 7.07106781186547) {
    const top = [
      3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
      220.206867912376,
    ];
    const bottom = [
      8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
      793.826512519948, 440.413735824752,
    ];
    const horner = (list: readonly number[]) => list.reduce((sum, c) => sum * a + c, 0);
    tail = (e * horner(top)) / horner(bottom);
  } else tail = e / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / 2.506628274631;
  return z > 0 ? 1 - tail : tail;
}

/** Stars at random places of a square field, N(> f) ~ f^-0.6, none within `clearPx` of the places to be kept free. */
export function skyStars(
  n: number,
  sizePx: number,
  least: number,
  most: number,
  seed: number,
  free: readonly { readonly x: number; readonly y: number }[] = [],
  clearPx = 25,
): SkyStar[] {
  const random = new Random(seed);
  const stars: SkyStar[] = [];
  const slope = 0.6;
  while (stars.length < n) {
    const x = (random.uniform() - 0.5) * sizePx;
    const y = (random.uniform() - 0.5) * sizePx;
    const flux = (least ** -slope + random.uniform() * (most ** -slope - least ** -slope)) ** (-1 / slope);
    if (free.every((place) => Math.hypot(place.x - x, place.y - y) > clearPx)) stars.push({ x, y, flux });
  }
  return stars;
}
