import { Random } from '../../base/random.ts';
import { measureForced } from './forced.ts';
import { Grid } from './neighbours.ts';
import type { Workspace } from './workspace.ts';

export interface BlankSites {
  /** Flux that is 5 sigma at the median blank place, electrons; NaN when there were too few. */
  readonly limitFluxE: number;
  /** Robust scatter of flux over error at blank places: what forced errors must be multiplied by, at least 1. */
  readonly errorFactor: number;
  readonly nSites: number;
}

const SITES = 200;

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
  const measured = measureForced(work, sites, false).filter((m) => m.fluxErr > 0);
  if (measured.length < 20) return { limitFluxE: Number.NaN, errorFactor: 1, nSites: measured.length };
  const ratio = robustScatter(measured.map((m) => m.flux / m.fluxErr));
  const errorFactor = Math.max(1, ratio);
  const errors = measured.map((m) => m.fluxErr).sort((a, b) => a - b);
  return { limitFluxE: 5 * errors[errors.length >> 1]! * errorFactor, errorFactor, nSites: measured.length };
}

/** 1.4826 times the median absolute deviation from the median. */
export function robustScatter(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  const deviations = sorted.map((v) => Math.abs(v - median)).sort((a, b) => a - b);
  return 1.4826 * deviations[deviations.length >> 1]!;
}
