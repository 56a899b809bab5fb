import type { Random } from '../../../base/random.ts';

/**
 * Adds tracks of cosmic rays to the charge: short straight lines, one pixel wide, unsmeared by the optics, of
 * lognormal brightness and exponential length.
 * @returns indices of the pixels hit, in the order of the hits
 */
export function addCosmicRays(
  charge: Float32Array,
  width: number,
  height: number,
  meanNumber: number,
  random: Random,
): Int32Array {
  const hit: number[] = [];
  for (let k = random.poisson(meanNumber); k > 0; k--) {
    const angle = 2 * Math.PI * random.uniform();
    const lengthPx = 1 - 5 * Math.log(1 - random.uniform());
    const electronsPerStep = Math.exp(6.5 + 0.8 * random.normal());
    const x0 = random.uniform() * width;
    const y0 = random.uniform() * height;
    for (let t = 0; t < lengthPx; t += 0.5) {
      const x = Math.floor(x0 + t * Math.cos(angle));
      const y = Math.floor(y0 + t * Math.sin(angle));
      if (x < 0 || x >= width || y < 0 || y >= height) break;
      charge[y * width + x]! += Math.round(electronsPerStep * (0.5 + random.uniform()));
      hit.push(y * width + x);
    }
  }
  return Int32Array.from(new Set(hit));
}

/** A straight line through (x, y), its direction from +x towards +y, with a Gaussian profile across. */
export interface Trail {
  readonly x: number;
  readonly y: number;
  readonly angleDeg: number;
  readonly sigmaPx: number;
  /** Expected electrons per pixel on the line. */
  readonly peakE: number;
}

/** The light of a satellite that crossed the field during the exposure, as wide as a star. */
export function addTrail(
  light: Float32Array,
  width: number,
  height: number,
  fwhmPx: number,
  peakE: number,
  random: Random,
): Trail {
  const trail = {
    x: (0.3 + 0.4 * random.uniform()) * width,
    y: (0.3 + 0.4 * random.uniform()) * height,
    angleDeg: 180 * random.uniform(),
    sigmaPx: fwhmPx / 2.3548,
    peakE,
  };
  const sine = Math.sin((trail.angleDeg * Math.PI) / 180);
  const cosine = Math.cos((trail.angleDeg * Math.PI) / 180);
  const reach = 5 * trail.sigmaPx;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = (x - trail.x) * sine - (y - trail.y) * cosine;
      if (Math.abs(across) < reach) light[y * width + x]! += peakE * Math.exp(-0.5 * (across / trail.sigmaPx) ** 2);
    }
  }
  return trail;
}
