import { createHash } from 'node:crypto';
import { type Linearity, type LinearityCurve, linearise, linearityCurve } from '../calibration/linearity.ts';
import type { Master } from '../calibration/master.ts';
import { sharedFloat32, sharedUint8 } from '../crew.ts';
import { combineBand } from './clip.ts';
import { type MemberSource, type MemberStatistics, measureMember, rejectMembers } from './member.ts';

/** What to make of a set of calibration frames. */
export interface CombineOptions {
  readonly kind: Master['kind'];
  /** For flats: the bias or flat-dark to subtract first. */
  readonly pedestal?: Master;
  /** For flats with a pedestal: the detector's departure from linearity, taken out of the shape of the flat. */
  readonly linearity?: Linearity | undefined;
  readonly exposureS: number;
  readonly sensorTemperatureC: number | undefined;
  readonly filter: string | undefined;
  /** Each colour of the 2 x 2 cell of a flat is normalised for itself. */
  readonly colour: boolean;
  readonly saturationAdu: number | undefined;
  readonly fewestMembers: number;
  /** Bytes for the bands of all members together. */
  readonly memoryBytes: number;
  readonly clip?: number;
  /** Hashes of the members, in their order: the master's name is made of them. */
  readonly memberIds: readonly string[];
}

export type CombineOutcome =
  | {
      readonly kind: 'combined';
      readonly master: Master;
      readonly used: readonly string[];
      readonly rejected: readonly { readonly name: string; readonly reason: string }[];
      /** Share of all values that clipping left out: cosmic rays, satellites, stars in twilight flats. */
      readonly clippedShare: number;
    }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly rejected: readonly { name: string; reason: string }[];
    };

/**
 * Combines calibration frames to a master in bands of rows, so that memory stays within `memoryBytes` whatever their number:
 * members that do not belong are left out with their reason, flats lose their pedestal and are scaled to mean 1 (each colour
 * for itself), then each pixel is the sigma-clipped mean. Bias and darks keep the bias. The master's noise and its
 * unstable pixels (random telegraph noise) come with it.
 */
export async function combineMaster(
  members: readonly MemberSource[],
  options: CombineOptions,
): Promise<CombineOutcome> {
  const { kind, pedestal, colour } = options;
  const isFlat = kind === 'flat';
  const saturation = options.saturationAdu ?? Number.POSITIVE_INFINITY;
  const first = members[0];
  if (!first) return { kind: 'refused', reason: 'no frames', rejected: [] };
  const { width, height } = first;
  const under = isFlat ? pedestal?.pixels : undefined;
  const linearity = under ? options.linearity : undefined;
  const curve = linearity && linearityCurve(linearity);
  if (under && (pedestal!.width !== width || pedestal!.height !== height)) {
    return { kind: 'refused', reason: 'the pedestal for these flats is of another size', rejected: [] };
  }
  const statistics: MemberStatistics[] = [];
  for (const member of members) statistics.push(await measureMember(member, under, saturation, isFlat && colour));
  const reasons = rejectMembers(kind, statistics, options.saturationAdu);
  members.forEach((member, index) => {
    if (member.width !== width || member.height !== height)
      reasons.set(index, `of ${member.width} x ${member.height} pixels`);
  });
  const rejected = [...reasons].map(([index, reason]) => ({ name: members[index]!.name, reason }));
  const used = members.map((_, index) => index).filter((index) => !reasons.has(index));
  if (used.length < options.fewestMembers) {
    const reason = `${used.length} usable frames, ${options.fewestMembers} are needed`;
    return { kind: 'refused', reason, rejected };
  }
  const combined = sharedFloat32(width * height);
  const unstable = kind === 'bias' || kind === 'dark' ? sharedUint8(width * height) : undefined;
  const noises = used.map((index) => statistics[index]!.noise / (isFlat ? statistics[index]!.level : 1));
  const sigmaFloor = Math.max(median(noises), isFlat ? 0 : 0.3);
  const rowsInBand = Math.max(1, Math.min(height, Math.floor(options.memoryBytes / (used.length * width * 4))));
  const bands = used.map(() => new Float32Array(rowsInBand * width));
  let clipped = 0;
  let varianceSum = 0;
  let nVariance = 0;
  for (let from = 0; from < height; from += rowsInBand) {
    const to = Math.min(from + rowsInBand, height);
    for (let m = 0; m < used.length; m++) {
      await members[used[m]!]!.readRows(from, to, bands[m]!);
      if (isFlat) normaliseBand(bands[m]!, width, from, to, under, curve, statistics[used[m]!]!.levels, saturation);
    }
    const count = (to - from) * width;
    const clip = options.clip ?? 4;
    const tally = combineBand({ bands, count, sigmaFloor, clip, combined, unstable, offset: from * width });
    clipped += tally.clipped;
    varianceSum += tally.varianceSum;
    nVariance += tally.nVariance;
  }
  const names = used.map((index) => members[index]!.name);
  const id = createHash('sha256')
    .update(kind)
    .update(pedestal?.id ?? '')
    .update(linearity ? JSON.stringify(linearity) : '');
  for (const index of used) id.update(`\n${options.memberIds[index] ?? members[index]!.name}`);
  const master: Master = {
    kind,
    width,
    height,
    pixels: combined,
    nCombined: used.length,
    noise: nVariance > 0 ? Math.sqrt(varianceSum / nVariance) : sigmaFloor,
    exposureS: options.exposureS,
    sensorTemperatureC: options.sensorTemperatureC,
    filter: options.filter,
    id: id.digest('hex').slice(0, 32),
    ...(unstable && { bad: unstable }),
  };
  return { kind: 'combined', master, used: names, rejected, clippedShare: clipped / (used.length * width * height) };
}

/** Removes the pedestal of a flat's rows and divides by the flat's own level; saturated pixels become NaN. */
function normaliseBand(
  band: Float32Array,
  width: number,
  from: number,
  to: number,
  under: Float32Array | undefined,
  curve: LinearityCurve | undefined,
  levels: MemberStatistics['levels'],
  saturation: number,
): void {
  const trueLevels = curve ? levels.map((level) => linearise(curve, level)) : levels;
  for (let y = from; y < to; y++) {
    const start = (y - from) * width;
    for (let x = 0; x < width; x++) {
      const raw = band[start + x]!;
      const measured = under ? raw - under[y * width + x]! : raw;
      const value = curve ? linearise(curve, measured) : measured;
      const isUsable = raw < saturation && !(curve && measured >= curve.limitAdu);
      band[start + x] = !isUsable ? Number.NaN : value / trueLevels[(y & 1) * 2 + (x & 1)]!;
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
