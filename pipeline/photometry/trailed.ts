import type { PsfSummary } from './measurement.ts';

/** Stars longer than wide by this (1 - b/a) are trailed: optics at their worst corner and seeing do less. */
const trailedEllipticity = 0.4;
/** The profile follows stars up to somewhat more than four times as long as wide, and no further. */
const lostEllipticity = 0.75;

/** What has to be said of stars that guiding, wind or a mount without drive drew out; undefined when they are round enough. */
export function trailWarning(psf: PsfSummary | undefined): string | undefined {
  if (!psf || psf.ellipticity < trailedEllipticity) return undefined;
  const ratio = 1 / (1 - psf.ellipticity);
  const drawn = `the stars are drawn out (${ratio.toFixed(1)} times as long as wide, ${psf.paDeg.toFixed(0)} deg from +x)`;
  return psf.ellipticity > lostEllipticity
    ? `${drawn}, too far for their shape to be told: fluxes and positions of this frame are not to be trusted`
    : `${drawn}: guiding, wind or vibration`;
}
