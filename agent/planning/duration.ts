/** One filter's exposures of a visit. */
export interface Exposures {
  readonly filter: string;
  readonly exposureS: number;
  readonly exposureCount: number;
}

/** Guesses, seconds: reading out a frame; slewing, centring and turning the wheel. */
const readOutS = 10;
const overheadS = 60;

/** How long a visit keeps the telescope, seconds. */
export function durationOf(exposures: readonly Exposures[]): number {
  return exposures.reduce(
    (sum, { exposureCount, exposureS }) => sum + exposureCount * (exposureS + readOutS),
    overheadS,
  );
}
