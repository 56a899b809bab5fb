import type { Random } from '../../base/random.ts';
import { bayerOffsets } from '../../pipeline/calibration/calibrate.ts';
import { sharedUint8 } from '../../pipeline/crew.ts';
import type { BayerPattern } from '../../pipeline/header/facts.ts';
import type { Plane } from '../../pipeline/plane.ts';

export type Colour = 'R' | 'G' | 'B';

/** A star on the mosaic: 0-based mosaic pixels, electrons that all pixels together would hold if every one had the filter. */
export interface BayerStar {
  readonly x: number;
  readonly y: number;
  readonly flux: Readonly<Record<Colour, number>>;
}

export interface BayerFieldOptions {
  /** Of the mosaic. */
  readonly width: number;
  readonly height: number;
  readonly pattern: BayerPattern;
  readonly stars: readonly BayerStar[];
  /** Moffat, mosaic pixels. */
  readonly fwhmPx: number;
  readonly beta: number;
  readonly skyE: number;
  readonly readNoiseE: number;
  /** Where a colour's image of a star at (x, y) stands, by lateral colour; none by default. */
  readonly shift?: (colour: Colour, x: number, y: number) => { readonly dx: number; readonly dy: number };
}

const subPixels = 3;

/** The four planes of a simulated Bayer frame. A plane's total flux of a star is a quarter of its electrons on the mosaic. */
export function paintBayerField(options: BayerFieldOptions, random: Random): Plane[] {
  const { width, height, pattern, stars, fwhmPx, beta, skyE, readNoiseE, shift } = options;
  const alpha2 = (fwhmPx / 2) ** 2 / (2 ** (1 / beta) - 1);
  const peak = (beta - 1) / (Math.PI * alpha2) / subPixels ** 2;
  return bayerOffsets(pattern).map(({ name, x: offsetX, y: offsetY }) => {
    const colour = name[0] as Colour;
    const planeWidth = width / 2;
    const planeHeight = height / 2;
    const truth = new Float64Array(planeWidth * planeHeight).fill(skyE);
    for (const star of stars) {
      const { dx, dy } = shift?.(colour, star.x, star.y) ?? { dx: 0, dy: 0 };
      const cx = star.x + dx;
      const cy = star.y + dy;
      const reach = Math.ceil(5 * fwhmPx);
      for (let j = Math.max(0, Math.ceil((cy - reach - offsetY) / 2)); j < planeHeight; j++) {
        const y = offsetY + 2 * j;
        if (y > cy + reach) break;
        for (let i = Math.max(0, Math.ceil((cx - reach - offsetX) / 2)); i < planeWidth; i++) {
          const x = offsetX + 2 * i;
          if (x > cx + reach) break;
          let sum = 0;
          for (let k = 0; k < subPixels ** 2; k++) {
            const u = x - 0.5 + ((k % subPixels) + 0.5) / subPixels - cx;
            const v = y - 0.5 + (Math.floor(k / subPixels) + 0.5) / subPixels - cy;
            sum += (1 + (u * u + v * v) / alpha2) ** -beta;
          }
          truth[j * planeWidth + i]! += star.flux[colour] * peak * sum;
        }
      }
    }
    const electrons = new Float32Array(new SharedArrayBuffer(4 * truth.length));
    for (let p = 0; p < truth.length; p++) electrons[p] = random.poisson(truth[p]!) + readNoiseE * random.normal();
    return {
      name,
      width: planeWidth,
      height: planeHeight,
      electrons,
      mask: sharedUint8(truth.length),
      noise: {
        gainEPerAdu: 1,
        gainKnown: true,
        readNoiseE,
        pedestalKnown: true,
        flatError: 0,
        saturationE: Number.POSITIVE_INFINITY,
      },
      mosaic: { step: 2, offsetX, offsetY },
    };
  });
}
