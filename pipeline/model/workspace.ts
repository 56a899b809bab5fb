import { settleSky } from '../background/background.ts';
import type { SkyMap } from '../background/map.ts';
import { copySky, emptySky, medianOf, skyAt } from '../background/map.ts';
import type { MeshTask } from '../background/mesh.ts';
import { scatterExcess, settleStructure } from '../background/structure.ts';
import type { Crew } from '../crew.ts';
import { sharedFloat32 } from '../crew.ts';
import type { Kernels } from '../kernels.ts';
import type { Plane } from '../plane.ts';
import { findPairs } from './neighbours.ts';
import type { NoiseModel } from './noise.ts';
import type { Equations, Pairs } from './normal.ts';
import { STATS, starParts } from './normal.ts';
import { type OuterLight, subtractLight } from './outer-light.ts';
import type { PsfField } from './psf-field.ts';
import { shapeAt } from './psf-field.ts';
import { bandsOf, reachOf } from './render.ts';
import type { Stars } from './stars.ts';
import { newStars, StarKind, starsByBand } from './stars.ts';

/**
 * One plane in work: its pixels, the residual image that is left of it, and what is modelled so far. The stages pass
 * it on; the only full-frame array that it adds to the plane is the residual.
 */
export interface Workspace {
  readonly plane: Plane;
  readonly crew: Crew<Kernels>;
  readonly residual: Float32Array;
  sky: SkyMap;
  noise: NoiseModel;
  psf: PsfField | undefined;
  stars: Stars;
  /** What is taken from the residual beside the models: set by `takeOuterLight`. */
  outer: OuterLight | undefined;
  /** The last equations formed, whose memory the next may use. */
  equations: Equations | undefined;
}

export function newWorkspace(plane: Plane, crew: Crew<Kernels>, cellPx: number): Workspace {
  return {
    plane,
    crew,
    residual: sharedFloat32(plane.width * plane.height),
    sky: emptySky(plane.width, plane.height, cellPx),
    noise: { photonSlope: 1, relativeVariance: plane.noise.flatError ** 2 },
    psf: undefined,
    stars: newStars(0),
    outer: undefined,
    equations: undefined,
  };
}

/** Recomputes the residual from the plane, the sky and the modelled stars. */
export async function refreshResidual(work: Workspace): Promise<void> {
  await render(work, work.stars, true, work.sky);
  if (work.outer) subtractLight(work.residual, work.plane.width, work.plane.height, work.outer);
}

/** Takes outer light from the residual in the place of what was taken before, or nothing. @returns what was taken before */
export function takeOuterLight(work: Workspace, outer: OuterLight | undefined): OuterLight | undefined {
  const { outer: before, residual, plane } = work;
  if (before) subtractLight(residual, plane.width, plane.height, before, -1);
  if (outer) subtractLight(residual, plane.width, plane.height, outer);
  work.outer = outer;
  return before;
}

/** Takes the pixels that were masked since the residual was made out of it. */
export async function hideNewlyMasked({ plane, residual, crew }: Workspace): Promise<void> {
  const { width, height, mask } = plane;
  await crew.run('hideMasked', { width, height, mask, residual }, bandsOf(height));
}

/** Subtracts the stars of `change` from the residual as it stands; a negative flux puts light back. */
export async function changeResidual(work: Workspace, change: Stars): Promise<void> {
  if (change.count > 0) await render(work, change, false, undefined);
}

async function render(work: Workspace, stars: Stars, fresh: boolean, sky: SkyMap | undefined): Promise<void> {
  const { plane, psf, residual } = work;
  const { width, height, electrons, mask } = plane;
  const bands = bandsOf(height);
  const model =
    psf === undefined || stars.count === 0 ? undefined : { stars, psf, bands: starsByBand(stars, height, bands) };
  const saturationE = plane.noise.saturationE;
  await work.crew.run(
    'renderResidual',
    { width, height, electrons, mask, saturationE, residual, fresh, sky, model },
    bands,
  );
}

/**
 * The cell size that the sky of this plane needs: `coarsePx`, unless the residual image, looked at in cells of
 * `finePx`, shows more structure than its noise (a nebula, a galaxy, a steep gradient).
 */
export async function chooseCell(work: Workspace, coarsePx: number, finePx: number): Promise<number> {
  const { plane, residual, crew } = work;
  const map = emptySky(plane.width, plane.height, finePx);
  const shared = () => new Float32Array(new SharedArrayBuffer(4 * map.nx * map.ny));
  const level = shared();
  const variance = shared();
  const stride = Math.max(2, Math.floor(finePx / Math.sqrt(ENOUGH_SAMPLES)));
  const task = { image: residual, mask: plane.mask, ...starless, map, stride, level, variance };
  await crew.run('skyMesh', task, map.ny);
  if (!settleSky(map, level, variance)) return coarsePx;
  const noise = (stride ** 2 * map.nx * map.ny) / (map.width * map.height);
  const scatter = MEDIAN_SCATTER * Math.sqrt(noise * scatterExcess(map, level, noise));
  const least = Math.max(STRUCTURE, SURE_SIGMA * scatter);
  let rough = 0;
  for (let c = 0; c < map.level.length; c++) if (Math.abs(map.level[c]!) > least * Math.sqrt(map.variance[c]!)) rough++;
  return rough > STRUCTURE_SHARE * map.level.length ? finePx : coarsePx;
}

/** So many pixels tell a smoothed cell's level to a quarter of what counts as structure. */
const ENOUGH_SAMPLES = 64;
/**
 * A smoothed cell this many pixel sigmas off zero is structure, for a tenth of it is summed over some thirty pixels of a star;
 * so much of the plane must have it.
 */
const STRUCTURE = 0.2;
const STRUCTURE_SHARE = 0.02;
/** And it stands so far above the scatter of the medians of nine cells, 0.42 of that of a cell. */
const SURE_SIGMA = 4;
const MEDIAN_SCATTER = 0.42;

/**
 * Measures the sky on the plane itself, with the stars in it, and makes the first residual with it. @returns false when
 * no part of the plane can be measured.
 */
export async function measureFirstSky(work: Workspace, cellPx: number): Promise<boolean> {
  const { electrons, noise } = work.plane;
  const map = await meshOf(work, electrons, cellPx, { saturationE: noise.saturationE, hasStars: true });
  if (map === undefined) return false;
  work.sky = map;
  await refreshResidual(work);
  return true;
}

/**
 * Measures the sky on the residual image: what is found there is added to the map, and the residual follows. Where no
 * part of the plane can be measured, the map stays. `isFine`: the cells are so small that every pixel is wanted, and their
 * levels are smoothed.
 */
export async function measureSky(work: Workspace, cellPx: number, isFine = false): Promise<void> {
  const step = await correctSky(work, cellPx, isFine);
  // Interpolation is linear in the values of cells: the residual moves by the interpolated step.
  if (step === 'new cells') await refreshResidual(work);
  else if (step !== undefined) await render(work, newStars(0), false, step);
}

/**
 * Adds to the map what the residual image holds of the sky, and leaves the residual as it is: for when it is made anew
 * anyway. @returns the map of what was added; undefined where no part of the plane can be measured.
 */
export async function correctSky(
  work: Workspace,
  cellPx: number,
  isFine = false,
): Promise<SkyMap | 'new cells' | undefined> {
  const map = await meshOf(work, work.residual, cellPx, starless, isFine);
  if (map === undefined) return undefined;
  const old = work.sky;
  work.sky = map;
  const step = copySky(map);
  addMap(old, map);
  return old.nx === map.nx && old.ny === map.ny ? step : 'new cells';
}

/** Of a residual image: stars are subtracted, and what is saturated has no value. */
const starless = { saturationE: Number.POSITIVE_INFINITY, hasStars: false };

/** The sky of an image in cells; undefined when none of them has enough pixels. */
async function meshOf(
  { plane, crew }: Workspace,
  image: Float32Array,
  cellPx: number,
  kind: Pick<MeshTask, 'saturationE' | 'hasStars'> = starless,
  isFine = false,
): Promise<SkyMap | undefined> {
  const map = emptySky(plane.width, plane.height, cellPx);
  const shared = () => new Float32Array(new SharedArrayBuffer(4 * map.nx * map.ny));
  const level = shared();
  const variance = shared();
  const stride = !isFine && plane.width * plane.height > LARGE_PX ? 2 : 1;
  await crew.run('skyMesh', { image, mask: plane.mask, ...kind, map, stride, level, variance }, map.ny);
  const { correlation = 1 } = plane.noise;
  const noise = (correlation * map.nx * map.ny) / (map.width * map.height);
  if (!(isFine ? settleStructure(map, level, variance, noise) : settleSky(map, level, variance))) return undefined;
  if (correlation !== 1) for (let c = 0; c < map.variance.length; c++) map.variance[c]! *= correlation;
  return map;
}

/** Planes larger than this are looked at every second pixel when the sky is measured: the cells have enough left. */
const LARGE_PX = 3e6;

/** Adds the level of `old` to `map` at the centres of its cells. */
function addMap(old: SkyMap, map: SkyMap): void {
  for (let j = 0; j < map.ny; j++) {
    for (let i = 0; i < map.nx; i++) {
      const x = ((i + 0.5) * map.width) / map.nx - 0.5;
      const y = ((j + 0.5) * map.height) / map.ny - 0.5;
      map.level[j * map.nx + i]! += skyAt(old, old.level, x, y);
    }
  }
}

/** Half width of the fitted square of an ordinary star. */
export const fitHalf = (fwhmPx: number) => Math.max(2, Math.round(1.4 * fwhmPx));

/** Sets how far stars (those marked in `which`, or all) are fitted and subtracted, from their flux and the PSF. */
export function setReach(work: Workspace, which?: Uint8Array): void {
  const { stars, psf, sky } = work;
  if (psf === undefined) return;
  const level = 0.06 * Math.sqrt(medianOf(sky.variance));
  const half = fitHalf(psf.fwhmPx);
  for (let i = 0; i < stars.count; i++) {
    if (which !== undefined && which[i] === 0) continue;
    if (stars.kind[i] !== StarKind.saturated) stars.half[i] = half;
    const shape = shapeAt(psf, stars.x[i]!, stars.y[i]!);
    const ellipticity = Math.hypot(shape.e1, shape.e2);
    const reach = reachOf(stars.flux[i]!, shape.lnAlpha, shape.beta, ellipticity, level);
    stars.reach[i] = Math.min(400, Math.max(stars.half[i]!, reach, Math.ceil(1.2 * psf.fwhmPx)));
  }
}

/** Room for the normal equations of the stars as they are now; takes over the room of the last ones where it fits. */
export function newEquations(work: Workspace): Equations {
  const { stars } = work;
  const n = Math.max(1, stars.count);
  const offset = new Float64Array(new SharedArrayBuffer(8 * (n + 1)));
  for (let i = 0; i < stars.count; i++) offset[i + 1] = offset[i]! + 3 * (2 * stars.half[i]! + 1) ** 2;
  const needed = offset[stars.count]!;
  const old = work.equations;
  const shared = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length * n));
  const stamps =
    old !== undefined && old.stamps.length >= needed
      ? old.stamps
      : new Float32Array(new SharedArrayBuffer(4 * Math.ceil(1.1 * needed + 16)));
  work.equations = { offset, stamps, diagonal: shared(6), rhs: shared(3), stats: shared(STATS) };
  return work.equations;
}

/** Forms the normal equations of the active stars at their present positions, from the present residual. */
export async function formAll(work: Workspace, equations: Equations, active?: Uint8Array): Promise<Pairs> {
  const { plane, psf, stars, sky, noise, residual, crew } = work;
  const parts = starParts(stars.count);
  const task = {
    width: plane.width,
    height: plane.height,
    electrons: plane.electrons,
    residual,
    sky,
    psf: psf!,
    noise,
    stars,
    equations,
    active: active ?? new Uint8Array(new SharedArrayBuffer(Math.max(1, stars.count))).fill(1),
  };
  await crew.run('formEquations', task, parts);
  const pairs = findPairs(stars, plane.width, plane.height);
  await crew.run('formPairs', { stars, equations, pairs }, parts);
  return pairs;
}
