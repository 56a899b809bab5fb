/** Days from full Moon to half the distance that is kept from it: about first and last quarter. */
const halfWidthDays = 7;
const daysPerLunation = 29.53;
/** A Moon lower than this lights the sky less: the distance shrinks with its altitude, to nothing at the horizon. */
const highMoonDeg = 30;

/**
 * How far from the Moon to stay for its light, degrees: `fullMoonDistanceDeg` at full Moon, less with the days from it
 * (a Lorentzian, as observers set it in their schedulers), and for a low Moon in proportion to its altitude.
 */
export function moonlightDistanceDeg(
  fullMoonDistanceDeg: number,
  { moonLitFraction, moonAltitudeDeg }: { readonly moonLitFraction: number; readonly moonAltitudeDeg: number },
): number {
  // The lit share is (1 - cos of the elongation) / 2.
  const fromFullDeg = 180 - (Math.acos(1 - 2 * moonLitFraction) * 180) / Math.PI;
  const fromFullDays = (fromFullDeg / 360) * daysPerLunation;
  const height = Math.min(1, Math.max(0, moonAltitudeDeg / highMoonDeg));
  return (fullMoonDistanceDeg * height) / (1 + (fromFullDays / halfWidthDays) ** 2);
}
