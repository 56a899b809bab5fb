import { type FramePair, photonTransfer } from '../../pipeline/calibration/photon-transfer.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import type { Fact } from '../../pipeline/header/facts.ts';

/** What a detector's own frames told of it at one setup. */
export interface MeasuredDetector {
  readonly gainEPerAdu: number;
  readonly gainErr: number;
  readonly readNoiseE: number;
  readonly readNoiseErrE: number;
}

/** So many pixels in the middle of the chip tell the gain to a few parts in a thousand. */
const enoughPixels = 4_000_000;
const largestGainError = 0.05;

/**
 * Gain and read noise by photon transfer from two raw flats and two raw biases of one size; undefined when they do not tell,
 * or not to 5 %.
 */
export async function measureDetector(
  flats: readonly MemberSource[],
  biases: readonly MemberSource[],
): Promise<MeasuredDetector | undefined> {
  const [flatA, flatB, biasA, biasB] = [flats[0], flats[1], biases[0], biases[1]];
  if (!flatA || !flatB || !biasA || !biasB) return undefined;
  const { width, height } = flatA;
  if ([flatB, biasA, biasB].some((one) => one.width !== width || one.height !== height)) return undefined;
  const rows = Math.min(height, Math.max(64, Math.floor(enoughPixels / width)) & ~1);
  const from = ((height - rows) / 2) & ~1;
  const read = async (member: MemberSource) => {
    const pixels = new Float32Array(rows * width);
    await member.readRows(from, from + rows, pixels);
    return pixels;
  };
  const pair = async (a: MemberSource, b: MemberSource): Promise<FramePair> => ({
    first: await read(a),
    second: await read(b),
  });
  const outcome = photonTransfer(width, rows, [await pair(flatA, flatB)], await pair(biasA, biasB));
  if (outcome.kind !== 'measured' || outcome.gainErr > largestGainError * outcome.gainEPerAdu) return undefined;
  const { gainEPerAdu, gainErr, readNoiseE, readNoiseErrE } = outcome;
  return { gainEPerAdu, gainErr, readNoiseE, readNoiseErrE };
}

const tolerated = 0.1;
const quantities = [
  ['gainEPerAdu', 'gain', 'e-/ADU'],
  ['readNoiseE', 'read noise', 'e-'],
] as const;

/** Gain and read noise as someone states them. */
export type StatedDetector = { readonly gainEPerAdu?: number; readonly readNoiseE?: number };

/**
 * Holds what configuration and header say against what was measured: where they disagree by more than 10 % this is told, and the
 * configuration gives way to the measurement.
 */
export function reconcileDetector<Configured extends StatedDetector>(
  configured: Configured,
  header: Partial<Record<'gainEPerAdu' | 'readNoiseE', Fact<number> | undefined>>,
  measured: MeasuredDetector | undefined,
): { readonly configured: Configured; readonly measured: StatedDetector; readonly warnings: string[] } {
  if (!measured) return { configured, measured: {}, warnings: [] };
  const warnings: string[] = [];
  const kept: Configured = { ...configured };
  for (const [name, words, unit] of quantities) {
    const disagrees = (value: number | undefined): value is number =>
      value !== undefined && Math.abs(value / measured[name] - 1) > tolerated;
    const used = `${measured[name].toPrecision(3)} ${unit} were measured on flats and biases and are used`;
    const fact = header[name];
    if (disagrees(configured[name])) {
      delete kept[name];
      warnings.push(`the configuration says a ${words} of ${configured[name]} ${unit}: ${used}`);
    } else if (configured[name] === undefined && disagrees(fact?.value)) {
      warnings.push(`the header says a ${words} of ${fact?.value} ${unit} (${fact?.card}): ${used}`);
    }
  }
  const { gainEPerAdu, readNoiseE } = measured;
  return { configured: kept, measured: { gainEPerAdu, readNoiseE }, warnings };
}
