import { filters } from '../../config/filters.ts';
import { medianOf } from '../../pipeline/numeric/statistics.ts';
import { clearExtinction } from '../../pipeline/standardisation/extinction.ts';
import { slowLoss } from '../../pipeline/standardisation/history.ts';
import type { ZeroPointNight } from '../store/zero-points.ts';

/** How the light of one setup, filter and plane fared over the last nights. */
export interface LightReport {
  readonly instrument: string;
  readonly filter: string;
  readonly plane: string;
  readonly band: string;
  readonly nNights: number;
  /** Of the last night, its mean zero point at airmass 1, and frames. */
  readonly lastNightMjd: number;
  readonly lastZeroPoint: number;
  readonly lastFrames: number;
  /** The median of the nights before; null without one. */
  readonly usualZeroPoint: number | null;
  /** The least share of the usual light that a frame of the last night had. */
  readonly worstShare: number | null;
  /** In plain words, what the operator should look after. */
  readonly warnings: readonly string[];
}

const fallMag = 0.25;
const enoughNights = 3;

/** Reports on the light of each setup from its nights, as the store gives them, newest first. */
export function lightReports(nights: readonly ZeroPointNight[], heightM: number): LightReport[] {
  const groups = Map.groupBy(nights, ({ instrument, setup, filter, plane, band }) =>
    JSON.stringify([instrument, setup, filter, plane, band]),
  );
  return [...groups.values()].map((group) => reportOf(group, heightM));
}

function reportOf(group: readonly ZeroPointNight[], heightM: number): LightReport {
  const { instrument, filter, plane, band, night, nFrames, worstShare } = group[0]!;
  const wavelengthNm = filters.bands.find(({ name }) => name === band)?.wavelengthNm ?? Number.NaN;
  const extinction = clearExtinction(wavelengthNm, heightM);
  const points = group.map((one) => ({
    day: one.night,
    zeroPoint: one.zeroPoint + (one.airmass === null ? 0 : extinction * (one.airmass - 1)),
  }));
  const before = points.slice(1);
  const usual = before.length > 0 ? medianOf(Float64Array.from(before, ({ zeroPoint }) => zeroPoint)) : null;
  const last = points[0]!.zeroPoint;
  const warnings: string[] = [];
  if (usual !== null && before.length >= enoughNights && usual - last > fallMag) {
    const share = Math.round(100 * 10 ** (-0.4 * (usual - last)));
    warnings.push(`the last night brought ${share} % of the usual light: clouds, dew or something in the way`);
  }
  const loss = slowLoss(points);
  if (loss) {
    const words = `light has been lost for ${loss.days} days, ${loss.lossMag.toFixed(2)} mag in all`;
    warnings.push(`${words}: dust, a coating or a failing filter`);
  }
  return {
    ...{ instrument, filter, plane, band, nNights: points.length, lastNightMjd: night, lastZeroPoint: last },
    ...{ lastFrames: nFrames, usualZeroPoint: usual, worstShare, warnings },
  };
}
