import { madSigma, medianOf } from '../numeric/statistics.ts';

/** A zero point of an earlier frame of the same setup, filter name and plane. */
export interface EarlierZeroPoint {
  readonly mjd: number;
  readonly band: string;
  readonly zeroPoint: number;
  /** NaN where unknown. */
  readonly airmass: number;
}

/** What frames of one setup, filter name and plane told before. */
export interface SetupHistory {
  /** How often each band was told from the stars without doubt. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly zeroPoints: readonly EarlierZeroPoint[];
}

/** What the zero point of a frame says beside those of earlier nights with the same setup and band. */
export interface Transparency {
  /** Light that arrives, as a share of what usually does. */
  readonly share: number;
  /** The usual zero point at the airmass of this frame, and its scatter, magnitudes. */
  readonly usualZeroPoint: number;
  readonly scatterMag: number;
  /** The loss in sigma of the usual scatter; negative for more light than usual. */
  readonly lossSigma: number;
  readonly nEarlier: number;
  readonly nNights: number;
  readonly warning: string | undefined;
}

/** Fewer earlier zero points make no habit. */
const MIN_HISTORY = 5;
/** With so many nights each counts once, however many frames it had. */
const MIN_NIGHTS = 3;
const MIN_LOSS_MAG = 0.25;
const LOSS_SIGMA = 4;
/** Zero points do not repeat better from night to night. */
const MIN_SCATTER_MAG = 0.02;

/**
 * Compares a zero point with earlier ones of the same band, all brought to airmass 1 by the extinction of clear air
 * (`extinctionMag` an airmass). A loss beyond four times the usual scatter, and a quarter of a magnitude, is a warning:
 * clouds, dew, a dirty mirror or a dying filter. `nightOf` numbers nights. Undefined without a habit.
 */
export function transparency(
  now: EarlierZeroPoint,
  earlier: readonly EarlierZeroPoint[],
  extinctionMag: number,
  nightOf: (mjd: number) => number = Math.floor,
): Transparency | undefined {
  const same = earlier.filter(({ band, zeroPoint }) => band === now.band && Number.isFinite(zeroPoint));
  if (same.length < MIN_HISTORY || !Number.isFinite(now.zeroPoint)) return undefined;
  const overhead = ({ zeroPoint, airmass }: EarlierZeroPoint): number =>
    Number.isFinite(airmass) && Number.isFinite(now.airmass) ? zeroPoint + extinctionMag * (airmass - 1) : zeroPoint;
  const nights = [...Map.groupBy(same, ({ mjd }) => nightOf(mjd)).values()].map((night) =>
    medianOf(Float64Array.from(night, overhead)),
  );
  const values = Float64Array.from(nights.length >= MIN_NIGHTS ? nights : same.map(overhead));
  const usual = medianOf(values.slice());
  const scatterMag = Math.max(MIN_SCATTER_MAG, madSigma(values, usual));
  const loss = usual - overhead(now);
  const usualZeroPoint = now.zeroPoint + loss;
  const share = 10 ** (-0.4 * loss);
  const lossSigma = loss / scatterMag;
  const warning =
    loss > MIN_LOSS_MAG && lossSigma > LOSS_SIGMA
      ? `Only ${Math.round(100 * share)} % of the usual starlight arrives (zero point ${now.zeroPoint.toFixed(2)} instead of ` +
        `${usualZeroPoint.toFixed(2)}, ${lossSigma.toFixed(0)} sigma): clouds, dew, something in the way or a failing filter.`
      : undefined;
  const counts = { nEarlier: same.length, nNights: nights.length };
  return { share, usualZeroPoint, scatterMag, lossSigma, ...counts, warning };
}

const MIN_TREND_NIGHTS = 7;
const MIN_TREND_DAYS = 10;
const MIN_TREND_MAG = 0.15;

/**
 * A slow loss of light over nights (`day`: any count of days, `zeroPoint`: the night's, at airmass 1): dust, dew on a coating, a dying
 * filter. The slope is that of Theil and Sen (Sen 1968, JASA 63, 1379), the median of those between all pairs of nights; it
 * is told when the loss over the span passes 0.15 mag and four times the scatter about it over the root of the number.
 */
export function slowLoss(
  nights: readonly { readonly day: number; readonly zeroPoint: number }[],
): { readonly magPerMonth: number; readonly lossMag: number; readonly days: number } | undefined {
  const days = Math.max(...nights.map(({ day }) => day)) - Math.min(...nights.map(({ day }) => day));
  if (nights.length < MIN_TREND_NIGHTS || days < MIN_TREND_DAYS) return undefined;
  const slopes: number[] = [];
  for (const [i, a] of nights.entries())
    for (const b of nights.slice(i + 1))
      if (a.day !== b.day) slopes.push((b.zeroPoint - a.zeroPoint) / (b.day - a.day));
  const slope = medianOf(Float64Array.from(slopes));
  const rest = Float64Array.from(nights, ({ day, zeroPoint }) => zeroPoint - slope * day);
  const scatter = madSigma(rest, medianOf(rest.slice()));
  const lossMag = -slope * days;
  const isLoss = lossMag > MIN_TREND_MAG && lossMag > (4 * scatter) / Math.sqrt(nights.length);
  return isLoss ? { magPerMonth: -slope * 30, lossMag, days } : undefined;
}
