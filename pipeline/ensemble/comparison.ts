import { UNCLEAN } from '../flags.ts';
import { MAG_PER_RELATIVE_FLUX } from '../magnitude.ts';
import type { EnsembleFrame } from './frame.ts';
import type { IdentifiedStars } from './identify-stars.ts';
import type { Observations } from './solve-ensemble.ts';

/** A comparison star is usable in at least this share of the frames in which any star is. */
const MIN_PRESENCE = 0.7;
const MAX_STARS = 150;
const MAX_ERROR_MAG = 0.05;

/**
 * Observations of the stars worth comparing with: the brightest ones that are measured cleanly in most frames, never
 * the target (star 0). The variance of a magnitude holds its own error and the frame's scintillation. Undefined with
 * fewer than two such stars.
 */
export function chooseComparison(
  frames: readonly EnsembleFrame[],
  { nStars, starOfRow, eastArcsec, northArcsec }: IdentifiedStars,
  scintillation: (frame: EnsembleFrame) => number,
): Observations | undefined {
  const times = new Int32Array(nStars);
  const brightness = new Float64Array(nStars).fill(Number.POSITIVE_INFINITY);
  let nUsedFrames = 0;
  frames.forEach((frame, at) => {
    const stars = starOfRow[at];
    if (!stars) return;
    nUsedFrames++;
    for (let row = 0; row < stars.length; row++) {
      const star = stars[row]!;
      if (star <= 0 || !isUsable(frame, row)) continue;
      times[star]!++;
      brightness[star] = Math.min(brightness[star]!, frame.mag[row]!);
    }
  });
  const chosen = [...times.keys()]
    .filter((star) => times[star]! > 0 && times[star]! >= MIN_PRESENCE * nUsedFrames)
    .sort((a, b) => brightness[a]! - brightness[b]!)
    .slice(0, MAX_STARS);
  if (chosen.length < 2) return undefined;
  const isChosen = new Uint8Array(nStars);
  for (const star of chosen) isChosen[star] = 1;
  const capacity = chosen.reduce((sum, star) => sum + times[star]!, 0);
  const half = Math.max(1, ...chosen.map((star) => Math.hypot(eastArcsec[star]!, northArcsec[star]!)));
  const observations = {
    u: eastArcsec.map((value) => value / half),
    v: northArcsec.map((value) => value / half),
    unitArcsec: half,
    frame: new Int32Array(capacity),
    star: new Int32Array(capacity),
    mag: new Float64Array(capacity),
    variance: new Float64Array(capacity),
    count: capacity,
    nFrames: frames.length,
    nStars,
  };
  let count = 0;
  frames.forEach((frame, at) => {
    const stars = starOfRow[at];
    if (!stars) return;
    const own = (MAG_PER_RELATIVE_FLUX * scintillation(frame)) ** 2;
    for (let row = 0; row < stars.length; row++) {
      if (stars[row]! <= 0 || !isChosen[stars[row]!] || !isUsable(frame, row)) continue;
      observations.frame[count] = at;
      observations.star[count] = stars[row]!;
      observations.mag[count] = frame.mag[row]!;
      observations.variance[count++] = frame.magErr[row]! ** 2 + own;
    }
  });
  return observations;
}

function isUsable({ mag, magErr, flags }: EnsembleFrame, row: number): boolean {
  return Number.isFinite(mag[row]!) && magErr[row]! < MAX_ERROR_MAG && (flags[row]! & UNCLEAN) === 0;
}
