import { Random } from '../../base/random.ts';
import type { EnsembleFrame } from '../../pipeline/ensemble/frame.ts';
import { gnomonicPosition, RAD_PER_DEG } from '../../sky/sphere.ts';

export interface SeriesChoices {
  readonly nFrames: number;
  readonly nStars?: number;
  /** Pixels by which the field moves from the first frame to the last. */
  readonly driftPx?: number;
  readonly rotationDeg?: number;
  /** Frames whose rows have no position on the sky: all but the listed ones. */
  readonly located?: 'all' | readonly number[];
  readonly exposureS?: number;
  /** Magnitude of the target in each frame; constant when absent. Not a number: not there. */
  readonly targetMag?: (frame: number) => number;
  /** Stars (1-based) that vary by half a magnitude. */
  readonly variables?: readonly number[];
  /** Zero-point gradient of each frame over half the field, one sigma. */
  readonly gradient?: number;
  /** Reported errors over true ones. */
  readonly errorFactor?: number;
  readonly clouds?: number;
}

export const seriesTarget = { name: 'T', raDeg: 150.2, decDeg: -21.4 };
const scaleArcsec = 2;
const size = 1000;

/** Catalogues of one field over a night: star 0 is the target, the others are constant unless said otherwise. */
export function simulateSeries(
  seed: number,
  choices: SeriesChoices,
): { frames: EnsembleFrame[]; sigma: (mag: number) => number } {
  const { nFrames, nStars = 120, driftPx = 0, gradient = 0, errorFactor = 1, clouds = 0.3 } = choices;
  const random = new Random(seed);
  const sky = Array.from({ length: nStars }, (_, star) => ({
    x: star === 0 ? 0 : (random.uniform() - 0.5) * (size + driftPx),
    y: star === 0 ? 0 : (random.uniform() - 0.5) * size,
    mag: star === 0 ? 13 : 11.5 + 4.5 * random.uniform() ** 0.5,
  }));
  const sigma = (mag: number): number => Math.hypot(0.002, 0.004 * 10 ** (0.3 * (mag - 13)));
  const frames = Array.from({ length: nFrames }, (_, at): EnsembleFrame => {
    const shift = ((at / Math.max(1, nFrames - 1)) * 2 - 1) * 0.5 * driftPx;
    const turn = ((choices.rotationDeg ?? 0) * at * RAD_PER_DEG) / Math.max(1, nFrames - 1);
    const zero = 2 + clouds * random.uniform();
    const slope = [gradient * random.normal(), gradient * random.normal()] as const;
    const located = choices.located === undefined || choices.located === 'all' || choices.located.includes(at);
    const rows: { x: number; y: number; raDeg: number; decDeg: number; mag: number; magErr: number }[] = [];
    for (const [number, star] of sky.entries()) {
      const x = Math.cos(turn) * star.x - Math.sin(turn) * star.y + shift + size / 2;
      const y = Math.sin(turn) * star.x + Math.cos(turn) * star.y + size / 2;
      const varies = choices.variables?.includes(number) ? 0.25 * Math.sin(at) : 0;
      const true_ = number === 0 && choices.targetMag ? choices.targetMag(at) : star.mag + varies;
      if (x < 5 || y < 5 || x > size - 5 || y > size - 5 || !Number.isFinite(true_)) continue;
      const error = sigma(true_);
      const tilt = (slope[0] * star.x + slope[1] * star.y) / (size / 2);
      const place = gnomonicPosition(
        seriesTarget,
        ((star.x + 0.1 * random.normal()) * scaleArcsec * RAD_PER_DEG) / 3600,
        ((star.y + 0.1 * random.normal()) * scaleArcsec * RAD_PER_DEG) / 3600,
      );
      rows.push({
        x: x + 0.1 * random.normal(),
        y: y + 0.1 * random.normal(),
        ...place,
        mag: true_ + zero + tilt + error * random.normal(),
        magErr: error * errorFactor,
      });
    }
    const column = (value: (row: (typeof rows)[number]) => number): Float64Array => Float64Array.from(rows, value);
    return {
      file: `frame-${at}.fits`,
      filter: 'V',
      mjdMid: 60000 + at / 1440,
      exposureS: choices.exposureS ?? 60,
      airmass: 1.2,
      x: column((row) => row.x),
      y: column((row) => row.y),
      raDeg: column((row) => (located ? row.raDeg : Number.NaN)),
      decDeg: column((row) => (located ? row.decDeg : Number.NaN)),
      mag: column((row) => row.mag),
      magErr: column((row) => row.magErr),
      flags: new Int32Array(rows.length),
      apertures: [],
      zeroPoint: undefined,
      limitMag: undefined,
      targets: [],
    };
  });
  return { frames, sigma };
}
