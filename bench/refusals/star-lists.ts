import type { Random } from '../../base/random.ts';
import { addPatch, between, type Canvas } from './canvas.ts';
import type { Profile } from './profiles.ts';

export interface DrawnStar {
  readonly x: number;
  readonly y: number;
  readonly fluxE: number;
}

export interface Crowd {
  readonly nStars: number;
  /** Exponent of the counts: the number above a flux f falls as f^-slope. 0.5 (high latitude) to 1 (Galactic plane). */
  readonly slope: number;
  /** Signal to noise against the sky of the faintest, and the number of the brightest that shall have `clearSn` or more. */
  readonly faintestSn: number;
  readonly clearSn: number;
  readonly nClear: number;
  readonly brightestSn: number;
}

/** Stars at random places, their brightness by a power law. Fluxes are in electrons, for images that fill `areaPx` pixels. */
export function drawCrowd(random: Random, canvas: Canvas, crowd: Crowd, areaPx: number, marginPx = 0): DrawnStar[] {
  const { nStars, slope, faintestSn, clearSn, nClear, brightestSn } = crowd;
  const sn = Array.from({ length: nStars }, () => faintestSn * (1 - random.uniform()) ** (-1 / slope)).sort(
    (a, b) => b - a,
  );
  const scale = Math.max(1, clearSn / sn[Math.min(nClear, nStars) - 1]!);
  return sn.map((value) => ({
    x: between(random, marginPx, canvas.width - 1 - marginPx),
    y: between(random, marginPx, canvas.height - 1 - marginPx),
    fluxE: fluxOfSn(Math.min(brightestSn, value * scale), canvas.skyNoiseE, areaPx),
  }));
}

/** Electrons of a source over `areaPx` pixels that is seen at this signal to noise, its own photons included. */
export function fluxOfSn(sn: number, skyNoiseE: number, areaPx: number): number {
  return (sn * sn + sn * Math.sqrt(sn * sn + 4 * skyNoiseE ** 2 * areaPx)) / 2;
}

/** Paints each star by the profile of its place, as far as it is above a tenth of the noise. */
export function paintStars(
  canvas: Canvas,
  stars: readonly DrawnStar[],
  profileAt: (x: number, y: number) => Profile,
  leastReachPx: number,
): void {
  for (const { x, y, fluxE } of stars) {
    const profile = profileAt(x, y);
    let reach = leastReachPx;
    while (reach < 120 && fluxE * profile(reach, 0) > 0.1 * canvas.skyNoiseE) reach *= 1.4;
    addPatch(canvas, x, y, reach, (dx, dy) => fluxE * profile(dx, dy));
  }
}
