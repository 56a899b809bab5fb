import { hiddenShare } from '../model/hidden.ts';
import { Grid } from '../model/neighbours.ts';
import { starParts } from '../model/normal.ts';
import { strayShare } from '../model/outer-light.ts';
import type { PsfField } from '../model/psf-field.ts';
import { bandsOf } from '../model/render.ts';
import type { Stars } from '../model/stars.ts';
import { copyStars, difference, newStars, StarKind, takeStars, tileOrder } from '../model/stars.ts';
import { changeResidual, setReach, type Workspace } from '../model/workspace.ts';
import { COMPANION_STRIDE, companionThreshold } from './companions.ts';
import { psfFilter } from './filter.ts';
import type { PeakTask } from './peaks.ts';
import { PEAK_STRIDE } from './peaks.ts';

export interface FindOptions {
  /** Least significance of a new star in the residual. */
  readonly threshold: number;
  /** No new star nearer to a modelled one than this, in FWHM. */
  readonly nearestFwhm: number;
  /** Within two FWHM of a modelled star a new one needs this share of its flux: what the PSF model may be wrong by. */
  readonly shareNear: number;
  /** Whether a star must stand out from its own surroundings: while the sky map is not yet to be trusted. */
  readonly localSky: boolean;
}

/**
 * Looks for stars in the residual image, adds them to the model (put in tile order again) and subtracts them.
 * @returns how many were added.
 */
export async function findStars(work: Workspace, options: FindOptions): Promise<number> {
  const { plane, psf, crew } = work;
  if (psf === undefined) return 0;
  const found = await crew.run('findPeaks', peakTask(work, psf, options), bandsOf(plane.height));
  return addPeaks(work, psf, found, options);
}

/**
 * As `findStars`, but looks only at places where something is known to stand out, the most significant first; of places
 * nearer to each other than an FWHM the first alone counts. @returns how many were added.
 */
export async function findStarsAt(
  work: Workspace,
  places: readonly { readonly x: number; readonly y: number }[],
  options: FindOptions,
): Promise<number> {
  const { plane, psf, crew } = work;
  if (psf === undefined) return 0;
  const x = Float64Array.from(places, (place) => place.x);
  const y = Float64Array.from(places, (place) => place.y);
  const grid = new Grid(x, y, x.length, plane.width, plane.height, 32);
  const isFirst = (_: unknown, i: number) => {
    let first = true;
    grid.near(x[i]!, y[i]!, psf.fwhmPx, (j) => {
      if (j < i && Math.hypot(x[j]! - x[i]!, y[j]! - y[i]!) < psf.fwhmPx) first = false;
    });
    return first;
  };
  const task = { peaks: peakTask(work, psf, options), x: shared(x.filter(isFirst)), y: shared(y.filter(isFirst)) };
  const found = await crew.run('weighPeaks', task, starParts(task.x.length));
  return addPeaks(work, psf, found, options);
}

function shared(values: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

function peakTask(work: Workspace, psf: PsfField, { localSky, threshold }: FindOptions): PeakTask {
  const { plane, residual, sky, noise, stars } = work;
  const { width, height, electrons } = plane;
  const modelled = stars.count > 0;
  return { width, height, residual, electrons, sky, noise, modelled, filter: psfFilter(psf), psf, localSky, threshold };
}

/** Adds to the model the peaks that may be stars of their own, and subtracts them. */
async function addPeaks(
  work: Workspace,
  psf: PsfField,
  found: readonly Float64Array[],
  options: FindOptions,
): Promise<number> {
  const { plane, stars } = work;
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  const near = options.nearestFwhm * psf.fwhmPx;
  const peaks: { x: number; y: number; s: number; flux: number }[] = [];
  const isStray = strayLight(work, psf);
  for (const part of found) {
    for (let i = 0; i < part.length; i += PEAK_STRIDE) {
      const peak = { x: part[i]!, y: part[i + 1]!, s: part[i + 2]!, flux: part[i + 3]! };
      if (admissible(stars, grid, peak, near, psf.fwhmPx, options.shareNear) && !isStray(peak)) peaks.push(peak);
    }
  }
  peaks.sort((a, b) => b.s - a.s || a.y - b.y || a.x - b.x);
  const all = copyStars(stars, peaks.length);
  for (const peak of peaks) {
    const i = all.count++;
    all.x[i] = peak.x;
    all.y[i] = peak.y;
    all.flux[i] = peak.flux;
    all.kind[i] = StarKind.star;
  }
  await adopt(work, all, new Uint8Array(all.count).fill(1, stars.count));
  return peaks.length;
}

/** A peak beside bright stars must be so many standard deviations of what is left of their outer light. */
const STRAY_SIGMA = 1.5;

/** Whether a peak may be made of what the outer light of bright stars, as it was stacked, has left. */
function strayLight(
  { outer, plane }: Workspace,
  psf: PsfField,
): (peak: { x: number; y: number; flux: number }) => boolean {
  if (outer === undefined) return () => false;
  const { stars, psf: stack } = outer;
  const share = strayShare(stack, psf.fwhmPx);
  const x = Float64Array.from(stars, (star) => star.x);
  const y = Float64Array.from(stars, (star) => star.y);
  const grid = new Grid(x, y, stars.length, plane.width, plane.height, 64);
  return (peak) => {
    let variance = 0;
    grid.near(peak.x, peak.y, stack.half, (k) => {
      const r = Math.round(Math.hypot(x[k]! - peak.x, y[k]! - peak.y));
      if (r <= stack.half) variance += (share[r]! * stars[k]!.flux) ** 2;
    });
    return peak.flux < STRAY_SIGMA * Math.sqrt(variance);
  };
}

/** A companion's share of its star's light is this many times the relative error of the PSF, or more. */
const MODEL_ERRORS = 6;

/**
 * Looks for companions hidden in the images of modelled stars, adds them, and moves their stars by the steps of the
 * joint fit; the residual follows. @returns how many were added.
 */
export async function splitStars(work: Workspace, options: { leastSignificance: number }): Promise<number> {
  const { plane, residual, sky, noise, crew, psf, stars } = work;
  if (psf === undefined || stars.count === 0) return 0;
  const found = await crew.run(
    'findCompanions',
    {
      width: plane.width,
      height: plane.height,
      residual,
      electrons: plane.electrons,
      sky,
      noise,
      psf,
      stars,
      ...options,
      threshold: companionThreshold(hiddenShare(stars.count, plane, psf.fwhmPx)),
    },
    starParts(stars.count),
  );
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  const near = 0.3 * psf.fwhmPx;
  const rows: { s: number; x: number; y: number; flux: number; step: Float64Array }[] = [];
  for (const part of found) {
    for (let i = 0; i < part.length; i += COMPANION_STRIDE) {
      const [s, x, y, , flux] = part.subarray(i, i + 5) as unknown as [number, number, number, number, number];
      const step = part.subarray(i + 5, i + 8);
      // Two stars may ask for the same companion, or for each other.
      let free = stars.flux[s]! + step[0]! > 0.1 * stars.flux[s]!;
      grid.near(x, y, near, (j) => {
        if (j !== s && Math.hypot(stars.x[j]! - x, stars.y[j]! - y) < near) free = false;
      });
      for (const row of rows) if (Math.hypot(row.x - x, row.y - y) < 2 * near) free = false;
      // What the PSF cannot tell from its own errors is no companion.
      if (flux < MODEL_ERRORS * Math.sqrt(noise.relativeVariance) * stars.flux[s]!) free = false;
      if (free) rows.push({ s, x, y, flux, step });
    }
  }
  const all = copyStars(stars, rows.length);
  const changed = new Uint8Array(stars.count + rows.length).fill(1, stars.count);
  for (const { s, x, y, flux, step } of rows) {
    changed[s] = 1;
    all.flux[s]! += step[0]!;
    all.x[s]! += step[1]!;
    all.y[s]! += step[2]!;
    const i = all.count++;
    all.x[i] = x;
    all.y[i] = y;
    all.flux[i] = flux;
    all.kind[i] = StarKind.star;
  }
  await adopt(work, all, changed);
  return rows.length;
}

/** Takes `all` (the present stars, changed where marked, and new ones after them) as the model, in tile order. */
async function adopt(work: Workspace, all: Stars, changed: Uint8Array): Promise<void> {
  const before = work.stars;
  work.stars = all;
  setReach(work, changed);
  await changeResidual(work, difference(before, all, changed));
  const everything = tileOrder(all, () => true);
  work.stars = takeStars(all, everything, 0);
}

function admissible(
  stars: Stars,
  grid: Grid,
  peak: { x: number; y: number; flux: number },
  near: number,
  fwhm: number,
  share: number,
): boolean {
  let fine = true;
  grid.near(peak.x, peak.y, 2 * fwhm, (j) => {
    const d = Math.hypot(stars.x[j]! - peak.x, stars.y[j]! - peak.y);
    if (d < near || (d < 2 * fwhm && peak.flux < share * stars.flux[j]!)) fine = false;
  });
  return fine;
}

/** An empty list with the stars at the given places added (used for saturated cores, whose positions are known). */
export function addKnown(
  stars: Stars,
  rows: readonly { x: number; y: number; flux: number; half: number; kind: number }[],
): Stars {
  const all = stars.count === 0 ? newStars(rows.length) : copyStars(stars, rows.length);
  for (const row of rows) {
    const i = all.count++;
    all.x[i] = row.x;
    all.y[i] = row.y;
    all.flux[i] = row.flux;
    all.half[i] = row.half;
    all.reach[i] = row.half;
    all.kind[i] = row.kind;
  }
  return all;
}
