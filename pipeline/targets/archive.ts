/** One measurement of a target that a centre's archive holds. */
export interface ArchivePoint {
  readonly mjd: number;
  readonly mag: number;
  /** One sigma; NaN for an upper limit. */
  readonly magErr: number;
  /** Short name of the band (`V`, `g`, ...), else the archive's own words. */
  readonly band: string;
}

/** What is held against one measurement. */
export interface Measured {
  readonly mjd: number;
  readonly band: string;
  readonly mag: number;
  readonly magErr: number;
}

/** What an archive's light curve says of a target. */
export interface ArchiveWord {
  readonly nPoints: number;
  readonly nDetections: number;
  /** Whether it varied by more than its errors in at least one band. */
  readonly varied: boolean;
  /** Of the band that was asked for: detections, their median and the range that holds nine tenths of them. */
  readonly inBand:
    | { readonly band: string; readonly nDetections: number; readonly medianMag: number; readonly rangeMag: number }
    | undefined;
  /** The last detection in that band not after the measurement. */
  readonly last: { readonly mag: number; readonly magErr: number; readonly daysAgo: number } | undefined;
  /** Measured minus the last one, and the same in sigma of both errors. */
  readonly magDifference: number | undefined;
  readonly differenceSigma: number | undefined;
}

/** Errors of a network of telescopes are not better than this: zero points, filters. */
const floorMag = 0.03;
const fewestToVary = 5;
/** Reduced chi square and range, magnitudes, from which a light curve is called variable. */
const variableChi2 = 4;
const variableRangeMag = 0.15;

/** What the archive tells of a target; `measured` may lack its magnitude. */
export function archiveWord(
  points: readonly ArchivePoint[],
  measured: Pick<Measured, 'mjd' | 'band'> & Partial<Measured>,
): ArchiveWord {
  const detections = points.filter(({ magErr }) => magErr > 0);
  const byBand = Map.groupBy(detections, ({ band }) => band);
  const same = byBand.get(measured.band) ?? [];
  const before = same.filter(({ mjd }) => mjd <= measured.mjd).sort((a, b) => b.mjd - a.mjd);
  const last = before[0];
  const difference = last && measured.mag !== undefined ? measured.mag - last.mag : undefined;
  return {
    nPoints: points.length,
    nDetections: detections.length,
    varied: [...byBand.values()].some(varies),
    inBand:
      same.length === 0
        ? undefined
        : {
            band: measured.band,
            nDetections: same.length,
            medianMag: quantile(magnitudesOf(same), 0.5),
            rangeMag: rangeOf(same),
          },
    last: last && { mag: last.mag, magErr: last.magErr, daysAgo: measured.mjd - last.mjd },
    magDifference: difference,
    differenceSigma:
      difference === undefined ? undefined : difference / Math.hypot(last!.magErr, measured.magErr ?? 0, floorMag),
  };
}

function varies(points: readonly ArchivePoint[]): boolean {
  if (points.length < fewestToVary || rangeOf(points) < variableRangeMag) return false;
  const weights = points.map(({ magErr }) => 1 / (magErr ** 2 + floorMag ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = points.reduce((sum, { mag }, k) => sum + weights[k]! * mag, 0) / total;
  const chi2 = points.reduce((sum, { mag }, k) => sum + weights[k]! * (mag - mean) ** 2, 0);
  return chi2 / (points.length - 1) > variableChi2;
}

function rangeOf(points: readonly ArchivePoint[]): number {
  const mags = magnitudesOf(points);
  return quantile(mags, 0.95) - quantile(mags, 0.05);
}

const magnitudesOf = (points: readonly ArchivePoint[]): number[] => points.map(({ mag }) => mag).sort((a, b) => a - b);

/** Of sorted values, interpolated. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}
