import { clippedLocation, medianInPlace, sigmaOfMad } from '../numeric/robust.ts';

/** A calibration frame that can be read in bands of rows: raw ADU, trimmed as the light frames will be. */
export interface MemberSource {
  /** What a person calls it: the file's name. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readRows(fromRow: number, toRow: number, into: Float32Array): Promise<void>;
}

/** What a look at some rows of a member tells of it. */
export interface MemberStatistics {
  /** Clipped mean of the central half, pedestal subtracted, for each phase of the 2 x 2 cell (all equal for mono). */
  readonly levels: readonly [number, number, number, number];
  readonly level: number;
  /** Clipped scatter of neighbouring pixels' differences over root two: noise without structure. */
  readonly noise: number;
  /** Share of the looked-at pixels at or above the saturation level. */
  readonly saturated: number;
}

const sampledRows = 64;

/**
 * Looks at 64 pairs of rows spread over the central half of a member. `pedestal` (a master of the same size) is subtracted
 * first. Raw pixels at `saturationAdu` and above are counted.
 */
export async function measureMember(
  member: MemberSource,
  pedestal: Float32Array | undefined,
  saturationAdu: number,
  colour: boolean,
): Promise<MemberStatistics> {
  const { width, height } = member;
  const rows = new Float32Array(2 * width);
  const from = width >> 2;
  const to = width - (width >> 2);
  const phases = [0, 1, 2, 3].map(() => new Float64Array(sampledRows * width));
  const counts = [0, 0, 0, 0];
  const differences = new Float64Array(2 * sampledRows * width);
  let nDifferences = 0;
  let saturated = 0;
  let looked = 0;
  const step = Math.max(2, Math.floor(height / 2 / sampledRows) & ~1);
  for (
    let y = (height >> 2) & ~1;
    y + 2 <= height - (height >> 2) && counts[0]! < sampledRows * (width >> 2);
    y += step
  ) {
    await member.readRows(y, y + 2, rows);
    for (let row = 0; row < 2; row++) {
      for (let x = from; x < to; x++) {
        const raw = rows[row * width + x]!;
        if (!Number.isFinite(raw)) continue;
        looked++;
        if (raw >= saturationAdu) saturated++;
        const value = raw - (pedestal ? pedestal[(y + row) * width + x]! : 0);
        const phase = colour ? row * 2 + (x & 1) : 0;
        const values = phases[phase]!;
        if (counts[phase]! < values.length) values[counts[phase]!++] = value;
        const next = rows[row * width + x + 2];
        if (next !== undefined && x + 2 < to && nDifferences < differences.length) {
          const nextValue = next - (pedestal ? pedestal[(y + row) * width + x + 2]! : 0);
          if (Number.isFinite(nextValue)) differences[nDifferences++] = value - nextValue;
        }
      }
    }
  }
  const scratch = new Float64Array(Math.max(nDifferences, ...counts));
  const level = (phase: number) => clippedLocation(phases[phase]!, counts[phase]!, 3, scratch).mean;
  const first = level(0);
  const levels = colour ? ([first, level(1), level(2), level(3)] as const) : ([first, first, first, first] as const);
  return {
    levels,
    level: (levels[0] + levels[1] + levels[2] + levels[3]) / 4,
    noise: clippedLocation(differences, nDifferences, 3, scratch).sigma / Math.SQRT2,
    saturated: looked === 0 ? 0 : saturated / looked,
  };
}

/** Why members cannot be used, by their index; the others can. */
export function rejectMembers(
  kind: 'bias' | 'dark' | 'flat' | 'flat-dark',
  statistics: readonly MemberStatistics[],
  fullScaleAdu: number | undefined,
): Map<number, string> {
  const rejected = new Map<number, string>();
  const reject = (index: number, reason: string) => {
    if (!rejected.has(index)) rejected.set(index, reason);
  };
  const spread = (pick: (one: MemberStatistics) => number): { centre: number; sigma: number } => {
    const values = Float64Array.from(statistics, pick);
    const centre = medianInPlace(values.slice(), values.length);
    const away = values.map((value) => Math.abs(value - centre));
    return { centre, sigma: sigmaOfMad * medianInPlace(away, away.length) };
  };
  const level = spread((one) => one.level);
  const noise = spread((one) => one.noise);
  for (const [index, one] of statistics.entries()) {
    if (!Number.isFinite(one.level)) {
      reject(index, 'no usable pixels');
    } else if (kind === 'flat') {
      if (one.saturated > 0.01) reject(index, `${(100 * one.saturated).toFixed(1)} % of its pixels are saturated`);
      const share = fullScaleAdu === undefined ? undefined : Math.max(...one.levels) / fullScaleAdu;
      if (share !== undefined && share > 0.8) reject(index, `exposed to ${(100 * share).toFixed(0)} % of full scale`);
      const relativeNoise = one.noise / one.level;
      if (one.level <= 0) reject(index, 'no light above the pedestal');
      else if (relativeNoise > 0.05)
        reject(index, `too faint: noise is ${(100 * relativeNoise).toFixed(0)} % of its level`);
    } else if (statistics.length > 2) {
      // Members of a bias or dark set share level and noise; a light leak or a lamp shows in both.
      if (Math.abs(one.level - level.centre) > Math.max(6 * level.sigma, noise.centre, 1)) {
        reject(index, `its level of ${one.level.toFixed(1)} ADU is off the others' ${level.centre.toFixed(1)}`);
      }
      if (Math.abs(one.noise - noise.centre) > Math.max(6 * noise.sigma, 0.2 * noise.centre, 0.5)) {
        reject(index, `its noise of ${one.noise.toFixed(1)} ADU is off the others' ${noise.centre.toFixed(1)}`);
      }
    }
  }
  return rejected;
}
