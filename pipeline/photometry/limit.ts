import { Random } from '../../base/random.ts';
import { skyAt, varianceAt } from '../background/map.ts';
import { Grid } from '../model/neighbours.ts';
import type { Workspace } from '../model/workspace.ts';
import { medianInPlace } from '../numeric/robust.ts';
import { pixelOf } from '../plane.ts';
import { measureForced } from './forced.ts';

export interface BlankSites {
  /** Flux that is 5 sigma at the median blank place, electrons; NaN when there were too few. */
  readonly limitFluxE: number;
  /** Robust scatter of flux over error at blank places: what forced errors must be multiplied by, at least 1. */
  readonly errorFactor: number;
  /**
   * What the sky under a star, followed by the map only so far, adds to the error of a flux, electrons: by how much the
   * fluxes of blank places scatter beyond their errors.
   */
  readonly skyErrorE: number;
  /** Variance of the pixels there without the photon noise of stars, in that of the sky map. */
  readonly skyVarianceShare: number;
  readonly nSites: number;
}

/** What is assumed where too few blank places are left. */
export const nothingKnown = { limitFluxE: Number.NaN, errorFactor: 1, skyErrorE: 0, skyVarianceShare: 1, nSites: 0 };

/** So many tell a scatter to 3 %, which is then in every error and limit of the frame. */
const SITES = 600;

/**
 * Forced measurements at places without a star tell how true forced errors are, and how deep the plane is. `stars` are
 * those to keep away from, where they are not the ones that are modelled.
 */
export function measureBlankSites(work: Workspace, seed: number, stars = work.stars): BlankSites {
  const { plane } = work;
  const psf = work.psf!;
  const random = new Random(seed);
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  const margin = Math.min(plane.width / 4, plane.height / 4, 3 * psf.fwhmPx);
  const sites: { x: number; y: number }[] = [];
  for (let attempt = 0; attempt < 20 * SITES && sites.length < SITES; attempt++) {
    const x = margin + random.uniform() * (plane.width - 1 - 2 * margin);
    const y = margin + random.uniform() * (plane.height - 1 - 2 * margin);
    let free = true;
    grid.near(x, y, 1.5 * psf.fwhmPx, (j) => {
      if (Math.hypot(stars.x[j]! - x, stars.y[j]! - y) < 1.5 * psf.fwhmPx) free = false;
    });
    if (free) sites.push({ x, y });
  }
  const skyVarianceShare = varianceShare(work, sites);
  const measured = measureForced(work, sites, { together: false, skyVarianceShare }).filter((m) => m.fluxErr > 0);
  if (measured.length < 20) return { ...nothingKnown, skyVarianceShare, nSites: measured.length };
  const ratio = clippedScatter(measured.map((m) => m.flux / m.fluxErr));
  const errorFactor = Math.max(1, ratio);
  const errors = measured.map((m) => m.fluxErr).sort((a, b) => a - b);
  const median = errors[errors.length >> 1]!;
  const sure = ratio * (1 - 1 / Math.sqrt(2 * measured.length));
  const skyErrorE = median * Math.sqrt(Math.max(0, sure * sure - 1));
  return { limitFluxE: 5 * median * errorFactor, errorFactor, skyErrorE, skyVarianceShare, nSites: measured.length };
}

/**
 * The map's variance is that of all pixels of a cell, which in a crowded field holds the photon noise of the light of stars
 * too; at blank places that noise is known pixel by pixel, and what is left is the sky's own.
 */
function varianceShare(
  { plane, residual, sky, noise, psf }: Workspace,
  sites: readonly { x: number; y: number }[],
): number {
  const { width, electrons } = plane;
  const half = Math.round(psf!.fwhmPx);
  const { correlation = 1 } = plane.noise;
  const squares = new Float64Array(sites.length * (2 * half + 1) ** 2);
  let n = 0;
  for (const { x, y } of sites) {
    const v0 = varianceAt(sky, x, y) / correlation;
    const level = skyAt(sky, sky.level, x, y);
    for (let j = pixelOf(y) - half; j <= pixelOf(y) + half; j++) {
      for (let i = pixelOf(x) - half; i <= pixelOf(x) + half; i++) {
        const r = residual[j * width + i]!;
        const light = electrons[j * width + i]! - level - r;
        const starlight = noise.photonSlope * light + noise.relativeVariance * light * light;
        if (starlight < DARK * v0) squares[n++] = (r * r) / (v0 + starlight);
      }
    }
  }
  if (n < LEAST_PIXELS) return 1;
  return Math.min(1, medianInPlace(squares, n) / UNIT_SQUARE);
}

/** Light whose noise is less than this share of the sky's leaves the sky's noise to be seen; so many pixels tell it. */
const DARK = 0.2;
const LEAST_PIXELS = 1000;
/** The median of the square of a unit normal. */
const UNIT_SQUARE = 0.4549;

/** 1.4826 times the median absolute deviation from the median. */
export function robustScatter(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const deviations = sorted.map((v) => Math.abs(v - median)).sort((a, b) => a - b);
  return 1.4826 * deviations[deviations.length >> 1]!;
}

/** The standard deviation within three of itself about the median, corrected for the cut tails of a Gaussian. */
function clippedScatter(values: readonly number[]): number {
  const median = [...values].sort((a, b) => a - b)[values.length >> 1]!;
  let scatter = robustScatter(values);
  for (let round = 0; round < 5; round++) {
    const kept = values.filter((v) => Math.abs(v - median) < 3 * scatter);
    scatter = Math.sqrt(kept.reduce((sum, v) => sum + (v - median) ** 2, 0) / kept.length) / CLIPPED_SIGMA;
  }
  return scatter;
}

/** Standard deviation of a unit Gaussian cut at +-3. */
const CLIPPED_SIGMA = 0.98658;
