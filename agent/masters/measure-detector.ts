import { type Linearity, linearise, linearityCurve, measureLinearity } from '../../pipeline/calibration/linearity.ts';
import { type FramePair, photonTransfer } from '../../pipeline/calibration/photon-transfer.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import type { Fact } from '../../pipeline/header/facts.ts';
import { clippedLocation } from '../../pipeline/numeric/robust.ts';
import type { MeasuredDetector } from '../store/master.ts';

/** So many pixels in the middle of the chip, of all pairs together, tell the gain to a few parts in a thousand. */
const enoughPixels = 4_000_000;
const mostPairs = 4;
const largestGainError = 0.05;
/** A correction larger than this is no detector's. */
const largestCorrection = 0.1;

/** A raw flat, with its exposure where the header tells it. */
export type FlatMember = MemberSource & { readonly exposureS: number | null };

/**
 * Gain and read noise by photon transfer from pairs of raw flats, neighbours in level, and two raw biases of one size; with flats
 * of one lamp at different exposures among them also the linearity. Undefined when they do not tell, or the gain not to 5 %.
 */
export async function measureDetector(
  flats: readonly FlatMember[],
  biases: readonly MemberSource[],
): Promise<MeasuredDetector | undefined> {
  const [biasA, biasB] = biases;
  if (flats.length < 2 || !biasA || !biasB) return undefined;
  const { width, height } = biasA;
  if ([...flats, biasB].some((one) => one.width !== width || one.height !== height)) return undefined;
  const biasLevel = await centralLevel(biasA);
  const levels = await Promise.all(
    flats.map(async (flat) => ({ flat, levelAdu: (await centralLevel(flat)) - biasLevel })),
  );
  const pairs = pairsOf(levels.sort((a, b) => a.levelAdu - b.levelAdu).map(({ flat }) => flat));
  const rows = Math.min(height, Math.max(64, Math.floor(enoughPixels / pairs.length / width)) & ~1);
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
  const flatPairs = await Promise.all(pairs.map(([a, b]) => pair(a, b)));
  const outcome = photonTransfer(width, rows, flatPairs, await pair(biasA, biasB));
  if (outcome.kind !== 'measured' || outcome.gainErr > largestGainError * outcome.gainEPerAdu) return undefined;
  const { gainEPerAdu, gainErr, readNoiseE, readNoiseErrE, linearToAdu } = outcome;
  return {
    gainEPerAdu,
    gainErr,
    readNoiseE,
    readNoiseErrE,
    linearToAdu: linearToAdu ?? null,
    linearity: linearityFrom(levels),
  };
}

/** Up to four pairs of neighbours in level, spread over the levels. */
function pairsOf<Member>(sorted: readonly Member[]): [Member, Member][] {
  const all: [Member, Member][] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) all.push([sorted[i]!, sorted[i + 1]!]);
  if (all.length <= mostPairs) return all;
  return Array.from({ length: mostPairs }, (_, k) => all[Math.round((k * (all.length - 1)) / (mostPairs - 1))]!);
}

/** Clipped mean of one phase of the 2 x 2 cell (one colour) in the middle of a frame. */
async function centralLevel({ width, height, readRows }: MemberSource): Promise<number> {
  const rows = Math.min(height, 64);
  const pixels = new Float32Array(rows * width);
  const from = ((height - rows) / 2) & ~1;
  await readRows(from, from + rows, pixels);
  const values = new Float64Array(pixels.length);
  let n = 0;
  for (let y = 0; y < rows; y += 2) {
    for (let x = (width >> 2) & ~1; x < width - (width >> 2); x += 2) {
      const value = pixels[y * width + x]!;
      if (Number.isFinite(value)) values[n++] = value;
    }
  }
  return clippedLocation(values, n, 3, new Float64Array(n)).mean;
}

function linearityFrom(levels: readonly { flat: FlatMember; levelAdu: number }[]): Linearity | null {
  const flats = levels.flatMap(({ flat: { exposureS }, levelAdu }) =>
    exposureS !== null && exposureS > 0 ? [{ exposureS, levelAdu }] : [],
  );
  const found = measureLinearity(flats);
  if ('reason' in found) return null;
  const factor = linearise(linearityCurve(found), found.limitAdu) / found.limitAdu;
  return Math.abs(factor - 1) < largestCorrection ? found : null;
}

/**
 * What is to be done about linearity: what the configuration states, else the curve that flats of one lamp told, else nothing but the
 * limit from which brighter flats show another gain. Undefined where nothing is known.
 */
export function settleLinearity(
  configured: Linearity | undefined,
  measured: Pick<MeasuredDetector, 'linearity' | 'linearToAdu'> | undefined,
): Linearity | undefined {
  if (configured) return configured;
  if (measured?.linearity) return measured.linearity;
  const limitAdu = measured?.linearToAdu;
  return limitAdu ? { limitAdu, from: 'photon transfer' } : undefined;
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
  measured: Pick<MeasuredDetector, 'gainEPerAdu' | 'readNoiseE'> | undefined,
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
