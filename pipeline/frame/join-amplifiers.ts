import type { ByteSource } from '../../base/bytes.ts';
import type { JoinedAmplifiers } from '../calibration/amplifiers.ts';
import { subtractOverscan } from '../calibration/overscan.ts';
import { findPileUp } from '../calibration/saturation.ts';
import { sharedFloat32 } from '../crew.ts';
import { decodeImage } from '../fits/image.ts';
import { BadFits, type FitsLimits } from '../fits/limits.ts';
import { mendPixels } from '../fits/mend-pixels.ts';
import type { Amplifier, AmplifierLayout } from './amplifier-layout.ts';

export interface JoinOptions {
  readonly limits: FitsLimits;
  /** Electrons per ADU of each amplifier, where cards tell all of them. */
  readonly gains: readonly number[] | undefined;
  /** Whether counts that are stored wrongly are mended, as in frames of one image. */
  readonly mend: boolean;
  readonly exposureS: number | undefined;
  readonly into?: Float32Array | undefined;
}

export interface JoinedImage {
  /** Raw ADU on the gain of the first amplifier where gains are known; less each amplifier's overscan where all have one. */
  readonly pixels: Float32Array;
  readonly joined: JoinedAmplifiers;
  readonly told: readonly string[];
}

/**
 * Reads the images of all amplifiers and lays them on one: each less the level of its own overscan, where all have one, and brought to the
 * gain of the first, where gains are known. Rejects with `BadFits` as `decodeImage` does.
 */
export async function joinAmplifiers(
  source: ByteSource,
  { width, height, amplifiers }: AmplifierLayout,
  { limits, gains, mend, exposureS, into }: JoinOptions,
): Promise<JoinedImage> {
  const pixels = into ?? sharedFloat32(width * height);
  const hasOverscan = amplifiers.every(({ overscan }) => overscan !== undefined);
  const levels: number[] = [];
  const pileUps: (number | undefined)[] = [];
  const told = new Set<string>();
  for (const [k, amplifier] of amplifiers.entries()) {
    const image = await decodeImage(source, amplifier.hdu, { limits });
    const mended = mend ? mendPixels(image, exposureS) : undefined;
    if (mended !== undefined) told.add(mended);
    const full = findPileUp(image.pixels);
    const isFull = full === undefined ? undefined : image.pixels.map((adu) => (adu >= full ? 1 : 0));
    const level = hasOverscan ? subtractOverscan(image, amplifier.overscan!) : 0;
    if (level === undefined) {
      throw new BadFits('several-images', `BIASSEC of extension ${amplifier.hdu.index} lies outside its image`);
    }
    const factor = gains ? gains[k]! / gains[0]! : 1;
    const fullAdu = full === undefined ? undefined : (full - level) * factor;
    if (isFull) for (let i = 0; i < isFull.length; i++) if (isFull[i] === 1) image.pixels[i] = full! - level;
    levels.push(level);
    pileUps.push(fullAdu);
    place(image, amplifier, factor, pixels, width);
  }
  const overscanAdu = hasOverscan ? levels.reduce((sum, level) => sum + level, 0) / levels.length : undefined;
  const lowest = Math.min(...pileUps.filter((adu) => adu !== undefined));
  return {
    pixels,
    joined: {
      sections: amplifiers.map(({ on }) => on),
      overscanAdu,
      // Rounded down, for the pixels are kept in single precision.
      pileUpAdu: Number.isFinite(lowest) ? lowest * (1 - 1e-6) + (overscanAdu ?? 0) : undefined,
      hasGains: gains !== undefined,
    },
    told: [...told],
  };
}

function place(
  { width, pixels }: { readonly width: number; readonly pixels: Float32Array },
  { data, on, isTurnedX, isTurnedY }: Amplifier,
  factor: number,
  whole: Float32Array,
  wholeWidth: number,
): void {
  const nColumns = data.x1 - data.x0;
  for (let y = 0; y < data.y1 - data.y0; y++) {
    const row = (isTurnedY ? data.y1 - 1 - y : data.y0 + y) * width;
    const to = (on.y0 + y) * wholeWidth + on.x0;
    for (let x = 0; x < nColumns; x++) {
      whole[to + x] = factor * pixels[row + (isTurnedX ? data.x1 - 1 - x : data.x0 + x)]!;
    }
  }
}
