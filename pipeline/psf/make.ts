import { skyAt, varianceAt } from '../background/map.ts';
import { lnAlphaOfFwhm, moffatFwhm } from '../model/moffat.ts';
import { Grid } from '../model/neighbours.ts';
import { shapeAt } from '../model/psf-field.ts';
import { StarKind } from '../model/stars.ts';
import { fitHalf, type Workspace } from '../model/workspace.ts';
import { pixelOf } from '../plane.ts';
import type { PsfStar } from './cutouts.ts';
import { cutOut } from './cutouts.ts';
import type { FirstStar } from './first-look.ts';
import { commonWidth } from './first-look.ts';
import type { Leftover } from './residual-table.ts';
import { fitResidualTable, leftover, modelError } from './residual-table.ts';
import { settleStars } from './settle.ts';
import type { ShapeField, ShapeFit, ShapeStars } from './shape-fit.ts';
import { constantShape, fitShapeField, shapeOf } from './shape-fit.ts';
import type { ResidualTable, TableTerms } from './tables.ts';
import { buildPsf, tableGeometry } from './tables.ts';

/** A PSF with the parts that it was made of. */
export interface PsfRecord {
  readonly field: ShapeField;
  readonly residual: ResidualTable | undefined;
  readonly nStars: number;
  /** Relative rms error of the model over the cores of its stars. */
  readonly modelError: number;
  /** Width of the stars as the first look saw them. */
  readonly lookedFwhmPx: number;
}

const BETA0 = 3;
/** Half width of what is cut out of the image for a PSF star, in FWHM. */
const CUT_FWHM = 3;

/**
 * The first PSF, from the `sound` peaks of the first look: those of the common width and with no brighter neighbour near, fitted by one Moffat profile that varies at most linearly. `not star-like` when no profile has the
 * width that the images seem to have: rings of a telescope out of focus, cosmic rays, a nebula.
 */
export async function firstPsf(
  work: Workspace,
  looked: readonly FirstStar[],
  sound: readonly FirstStar[],
): Promise<PsfRecord | 'no stars' | 'not star-like'> {
  const { plane } = work;
  const width = commonWidth(sound);
  if (!(width > 0)) return 'no stars';
  const fwhm = Math.max(1.2, width);
  const half = Math.max(4, Math.ceil(1.8 * fwhm));
  const chosen: PsfStar[] = [];
  for (const star of sound) {
    if (chosen.length >= 100) break;
    if (star.fwhmPx < width / 1.5 || star.fwhmPx > width * 1.5) continue;
    const crowded = looked.some((other) => {
      const d = Math.hypot(other.x - star.x, other.y - star.y);
      return other !== star && d < 2.5 * fwhm && other.peakE > 0.15 * star.peakE;
    });
    if (crowded) continue;
    const area = 1.6 * fwhm * fwhm;
    chosen.push({ x: star.x, y: star.y, flux: star.peakE * area, index: -1 });
  }
  if (chosen.length === 0) return 'no stars';
  const start = constantShape(
    { lnAlpha: lnAlphaOfFwhm(fwhm, BETA0), e1: 0, e2: 0, beta: BETA0, pixelPx: 1 / plane.mosaic.step },
    plane.width,
    plane.height,
  );
  const cut = cutOut(work, chosen, half);
  const early = await fitShapeField(cut, start, { maxDegree: 0, fitSky: true, fitBeta: false, rounds: 4 }, work.crew);
  const fit = await fitShapeField(
    cut,
    early.field,
    { maxDegree: 2, fitSky: true, fitBeta: chosen.length >= 5, rounds: 8 },
    work.crew,
  );
  const field = [fit.field, early.field].find((found) => isSound(found, fwhm));
  if (field === undefined) return 'not star-like';
  const shape = shapeOf(field, plane.width / 2, plane.height / 2);
  const narrow = moffatFwhm(shape) * Math.sqrt(Math.sqrt((1 - hyp(shape)) / (1 + hyp(shape))));
  work.psf = await buildPsf(field, undefined, tableGeometry(moffatFwhm(shape), narrow), work.crew);
  return { field, residual: undefined, nStars: fit.used, modelError: 0.05, lookedFwhmPx: fwhm };
}

/** A fit gone astray (too few stars, stars that are none) is wider or narrower than what is seen by more than this. */
const MOST_OFF = 2;

/** Whether the shapes have a width, all over the plane, that agrees with that of the stars as the first look saw them. */
function isSound(field: ShapeField, lookedFwhmPx: number): boolean {
  for (let j = 0; j <= 2; j++) {
    for (let i = 0; i <= 2; i++) {
      const ratio = moffatFwhm(shapeOf(field, (i * field.width) / 2, (j * field.height) / 2)) / lookedFwhmPx;
      if (!(ratio > 1 / MOST_OFF && ratio < MOST_OFF)) return false;
    }
  }
  return true;
}

const hyp = (shape: { e1: number; e2: number }) => Math.hypot(shape.e1, shape.e2);

/**
 * A better PSF from the fitted stars, neighbours subtracted: the Moffat field anew, then, where the stars show that
 * it is not the whole truth, a table of what it leaves over.
 */
export async function improvePsf(
  work: Workspace,
  record: PsfRecord,
  options: { limit: number; maxDegree: number },
): Promise<PsfRecord> {
  const psf = work.psf!;
  const chosen = choosePsfStars(work, options.limit);
  if (chosen.length < 3) return record;
  const shape = shapeAt(psf, psf.width / 2, psf.height / 2);
  const fwhm = moffatFwhm(shape);
  const narrow = fwhm * Math.sqrt(Math.sqrt((1 - hyp(shape)) / (1 + hyp(shape))));
  const geometry = tableGeometry(fwhm, narrow);
  const cut = cutOut(work, chosen, Math.min(geometry.half, Math.max(6, Math.ceil(CUT_FWHM * fwhm))));
  const fit = await fitShapeField(
    cut,
    record.field,
    { maxDegree: options.maxDegree, fitSky: true, fitBeta: chosen.length >= 5, rounds: 8 },
    work.crew,
  );
  if (!isSound(fit.field, record.lookedFwhmPx)) return record;
  const { residual, error } = tabulateLeftover(cut, fit, geometry);
  work.psf = await buildPsf(fit.field, residual, geometry, work.crew);
  return { ...record, field: fit.field, residual, nStars: fit.used, modelError: error };
}

/** Rounds of table and positions in turn. */
const TURNS = 4;
/** Stars that a table with so many terms needs, and the error of the profile that makes it worth looking at. */
const TABLES = [
  { terms: 1, stars: 5, error: 0 },
  { terms: 3, stars: 60, error: 0.015 },
] as const;
/** A table with more terms must lower the error on unseen stars to this share: its noise is in every flux. */
const CLEARLY = 0.8;

/**
 * The table of what the profile leaves over, if it predicts stars that it has not seen better than the profile alone,
 * and the relative error of the model on such stars. The positions in `cut` move with it.
 */
function tabulateLeftover(
  cut: ShapeStars,
  fit: ShapeFit,
  geometry: { half: number; oversample: number },
): { residual: ResidualTable | undefined; error: number } {
  const bare = modelError(leftover(cut, fit.field, fit.chi2, 'cores'), undefined);
  if (!(bare > 0.008 && fit.used >= 5)) return { residual: undefined, error: bare };
  let left = leftover(cut, fit.field, fit.chi2);
  for (let turn = 1; turn < TURNS; turn++) {
    settleStars(cut, fit.field, fitResidualTable(left, fit.field, geometry, bare, 1), left.keep);
    left = leftover(cut, fit.field, fit.chi2);
  }
  // Judged on stars that the table has not seen, or it would call itself perfect.
  const half = (parity: number): Leftover => ({ ...left, keep: left.keep.map((k, s) => (s % 2 === parity ? k : 0)) });
  const [even, odd] = [half(0), half(1)];
  let best: { terms: TableTerms; error: number } | undefined;
  for (const { terms, stars, error } of TABLES) {
    if (fit.used < stars || bare < error) continue;
    const make = (from: Leftover) => fitResidualTable(from, fit.field, geometry, bare, terms);
    const heldOut = Math.hypot(modelError(odd, make(even)), modelError(even, make(odd))) / Math.SQRT2;
    if (heldOut < (best === undefined ? bare : CLEARLY * best.error)) best = { terms, error: heldOut };
  }
  if (best === undefined) return { residual: undefined, error: bare };
  return { residual: fitResidualTable(left, fit.field, geometry, bare, best.terms), error: best.error };
}

/**
 * Stars that can teach the PSF: unsaturated, bright against the noise, little light of neighbours under them, whole
 * stamps; the brightest of each of 8 x 8 regions first, so that the whole plane has a say.
 */
function choosePsfStars(work: Workspace, limit: number): PsfStar[] {
  const { plane, stars, sky } = work;
  const psf = work.psf!;
  const grid = new Grid(stars.x, stars.y, stars.count, plane.width, plane.height, 32);
  const half = fitHalf(psf.fwhmPx);
  const margin = half + 1;
  const candidates: { i: number; rank: number; region: number }[] = [];
  const ceiling = 0.75 * plane.noise.saturationE;
  for (let i = 0; i < stars.count; i++) {
    if (stars.kind[i] !== StarKind.star) continue;
    const x = stars.x[i]!;
    const y = stars.y[i]!;
    if (x < margin || y < margin || x >= plane.width - margin || y >= plane.height - margin) continue;
    const flux = stars.flux[i]!;
    const noise = Math.sqrt(varianceAt(sky, x, y) / psf.sumSquares);
    if (flux < 20 * noise) continue;
    const shape = shapeAt(psf, x, y);
    const alpha2 = Math.exp(2 * shape.lnAlpha);
    const peak = (flux * (shape.beta - 1)) / (Math.PI * alpha2);
    if (peak + skyAt(sky, sky.level, x, y) > ceiling) continue;
    let foreign = 0;
    grid.near(x, y, 3 * psf.fwhmPx, (j) => {
      if (j === i) return;
      const d2 = (stars.x[j]! - x) ** 2 + (stars.y[j]! - y) ** 2;
      foreign += stars.flux[j]! * (1 + d2 / alpha2) ** -shape.beta;
      if (stars.kind[j] === StarKind.saturated) foreign += flux;
    });
    const share = flux / (flux + foreign);
    if (share < 0.85) continue;
    const region = Math.floor((8 * y) / plane.height) * 8 + Math.floor((8 * x) / plane.width);
    candidates.push({ i, rank: flux * share ** 4, region });
  }
  candidates.sort((a, b) => b.rank - a.rank || a.i - b.i);
  const perRegion = new Int32Array(64);
  const quota = Math.ceil(limit / 64);
  const first: typeof candidates = [];
  const rest: typeof candidates = [];
  for (const c of candidates) {
    if (first.length >= limit) break;
    if (!whole(work, stars.x[c.i]!, stars.y[c.i]!, half)) continue;
    (perRegion[c.region]!++ < quota ? first : rest).push(c);
  }
  return [...first, ...rest]
    .slice(0, limit)
    .map(({ i }) => ({ x: stars.x[i]!, y: stars.y[i]!, flux: stars.flux[i]!, index: i }));
}

/** Whether every pixel within `half` of a position has weight. */
function whole(work: Workspace, x: number, y: number, half: number): boolean {
  const { width } = work.plane;
  const x0 = pixelOf(x) - half;
  for (let row = pixelOf(y) - half; row <= pixelOf(y) + half; row++) {
    for (let i = 0; i <= 2 * half; i++) if (Number.isNaN(work.residual[row * width + x0 + i]!)) return false;
  }
  return true;
}
