import { skyAt, varianceAt } from '../background/map.ts';
import { SourceFlag } from '../flags.ts';
import { Grid } from '../model/neighbours.ts';
import { evaluatePsf, evaluatePsfSlopes } from '../model/psf-field.ts';
import { StarKind } from '../model/stars.ts';
import type { Workspace } from '../model/workspace.ts';
import { choleskyFactor, choleskySolve } from '../numeric/cholesky.ts';
import { pixelOf } from '../plane.ts';
import type { ForcedMeasurement } from '../sources.ts';

/** A modelled star within this many FWHM of a given position is what stands there. */
const SAME_FWHM = 0.6;
/** Half width of the fitted square: it holds the stars that a target would have been fitted as a part of. */
const REACH_FWHM = 2;
const MOST_NEIGHBOURS = 12;
/** Of the nearest modelled stars the positions are free too, within this prior, pixels rms. */
const MOST_FREE = 4;
const FREE_PX = 0.35;
/** Where chi square exceeds one by more than this many of its sigmas something is there that nobody has modelled. */
const MISFIT_SIGMA = 4;

interface PixelPosition {
  readonly x: number;
  readonly y: number;
}

/** What is fitted beside the target; `flux` where it is a modelled star, whose own fit may have taken the target for a part of it. */
interface Neighbour extends PixelPosition {
  readonly d: number;
  readonly flux?: number;
}

export interface ForcedOptions {
  /** Whether members of a blend that are given together are measured together. */
  readonly together?: boolean;
  /** True variance of a pixel without stars, in that of the sky map. */
  readonly skyVarianceShare?: number;
}

/** What a position is measured among. */
interface Scene {
  readonly together: boolean;
  readonly skyVarianceShare: number;
  readonly positions: readonly PixelPosition[];
  readonly positionGrid: Grid;
  /** The given position that each modelled star stands at; -1 for none. */
  readonly claimed: Int32Array;
  readonly grid: Grid;
}

/**
 * Measures the flux at given positions, which may be negative: a linear fit of the target and of what overlaps it, the
 * given positions held, fluxes of the neighbours free and, to first order, the positions of the nearest, so that the
 * error knows what the neighbours cost. Modelled stars at given positions give way to these, so the members of a blend
 * that are given together are measured together. The residual image must be fresh.
 */
export function measureForced(
  work: Workspace,
  positions: readonly PixelPosition[],
  { together = true, skyVarianceShare = 1 }: ForcedOptions = {},
): ForcedMeasurement[] {
  const { stars, plane } = work;
  const size = [plane.width, plane.height, 32] as const;
  const x = Float64Array.from(positions, (p) => p.x);
  const y = Float64Array.from(positions, (p) => p.y);
  const positionGrid = new Grid(x, y, positions.length, ...size);
  const claimed = new Int32Array(stars.count).fill(-1);
  const near = SAME_FWHM * work.psf!.fwhmPx;
  for (let s = 0; s < stars.count; s++) {
    let nearest = near;
    positionGrid.near(stars.x[s]!, stars.y[s]!, near, (k) => {
      const d = Math.hypot(stars.x[s]! - x[k]!, stars.y[s]! - y[k]!);
      if (d >= nearest) return;
      nearest = d;
      claimed[s] = k;
    });
  }
  const grid = new Grid(stars.x, stars.y, stars.count, ...size);
  const scene = { positions, together, skyVarianceShare, positionGrid, claimed, grid };
  return positions.map((_, k) => measureOne(work, scene, k));
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

function weightedProduct(weight: Float64Array, a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < weight.length; p++) sum += weight[p]! * a[p]! * b[p]!;
  return sum;
}

function measureOne(work: Workspace, scene: Scene, index: number): ForcedMeasurement {
  const { plane, residual, sky, noise, stars } = work;
  const psf = work.psf!;
  const { width, height, electrons } = plane;
  const { x, y } = scene.positions[index]!;
  const half = Math.max(2, Math.round(REACH_FWHM * psf.fwhmPx));
  const side = 2 * half + 1;
  const x0 = pixelOf(x) - half;
  const y0 = pixelOf(y) - half;
  if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) return nothing(x, y, SourceFlag.truncated);
  // A star whose centre lies off the stamp is not fitted here again: it stays subtracted.
  const within = half + 0.5;
  const near: Neighbour[] = [];
  const put = (place: PixelPosition, flux?: number) => {
    const d = Math.hypot(place.x - x, place.y - y);
    if (d < within) near.push({ x: place.x, y: place.y, d, ...(flux !== undefined && { flux }) });
  };
  const area = side * side;
  const scratch = new Float64Array(area);
  /** The light that the model has where given positions now stand. */
  const own = new Float64Array(area);
  scene.grid.near(x, y, 2 * within, (s) => {
    const place = { x: stars.x[s]!, y: stars.y[s]! };
    const k = scene.claimed[s]!;
    if (k === -1) {
      put(place, stars.kind[s] === StarKind.star ? stars.flux[s] : undefined);
      return;
    }
    const given = scene.positions[k]!;
    if (k !== index && Math.hypot(given.x - x, given.y - y) >= within) return;
    evaluatePsf(psf, place.x, place.y, x0, y0, side, side, scratch);
    for (let p = 0; p < area; p++) own[p]! += stars.flux[s]! * scratch[p]!;
  });
  scene.positionGrid.near(x, y, within, (k) => {
    if (k !== index && scene.together) put(scene.positions[k]!);
  });
  near.sort((a, b) => a.d - b.d || a.x - b.x || a.y - b.y);
  const target = new Float64Array(area);
  evaluatePsf(psf, x, y, x0, y0, side, side, target);
  const columns = [target];
  const shifts: Float64Array<ArrayBuffer>[] = [];
  for (const place of near.slice(0, MOST_NEIGHBOURS)) {
    // A position that is given twice is one column.
    if (place.d < 0.05) continue;
    const [stamp, alongX, alongY] = [new Float64Array(area), new Float64Array(area), new Float64Array(area)];
    evaluatePsfSlopes(psf, place.x, place.y, x0, y0, side, side, stamp, alongX, alongY);
    columns.push(stamp);
    const { flux } = place;
    if (flux === undefined || shifts.length >= 2 * MOST_FREE) continue;
    shifts.push(
      alongX.map((slope) => flux * slope),
      alongY.map((slope) => flux * slope),
    );
  }
  const nFluxes = columns.length;
  columns.push(...shifts);
  const level = skyAt(sky, sky.level, x, y);
  const v0 = scene.skyVarianceShare * varianceAt(sky, x, y);
  const n = columns.length;
  const a = new Float64Array(n * n);
  const b = new Float64Array(n);
  const data = new Float64Array(area);
  const weight = new Float64Array(area);
  let lost = 0;
  /** Weighted light of others under the target's profile. */
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
      data[p] = r + own[p]!;
      weight[p] = w;
      foreign += w * target[p]! * (light - own[p]!);
    }
  }
  for (let k = 0; k < n; k++) {
    b[k] = weightedProduct(weight, columns[k]!, data);
    for (let m = 0; m <= k; m++) a[k * n + m] = weightedProduct(weight, columns[k]!, columns[m]!);
  }
  const isolated = a[0]!;
  if (!(isolated > 0) || lost > 0.5 * area) return nothing(x, y, SourceFlag.badPixel);
  for (let k = 1; k < n; k++) a[k * n + k]! = a[k * n + k]! * (1 + 1e-9) + (k < nFluxes ? 1e-12 : FREE_PX ** -2);
  const shared = Float64Array.from({ length: n }, (_, k) => a[k * n]!);
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
  const freedom = Math.max(1, used - n);
  chi2 /= freedom;
  const misfit = chi2 > 1 + MISFIT_SIGMA * Math.sqrt(2 / freedom) ? chi2 : 1;
  const fluxErr = Math.sqrt(misfit * unit[0]!);
  // The model's light of others, and what this fit makes of it.
  for (let k = 1; k < n; k++) foreign += b[k]! * shared[k]!;
  foreign = Math.max(0, foreign / isolated);
  const mine = Math.max(0, b[0]!);
  const isBlend = foreign > Math.max(mine, fluxErr);
  return {
    x,
    y,
    flux: b[0]!,
    fluxErr,
    flags: SourceFlag.forced | (lost > 0 ? SourceFlag.badPixel : 0) | (isBlend ? SourceFlag.blended : 0),
    fracFlux: mine / (mine + foreign),
    chi2,
  };
}
