import { clippedLocation, medianInPlace, sigmaOfMad } from '../numeric/robust.ts';

/** What the sky of a frame is held against to tell the gain. All arrays are row-major, of the frame's size. */
export interface SkyGainFrame {
  readonly width: number;
  readonly height: number;
  /** Raw ADU. */
  readonly pixels: Float32Array;
  /** ADU to subtract from each pixel: a master bias, or the dark of the frame's exposure. */
  readonly pedestal: Float32Array;
  /** rms of one pixel of one frame without light about its mean, ADU, with that of the pedestal. */
  readonly darkNoiseAdu: number;
  /** Relative response, mean 1; undefined where no flat is known. */
  readonly flat: Float32Array | undefined;
  /** Relative rms error of a pixel of the flat. */
  readonly flatError: number;
}

export interface SkyGain {
  readonly gainEPerAdu: number;
  /** One sigma, of noise and of what structure in the sky and pixels of unequal response may do. */
  readonly gainErr: number;
}

const tileSize = 64;
/** Pixel pairs of one colour of the cell in a tile. */
const pairsInTile = (tileSize / 2) * (tileSize / 2 - 2);
/** Tiles that tell the gain from the sky as well as it can be told. */
const enoughTiles = 100;
const fewestEstimates = 9;
/** Clipping at 3 sigma takes 1.35 % of the width of a normal distribution. */
const clippedWidth = 0.98658;
/** Pixels of a sensor differ in response by about so much; without a flat this passes for noise. */
const unevenResponse = 0.01;
/** What clipping and quantisation leave uncertain in any case. */
const leastError = 0.01;

/**
 * Gain from the sky of one science frame: its variance, by differences of neighbours of the same colour two pixels apart, against
 * its level above the pedestal (the photon transfer of Janesick 2007 with one frame in the place of two), in tiles of 64 x 64
 * pixels, apart for the four phases of a 2 x 2 cell. Light that is not even (faint stars, nebulae) makes neighbours four pixels
 * apart differ by more than those two apart: tiles where it does by far are left out, and what the others show of it goes into
 * the error. Undefined when the sky is too faint, or nowhere empty enough.
 */
export function gainFromSky(frame: SkyGainFrame): SkyGain | undefined {
  const { width, height } = frame;
  const gains: number[] = [];
  const excesses: number[] = [];
  const levelsE: number[] = [];
  const work = makeWork();
  const step = tileSize * Math.max(1, Math.round(Math.sqrt((width * height) / tileSize ** 2 / enoughTiles)));
  for (let y0 = 0; y0 + tileSize <= height; y0 += step) {
    for (let x0 = 0; x0 + tileSize <= width; x0 += step) {
      for (let phase = 0; phase < 4; phase++) {
        const tile = measureTile(frame, x0, y0, phase, work);
        if (!tile) continue;
        gains.push(tile.gainEPerAdu);
        excesses.push(tile.excess);
        levelsE.push(tile.gainEPerAdu * tile.levelAdu);
      }
    }
  }
  if (gains.length < fewestEstimates) return undefined;
  const gainEPerAdu = medianOf(gains);
  const scatter = sigmaOfMad * medianOf(gains.map((gain) => Math.abs(gain - gainEPerAdu)));
  // The error of a median of n values is 1.25 sigma / sqrt(n).
  const statistical = (1.25 * scatter) / gainEPerAdu / Math.sqrt(gains.length);
  // Blurred by a Gaussian of sigma 1 to 1.5 px (FWHM 2.4 to 3.5), structure adds to the difference of neighbours two apart 0.8 to 1.8
  // times what it adds to that of neighbours four apart beyond it.
  const structure = 2 * Math.abs(medianOf(excesses));
  const response = frame.flat ? 0 : unevenResponse ** 2 * medianOf(levelsE);
  return { gainEPerAdu, gainErr: gainEPerAdu * Math.hypot(statistical, structure, response, leastError) };
}

interface Work {
  readonly values: Float64Array;
  readonly near: Float64Array;
  readonly far: Float64Array;
  readonly scratch: Float64Array;
}

function makeWork(): Work {
  const make = () => new Float64Array(pairsInTile);
  return { values: make(), near: make(), far: make(), scratch: make() };
}

interface SkyTile {
  readonly gainEPerAdu: number;
  readonly levelAdu: number;
  /** By how much the variance four pixels apart exceeds that two apart, relative. */
  readonly excess: number;
}

/** One colour of one tile; undefined where it tells nothing. */
function measureTile(frame: SkyGainFrame, x0: number, y0: number, phase: number, work: Work): SkyTile | undefined {
  const { width, pixels, pedestal, flat, darkNoiseAdu, flatError } = frame;
  const { values, near, far, scratch } = work;
  let n = 0;
  let responses = 0;
  const at = (i: number) => (pixels[i]! - pedestal[i]!) / (flat ? flat[i]! : 1);
  for (let y = y0 + (phase >> 1); y < y0 + tileSize; y += 2) {
    const row = y * width;
    for (let x = x0 + (phase & 1); x + 4 < x0 + tileSize; x += 2) {
      const value = at(row + x);
      const toNear = value - at(row + x + 2);
      const toFar = value - at(row + x + 4);
      // Infinity where the flat is 0, NaN where a pixel is blank.
      if (!(Math.abs(toNear) + Math.abs(toFar) < Number.POSITIVE_INFINITY)) continue;
      values[n] = value;
      near[n] = toNear;
      far[n++] = toFar;
      responses += flat ? flat[row + x]! : 1;
    }
  }
  if (n < pairsInTile / 2) return undefined;
  const response = responses / n;
  const levelAdu = clippedLocation(values, n, 2.5, scratch).mean;
  const varianceOf = (differences: Float64Array) =>
    (clippedLocation(differences, n, 3, scratch).sigma / clippedWidth) ** 2 / 2;
  const variance = varianceOf(near);
  const excess = varianceOf(far) / variance - 1;
  const dark = (darkNoiseAdu / response) ** 2;
  const photon = variance - dark - ((flatError / response) * levelAdu) ** 2;
  // A variance of n differences that share their pixels is known to sqrt(3 / n), one less another to about twice that.
  const isUneven = !(Math.abs(excess) < 3 * 2 * Math.sqrt(3 / n));
  if (isUneven || !(levelAdu * response > 5 * darkNoiseAdu) || !(photon > dark / 2)) return undefined;
  return { gainEPerAdu: levelAdu / response / photon, levelAdu, excess };
}

function medianOf(values: readonly number[]): number {
  return medianInPlace(Float64Array.from(values), values.length);
}
