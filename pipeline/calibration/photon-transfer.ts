import { clippedLocation } from '../numeric/robust.ts';

/** Two frames of the same kind and exposure, raw ADU, row-major. */
export interface FramePair {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** What a detector's own frames tell of it. */
export interface PhotonTransfer {
  readonly gainEPerAdu: number;
  readonly gainErr: number;
  readonly readNoiseE: number;
  readonly readNoiseErrE: number;
  /** Gain by pair, against the pair's mean level above bias: constant where the detector is linear. */
  readonly levels: readonly { readonly levelAdu: number; readonly gainEPerAdu: number }[];
  /** Level above bias, ADU, from which the gain is off that of the fainter pairs by over 5 %; undefined where none is. */
  readonly linearToAdu: number | undefined;
}

export type PhotonTransferOutcome =
  | ({ readonly kind: 'measured' } & PhotonTransfer)
  | { readonly kind: 'not measured'; readonly reason: string };

const tileSize = 64;
/** Clipping wide enough to leave the variance of clean data as it is (0.1 % low), narrow enough to drop cosmic rays. */
const clip = 4;

/**
 * Gain and read noise by photon transfer (Janesick 2007, "Photon Transfer", chapter 5): the variance of the difference of two flats
 * grows with their level by 2 / gain, that of two biases is twice the read noise squared. Worked in tiles of 64 x 64 pixels
 * and apart for the four phases of a 2 x 2 cell, so that vignetting, dust and colour filters do not enter; the second
 * flat is scaled to the first in each tile, as lamps and skies drift.
 */
export function photonTransfer(
  width: number,
  height: number,
  flats: readonly FramePair[],
  biases: FramePair,
): PhotonTransferOutcome {
  if (flats.length === 0) return { kind: 'not measured', reason: 'no pair of flat frames of the same exposure' };
  const biasTiles = measurePair(width, height, biases, undefined);
  const biasVariance = meanOf(biasTiles.map((tile) => tile.variance / 2));
  if (!(biasVariance > 0)) return { kind: 'not measured', reason: 'the bias frames do not differ: they hold no noise' };
  const gains: { levelAdu: number; gainEPerAdu: number; error: number }[] = [];
  for (const pair of flats) {
    const tiles = measurePair(width, height, pair, biasTiles);
    const usable = tiles.filter((tile) => tile.level > 10 * Math.sqrt(biasVariance));
    const estimates = Float64Array.from(usable, (tile) => {
      const photon = tile.variance - (1 + tile.ratio ** 2) * biasVariance;
      return photon > 0 ? (tile.level * (1 + tile.ratio)) / photon : Number.NaN;
    }).filter((gain) => Number.isFinite(gain));
    if (estimates.length < 8) {
      // Light without noise: the pixels are full. Too faint a pair has no usable tile.
      if (usable.length >= 8)
        gains.push({
          levelAdu: meanOf(usable.map(({ level }) => level)),
          gainEPerAdu: Number.POSITIVE_INFINITY,
          error: 0,
        });
      continue;
    }
    const { mean, sigma, count } = clippedLocation(estimates, estimates.length, 3, new Float64Array(estimates.length));
    // A quotient by a variance from n pixels is high by 2 / n on average.
    const unbiased = mean / (1 + 2 / tilePixels);
    gains.push({
      levelAdu: meanOf(usable.map((tile) => tile.level)),
      gainEPerAdu: unbiased,
      error: sigma / Math.sqrt(count),
    });
  }
  gains.sort((a, b) => a.levelAdu - b.levelAdu);
  if (!Number.isFinite(gains[0]?.gainEPerAdu)) {
    return { kind: 'not measured', reason: 'the flats are too faint, or do not differ by photon noise' };
  }
  const { linear, endsAtAdu } = linearPart(gains);
  const weights = linear.map((gain) => 1 / Math.max(gain.error, 1e-6 * gain.gainEPerAdu) ** 2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const gainEPerAdu = linear.reduce((sum, gain, i) => sum + gain.gainEPerAdu * weights[i]!, 0) / total;
  const readNoiseE = gainEPerAdu * Math.sqrt(biasVariance);
  const gainErr = 1 / Math.sqrt(total);
  return {
    kind: 'measured',
    gainEPerAdu,
    gainErr,
    readNoiseE,
    readNoiseErrE: readNoiseE * Math.hypot(gainErr / gainEPerAdu, 1 / Math.sqrt(2 * width * height)),
    levels: gains
      .filter(({ gainEPerAdu: gain }) => Number.isFinite(gain))
      .map(({ levelAdu, gainEPerAdu: gain }) => ({ levelAdu, gainEPerAdu: gain })),
    linearToAdu: endsAtAdu,
  };
}

const tilePixels = (tileSize / 2) ** 2;

interface PairTile {
  /** Mean of the first frame above the bias, ADU (0 for the bias pair itself: see `biasLevel`). */
  readonly level: number;
  readonly biasLevel: number;
  /** First frame's level over the second's. */
  readonly ratio: number;
  /** Of first - ratio * second, levels removed. */
  readonly variance: number;
}

function measurePair(
  width: number,
  height: number,
  pair: FramePair,
  biasTiles: readonly PairTile[] | undefined,
): PairTile[] {
  const tiles: PairTile[] = [];
  const first = new Float64Array(tilePixels);
  const second = new Float64Array(tilePixels);
  const difference = new Float64Array(tilePixels);
  const scratch = new Float64Array(tilePixels);
  for (let y0 = 0; y0 + tileSize <= height; y0 += tileSize) {
    for (let x0 = 0; x0 + tileSize <= width; x0 += tileSize) {
      for (let phase = 0; phase < 4; phase++) {
        let n = 0;
        for (let y = y0 + (phase >> 1); y < y0 + tileSize; y += 2) {
          for (let x = x0 + (phase & 1); x < x0 + tileSize; x += 2) {
            first[n] = pair.first[y * width + x]!;
            second[n++] = pair.second[y * width + x]!;
          }
        }
        const a = clippedLocation(first, n, clip, scratch).mean;
        const b = clippedLocation(second, n, clip, scratch).mean;
        const bias = biasTiles?.[tiles.length]?.biasLevel;
        const ratio = bias === undefined ? 1 : (a - bias) / (b - bias);
        for (let i = 0; i < n; i++) difference[i] = first[i]! - ratio * second[i]!;
        const { sigma } = clippedLocation(difference, n, clip, scratch);
        tiles.push({
          level: bias === undefined ? 0 : a - bias,
          biasLevel: (a + b) / 2,
          ratio,
          variance: sigma * sigma,
        });
      }
    }
  }
  return tiles;
}

/** A gain that is off by more, beyond three times its own error, is another one. */
const sameGain = 0.05;

interface PairGain {
  readonly levelAdu: number;
  readonly gainEPerAdu: number;
  readonly error: number;
}

/**
 * The pairs, from the faintest up, whose gain is that of those before, and the level at which it leaves it: between the last of them
 * and the first beyond, as the straight line between the two has it.
 */
function linearPart(gains: readonly PairGain[]): { linear: PairGain[]; endsAtAdu: number | undefined } {
  const linear = [gains[0]!];
  for (const gain of gains.slice(1)) {
    const sofar = meanOf(linear.map((one) => one.gainEPerAdu));
    const offBy = (one: PairGain) => Math.abs(one.gainEPerAdu / sofar - 1);
    if (offBy(gain) <= sameGain + (3 * gain.error) / sofar) {
      linear.push(gain);
      continue;
    }
    const last = linear.at(-1)!;
    const before = Math.min(sameGain, offBy(last));
    const share = (sameGain - before) / (offBy(gain) - before);
    return { linear, endsAtAdu: last.levelAdu + share * (gain.levelAdu - last.levelAdu) };
  }
  return { linear, endsAtAdu: undefined };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
