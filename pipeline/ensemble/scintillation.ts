export interface ScintillationConditions {
  readonly apertureM: number;
  readonly exposureS: number;
  readonly airmass: number;
  readonly heightM: number;
}

/** Median of the empirical coefficients of the sites of Osborn et al. 2015 (their table 1), m^(2/3) s^(1/2). */
const MEDIAN_COEFFICIENT = 1.56;
const SCALE_HEIGHT_M = 8000;

/**
 * Relative scatter of a star's flux by scintillation, long exposures: sigma^2 = 10^-5 C^2 D^(-4/3) t^-1 X^3
 * exp(-2 h / H) (Young 1967 with the coefficient of Osborn et al. 2015, MNRAS 452, 1707, eq. 7).
 */
export function scintillationSigma({ apertureM, exposureS, airmass, heightM }: ScintillationConditions): number {
  const variance =
    (1e-5 *
      MEDIAN_COEFFICIENT ** 2 *
      apertureM ** (-4 / 3) *
      airmass ** 3 *
      Math.exp((-2 * heightM) / SCALE_HEIGHT_M)) /
    exposureS;
  return Math.sqrt(variance);
}
