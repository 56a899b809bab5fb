import { Grid } from '../model/neighbours.ts';
import { StarKind, type Stars } from '../model/stars.ts';

/** Every star a second time, at one displacement and with one share of the flux: the mount moved during the exposure. */
export interface DoubleImages {
  readonly dxPx: number;
  readonly dyPx: number;
  /** Flux of the second image in that of the first, at most about 1. */
  readonly fluxRatio: number;
  /** Of the bright stars, those that have it. */
  readonly share: number;
}

/** So many of the brightest stars are asked, and the companions of the first few of them tried as displacements. */
const MOST_ASKED = 24;
const LEAST_ASKED = 6;
const SEEDS = 5;
/** The second image is looked for within so many FWHM. */
const REACH_FWHM = 25;
/** Nearer pairs are told by the shape of the profile. */
const NEAREST_FWHM = 1.2;
/** A fainter second image would not be seen beside most stars. */
const FAINTEST = 0.15;
/** Places agree to so many FWHM (and pixels), fluxes to a factor of exp of this. */
const PLACE_FWHM = 0.3;
const PLACE_PX = 0.5;
const LOG_FLUX = 0.3;
/**
 * So many of those asked must have it. In a crowd a star has another one in one such circle of flux and place in less than one
 * case of fifty: that four of six do by chance comes less than once in 10^5 displacements. Three images give two thirds.
 */
const LEAST_SHARE = 0.6;

/**
 * Whether the stars of a plane are seen twice. Saturated stars are not asked, and of each pair only what lies on the plane
 * counts. Positions and fluxes as fitted. Undefined where they are not, or where too few stars can tell.
 */
export function findDoubleImages(
  stars: Stars,
  width: number,
  height: number,
  fwhmPx: number,
): DoubleImages | undefined {
  const usable = Array.from({ length: stars.count }, (_, s) => s).filter(
    (s) => stars.kind[s] === StarKind.star && stars.flux[s]! > 0,
  );
  usable.sort((a, b) => stars.flux[b]! - stars.flux[a]! || a - b);
  const asked = usable.slice(0, MOST_ASKED);
  if (asked.length < LEAST_ASKED) return undefined;
  const grid = new Grid(stars.x, stars.y, stars.count, width, height, 32);
  const reach = REACH_FWHM * fwhmPx;
  let best: DoubleImages | undefined;
  for (const s of asked.slice(0, SEEDS)) {
    grid.near(stars.x[s]!, stars.y[s]!, reach, (other) => {
      const ratio = stars.flux[other]! / stars.flux[s]!;
      const [dxPx, dyPx] = [stars.x[other]! - stars.x[s]!, stars.y[other]! - stars.y[s]!];
      const r = Math.hypot(dxPx, dyPx);
      if (other === s || ratio > 1 || ratio < FAINTEST || r < NEAREST_FWHM * fwhmPx || r > reach) return;
      const share = shareOf(stars, asked, grid, { dxPx, dyPx, ratio, width, height, fwhmPx });
      if (share >= LEAST_SHARE && share > (best?.share ?? 0)) best = { dxPx, dyPx, fluxRatio: ratio, share };
    });
  }
  return best;
}

interface Displacement {
  readonly dxPx: number;
  readonly dyPx: number;
  readonly ratio: number;
  readonly width: number;
  readonly height: number;
  readonly fwhmPx: number;
}

/** Of the stars asked whose partner would lie on the plane, the share that has it: as a first image or as a second one. */
function shareOf(stars: Stars, asked: readonly number[], grid: Grid, displaced: Displacement): number {
  const { dxPx, dyPx, ratio, width, height, fwhmPx } = displaced;
  const margin = 2 * fwhmPx;
  let able = 0;
  let having = 0;
  for (const s of asked) {
    const partners = [
      { x: stars.x[s]! + dxPx, y: stars.y[s]! + dyPx, flux: stars.flux[s]! * ratio },
      { x: stars.x[s]! - dxPx, y: stars.y[s]! - dyPx, flux: stars.flux[s]! / ratio },
    ].filter(({ x, y }) => x > margin && y > margin && x < width - margin && y < height - margin);
    if (partners.length < 2) continue;
    able++;
    if (partners.some((partner) => isThere(stars, grid, partner, Math.max(PLACE_PX, PLACE_FWHM * fwhmPx)))) having++;
  }
  return able < LEAST_ASKED ? 0 : having / able;
}

function isThere(
  stars: Stars,
  grid: Grid,
  { x, y, flux }: { readonly x: number; readonly y: number; readonly flux: number },
  radiusPx: number,
): boolean {
  let found = false;
  grid.near(x, y, radiusPx, (k) => {
    const isNear = Math.hypot(stars.x[k]! - x, stars.y[k]! - y) < radiusPx;
    if (isNear && stars.flux[k]! > 0 && Math.abs(Math.log(stars.flux[k]! / flux)) < LOG_FLUX) found = true;
  });
  return found;
}

/** What has to be said of them. */
export function doubleImagesWarning({ dxPx, dyPx, share }: DoubleImages): string {
  const apart = `${Math.hypot(dxPx, dyPx).toFixed(1)} pixels apart (${dxPx.toFixed(1)}, ${dyPx.toFixed(1)})`;
  return `${Math.round(100 * share)} % of the bright stars are seen twice, ${apart}: the telescope moved during the exposure, and each flux is a part of its star's`;
}
