import { SourceFlag } from '../flags.ts';
import { choleskyFactor, choleskySolve } from '../psf/cholesky.ts';
import { evaluatePsf } from '../psf/field.ts';
import { skyAt } from '../sky/map.ts';
import type { ForcedMeasurement } from '../sources.ts';
import { Grid } from './neighbours.ts';
import type { Stars } from './stars.ts';
import { fitHalf, type Workspace } from './workspace.ts';

/** A star at the forced position is the target itself when it lies within this many FWHM. */
const SAME_FWHM = 0.6;
const MOST_NEIGHBOURS = 12;

/**
 * Measures the flux at given positions, which may be negative: a linear fit of the target and of the neighbours that
 * overlap it, all positions held, so that the error knows what the neighbours cost. A modelled star at the position
 * is taken to be the target. The residual image must be fresh.
 */
export function measureForced(work: Workspace, positions: readonly { x: number; y: number }[]): ForcedMeasurement[] {
  const { stars, plane } = work;
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  return positions.map((position) => measureOne(work, stars, grid, position.x, position.y));
}

const nothing = (x: number, y: number, flags: number): ForcedMeasurement => ({
  x,
  y,
  flux: Number.NaN,
  fluxErr: Number.NaN,
  flags: flags | SourceFlag.forced,
  fracFlux: Number.NaN,
  chi2: Number.NaN,
});

function measureOne(work: Workspace, stars: Stars, grid: Grid, x: number, y: number): ForcedMeasurement {
  const { plane, residual, sky, noise } = work;
  const psf = work.psf!;
  const { width, height, electrons } = plane;
  const half = fitHalf(psf.fwhmPx);
  const side = 2 * half + 1;
  const x0 = Math.round(x) - half;
  const y0 = Math.round(y) - half;
  if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) return nothing(x, y, SourceFlag.truncated);
  let self = -1;
  let nearest = SAME_FWHM * psf.fwhmPx;
  const near: { j: number; d: number }[] = [];
  grid.near(x, y, 2 * half, (j) => {
    const d = Math.hypot(stars.x[j]! - x, stars.y[j]! - y);
    if (d < nearest) {
      nearest = d;
      self = j;
    }
    if (d < 1.8 * half) near.push({ j, d });
  });
  near.sort((a, b) => a.d - b.d || a.j - b.j);
  const others = near.filter(({ j }) => j !== self).slice(0, MOST_NEIGHBOURS);
  const area = side * side;
  const target = new Float64Array(area);
  evaluatePsf(psf, x, y, x0, y0, side, side, target);
  const columns = [target];
  for (const { j } of others) {
    const stamp = new Float64Array(area);
    evaluatePsf(psf, stars.x[j]!, stars.y[j]!, x0, y0, side, side, stamp);
    columns.push(stamp);
  }
  const own = new Float64Array(area);
  if (self >= 0) evaluatePsf(psf, stars.x[self]!, stars.y[self]!, x0, y0, side, side, own);
  const ownFlux = self >= 0 ? stars.flux[self]! : 0;
  const level = skyAt(sky, sky.level, x, y);
  const v0 = skyAt(sky, sky.variance, x, y);
  const n = columns.length;
  const a = new Float64Array(n * n);
  const b = new Float64Array(n);
  const data = new Float64Array(area).fill(Number.NaN);
  const weight = new Float64Array(area);
  let lost = 0;
  let foreign = 0;
  for (let j = 0, p = 0; j < side; j++) {
    for (let i = 0; i < side; i++, p++) {
      const inside = x0 + i >= 0 && y0 + j >= 0 && x0 + i < width && y0 + j < height;
      const at = (y0 + j) * width + x0 + i;
      const r = inside ? residual[at]! : Number.NaN;
      if (Number.isNaN(r)) {
        lost++;
        continue;
      }
      const light = Math.max(0, electrons[at]! - level - r);
      const w = 1 / (v0 + noise.photonSlope * light + noise.relativeVariance * light * light);
      const value = r + ownFlux * own[p]!;
      data[p] = value;
      weight[p] = w;
      foreign += w * target[p]! * Math.max(0, light - ownFlux * own[p]!);
      for (let k = 0; k < n; k++) {
        const c = w * columns[k]![p]!;
        b[k]! += c * value;
        for (let m = 0; m <= k; m++) a[k * n + m]! += c * columns[m]![p]!;
      }
    }
  }
  const isolated = a[0]!;
  if (!(isolated > 0) || lost > 0.5 * area) return nothing(x, y, SourceFlag.badPixel);
  // Neighbours' fluxes are known from their own whole stamps: that knowledge enters as a prior on their change.
  for (let k = 1; k < n; k++) a[k * n + k]! = a[k * n + k]! * (1 + 1e-9) + 1e-12;
  if (!choleskyFactor(a, n)) return nothing(x, y, SourceFlag.notConverged);
  choleskySolve(a, n, b);
  const unit = new Float64Array(n);
  unit[0] = 1;
  choleskySolve(a, n, unit);
  let chi2 = 0;
  let used = 0;
  for (let p = 0; p < area; p++) {
    if (weight[p] === 0) continue;
    let model = 0;
    for (let k = 0; k < n; k++) model += b[k]! * columns[k]![p]!;
    chi2 += weight[p]! * (data[p]! - model) ** 2;
    used++;
  }
  const mine = Math.max(0, b[0]!) * isolated;
  const flags = SourceFlag.forced | (lost > 0 ? SourceFlag.badPixel : 0) | (mine < foreign ? SourceFlag.blended : 0);
  return {
    x,
    y,
    flux: b[0]!,
    fluxErr: Math.sqrt(unit[0]!),
    flags,
    fracFlux: mine / (mine + foreign),
    chi2: chi2 / Math.max(1, used - n),
  };
}
