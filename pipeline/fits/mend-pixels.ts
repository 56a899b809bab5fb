import type { Scaling } from './decode.ts';
import type { DecodedImage } from './image.ts';
import { BadFits } from './limits.ts';

/** What 1 stands for where programs keep 16-bit counts as fractions (PixInsight, Siril). */
const wholeRangeAdu = 65535;
/** A star's flank this bright beside a negative pixel tells counts that ran over the end of signed 16 bits. */
const flankAdu = 16384;
/** Brighter than this throughout, a frame whose BZERO was lost is not told from a flat above half of the range. */
const darkAdu = 4096;

/**
 * Brings pixels to counts where the file stores counts in a way that its header does not state: unsigned 16 bits without BZERO, fractions
 * from 0 to 1, and counts times a factor that they betray by their steps (0 to 255, divided by the exposure time, of 32 bits).
 * Works in place. Gives what was done, in words; undefined where nothing was.
 * Throws `BadFits` (unsupported) where counts are negative and it cannot be told what they were.
 */
export function mendPixels(
  { width, height, bitpix, scaling, pixels }: DecodedImage,
  exposureS?: number,
): string | undefined {
  if (isSignedWithoutScaling(bitpix, scaling)) return mendSign(width, height, pixels);
  return mayBeScaled(bitpix, scaling) ? (mendFractions(pixels) ?? mendScale(pixels, exposureS)) : undefined;
}

/** Whether pixels stored so could be counts that `mendPixels` has to mend; where it is not, they need not be read to know. */
export function mayNeedMending({ bitpix, scaling }: Pick<DecodedImage, 'bitpix' | 'scaling'>): boolean {
  return mayBeScaled(bitpix, scaling) || isSignedWithoutScaling(bitpix, scaling);
}

/** Floats, integers with a scale, and integers of more bits than converters have. */
function mayBeScaled(bitpix: number, { scale }: Scaling): boolean {
  return bitpix < 0 || scale !== 1 || bitpix >= 32;
}

function isSignedWithoutScaling(bitpix: number, { zero, scale }: Scaling): boolean {
  return bitpix === 16 && zero === 0 && scale === 1;
}

function mendFractions(pixels: Float32Array): string | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // Beyond 1 by rounding only; no camera's counts stay below it.
  if (!(high > 0 && high <= 1.001 && low >= -0.1 && high > low)) return undefined;
  for (let i = 0; i < pixels.length; i++) {
    const adu = pixels[i]! * wholeRangeAdu;
    const count = Math.round(adu);
    // The digits of a float near 1 leave a hundredth of a count open.
    pixels[i] = Math.abs(adu - count) < 0.02 ? count : adu;
  }
  return `the pixels run from 0 to 1: taken as parts of ${wholeRangeAdu} ADU`;
}

/** Steps of a scale are looked for in so many pixels, and found where all of them are whole within this. */
const askedPixels = 20_000;
const wholeWithin = 0.03;
/** With fewer distinct counts than these nothing is certain. */
const leastDistinct = 12;

/** Brings back counts that were multiplied by a factor: by which the pixels, as they are no whole numbers, become such. */
function mendScale(pixels: Float32Array, exposureS: number | undefined): string | undefined {
  const step = Math.max(1, Math.floor(pixels.length / askedPixels)) | 1;
  const asked: number[] = [];
  for (let i = 0; i < pixels.length; i += step) if (Number.isFinite(pixels[i]!)) asked.push(pixels[i]!);
  const highest = Math.max(...asked);
  const isWide = highest > 16 * wholeRangeAdu;
  if (!isWide && asked.every(Number.isInteger)) return undefined;
  const factors: [number, string][] = isWide
    ? [
        [1 / 65537, 'are 16 bits spread over 32'],
        [1 / 65536, 'are 16 bits shifted up by 16'],
      ]
    : [[wholeRangeAdu / 255, `run from 0 to 255: taken as ${wholeRangeAdu} ADU`]];
  if (exposureS !== undefined && exposureS > 0 && exposureS !== 1) {
    factors.push([exposureS, `were divided by the exposure time: multiplied by ${exposureS} s`]);
  }
  const found = factors.find(([factor]) => makesWhole(asked, factor));
  if (!found) return undefined;
  const [factor, words] = found;
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round(pixels[i]! * factor);
  return `the pixels ${words}`;
}

function makesWhole(values: readonly number[], factor: number): boolean {
  const distinct = new Set<number>();
  for (const value of values) {
    const count = value * factor;
    const whole = Math.round(count);
    if (Math.abs(count - whole) > wholeWithin) return false;
    distinct.add(whole);
  }
  return distinct.size >= leastDistinct;
}

function mendSign(width: number, height: number, pixels: Float32Array): string | undefined {
  let negative = 0;
  for (let i = 0; i < pixels.length; i++) if (pixels[i]! < 0) negative++;
  if (negative === 0) return undefined;
  if (negative > pixels.length / 2) {
    return isFlatAcrossTheEnd(pixels, negative) ? mendWrap(pixels, negative) : mendOffset(pixels, negative);
  }
  let beside = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      if (pixels[i]! >= 0) continue;
      const brightest = Math.max(pixels[i - 1]!, pixels[i + 1]!, pixels[i - width]!, pixels[i + width]!);
      if (brightest >= flankAdu) beside++;
    }
  }
  // The rim of a saturated disc is a small share of it; dark pixels have no bright flank at all.
  if (beside < 3 || beside < 0.02 * negative) return undefined;
  return mendWrap(pixels, negative);
}

/** Whether the rest of mostly negative pixels lies high: a flat about half of the range, where stars over a dark sky would thin out. */
function isFlatAcrossTheEnd(pixels: Float32Array, negative: number): boolean {
  const rest = pixels.length - negative;
  let high = 0;
  for (let i = 0; i < pixels.length; i++) if (pixels[i]! >= flankAdu) high++;
  return rest > 0.005 * pixels.length && high > 0.9 * rest;
}

function mendWrap(pixels: Float32Array, negative: number): string {
  for (let i = 0; i < pixels.length; i++) if (pixels[i]! < 0) pixels[i]! += 65536;
  return `unsigned 16 bits were stored without BZERO: ${negative} negative pixels were taken as counts above 32767`;
}

/** Counts less 32768, as unsigned 16 bits are stored, where the card that says so was lost. */
function mendOffset(pixels: Float32Array, negative: number): string | undefined {
  let veryLow = 0;
  let dark = 0;
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i]! < -flankAdu) veryLow++;
    if (pixels[i]! < darkAdu - 32768) dark++;
  }
  if (veryLow < 0.9 * negative) return undefined;
  if (dark < negative / 2) {
    throw new BadFits(
      'unsupported',
      'the pixels are negative throughout: counts above 32767 or, with BZERO lost, counts less 32768; no card tells which, so let the camera program write BZERO = 32768',
    );
  }
  for (let i = 0; i < pixels.length; i++) pixels[i]! += 32768;
  return 'unsigned 16 bits were stored without BZERO: 32768 was added to each pixel';
}
