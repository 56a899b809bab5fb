import { medianOf } from './background/map.ts';
import { maskBleeds } from './calibration/bleed.ts';
import { findCosmicRays } from './calibration/cosmic-rays.ts';
import { findTrails } from './calibration/trails.ts';
import type { Crew } from './crew.ts';
import { addKnown, findStars, findStarsAt, splitStars } from './detection/find.ts';
import { thresholdFor } from './detection/threshold.ts';
import type { Kernels } from './kernels.ts';
import { hiddenFactor, hiddenShare } from './model/hidden.ts';
import { moffatEllipse, moffatFwhm } from './model/moffat.ts';
import type { Equations, Pairs } from './model/normal.ts';
import { starParts } from './model/normal.ts';
import { newStars, StarKind } from './model/stars.ts';
import type { Workspace } from './model/workspace.ts';
import {
  changeResidual,
  chooseCell,
  correctSky,
  formAll,
  hideNewlyMasked,
  measureFirstSky,
  measureSky,
  newEquations,
  newWorkspace,
  refreshResidual,
  setReach,
} from './model/workspace.ts';
import { APERTURE_STRIDE } from './photometry/aperture.ts';
import { type CrowdingTerm, crowdingFactor, measureCrowding, noCrowding } from './photometry/artificial.ts';
import { jointVariances } from './photometry/covariance.ts';
import { measureForced } from './photometry/forced.ts';
import { type Growth, growthCorrection, noGrowth } from './photometry/growth.ts';
import { type HeldStars, holdStars } from './photometry/hold.ts';
import { learnNoise } from './photometry/learn-noise.ts';
import { measureBlankSites } from './photometry/limit.ts';
import type { MeasureOptions, MeasureOutcome, PlaneMeasurement, PsfSummary } from './photometry/measurement.ts';
import { type PlainAperture, plainApertures } from './photometry/plain-apertures.ts';
import { type Formed, refineStars } from './photometry/refine.ts';
import type { SaturatedCore, SaturatedPatch } from './photometry/saturated.ts';
import { saturatedCore, saturatedPatches } from './photometry/saturated.ts';
import { tabulate } from './photometry/tabulate.ts';
import type { Plane } from './plane.ts';
import type { FirstLook, FirstPeak } from './psf/first-look.ts';
import { firstLook } from './psf/first-look.ts';
import type { PsfRecord } from './psf/make.ts';
import { firstPsf, improvePsf } from './psf/make.ts';
import { shapeOf } from './psf/shape-fit.ts';
import { clearStars, type NoStarField, starField } from './psf/star-field.ts';
import { newSourceTable, type SourceTable } from './sources.ts';
import type { Stage } from './stage.ts';
import { pipeline } from './stage.ts';

export type { MeasureOptions, MeasureOutcome, PlaneMeasurement, PsfSummary } from './photometry/measurement.ts';

interface Tools {
  readonly options: MeasureOptions;
  readonly warnings: string[];
}

/** What the stages hand on. `outcome` other than measured makes the later stages pass. */
interface Start {
  readonly work: Workspace;
  readonly outcome: MeasureOutcome;
}

const measured: MeasureOutcome = { kind: 'measured' };
/** Why what stands out is not measured, for people. */
const refusals: Record<NoStarField, MeasureOutcome> = {
  'not star-like': {
    kind: 'not star-like',
    reason: 'what stands out has no common profile of a star: out of focus, trailed, or no stars at all',
  },
  defocused: {
    kind: 'defocused',
    reason: 'the stars are rings or discs: the telescope is out of focus',
  },
  trailed: {
    kind: 'trailed',
    reason: 'the stars are long trails: the telescope did not follow the sky',
  },
};
const FIRST_CELL_PX = 64;

/** The sky with the stars still in the image: the mode of each cell. */
const firstSky: Stage<Start, { outcome: MeasureOutcome; saturated: SaturatedPatch[] }, Tools> = {
  name: 'sky',
  async run({ work }) {
    const saturated = await saturatedPatches(work.plane, work.crew);
    if (!(await measureFirstSky(work, FIRST_CELL_PX))) {
      return {
        outcome: { kind: 'no pixels', reason: 'no part of the image has pixels to measure the sky from' },
        saturated,
      };
    }
    return { outcome: measured, saturated };
  },
};

/** Bright peaks and the first PSF from them. */
const seed: Stage<
  Start & { saturated: SaturatedPatch[] },
  { outcome: MeasureOutcome; looked: FirstLook | undefined; record: PsfRecord | undefined; isOfDiscs: boolean },
  Tools
> = {
  name: 'first psf',
  async run({ work, outcome, saturated }) {
    if (outcome.kind !== 'measured') return { outcome, looked: undefined, record: undefined, isOfDiscs: false };
    const looked = await firstLook(work, 600);
    const { sound, refusal, isOfDiscs } = starField(work, looked.stars);
    let record = refusal ?? (await firstPsf(work, looked.stars, sound));
    // Faint peaks may have hidden the width of the stars.
    if (record === 'not star-like' && !refusal)
      record = await firstPsf(work, looked.stars, clearStars(work, looked.stars));
    if (record === 'no stars' && isOfDiscs) record = 'defocused';
    if (typeof record !== 'string') return { outcome, looked, record, isOfDiscs };
    if (record !== 'no stars') return { outcome: refusals[record], looked, record: undefined, isOfDiscs };
    const kind = saturated.length > 0 ? 'all saturated' : 'no stars';
    const reason =
      saturated.length > 0
        ? 'every star that stands out is saturated: there is nothing to build a PSF from'
        : 'no image of a star stands out of the noise';
    return { outcome: { kind, reason }, looked, record: undefined, isOfDiscs };
  },
};

/** Masks what is no star: ends of bleeding columns, trails of satellites and hits of cosmic rays, now that the width of a star is known. */
const reject: Stage<
  Start & { saturated: SaturatedPatch[]; record: PsfRecord | undefined },
  { nCosmicRayPixels: number; nTrails: number },
  Tools
> = {
  name: 'cosmic rays',
  async run({ work, saturated, record }, { warnings }) {
    if (record === undefined || work.psf === undefined) return { nCosmicRayPixels: 0, nTrails: 0 };
    const facts = {
      skyE: medianOf(work.sky.level),
      skyRmsE: Math.sqrt(medianOf(work.sky.variance)),
      fwhmPx: work.psf.fwhmPx,
    };
    maskBleeds(work.plane, saturated);
    // A trail is long and faint: it is looked for where the gradient of the sky is gone.
    const { width, height, mask } = work.plane;
    const flat = { width, height, mask, electrons: work.residual };
    const nTrails = (await findTrails(flat, { ...facts, skyE: 0 }, work.crew)).length;
    if (nTrails > 0) warnings.push(`${nTrails} trail(s) of satellites or aircraft cross the image: masked`);
    const nCosmicRayPixels = await findCosmicRays(work.plane, facts, work.crew);
    await hideNewlyMasked(work);
    return { nCosmicRayPixels, nTrails };
  },
};

interface Fitted {
  readonly outcome: MeasureOutcome;
  readonly record: PsfRecord | undefined;
  readonly fit: { readonly equations: Equations; readonly pairs: Pairs } | undefined;
  readonly thresholdSigma: number;
  readonly crowding: CrowdingTerm;
}

/** Stars in which companions are looked for: those where one could be told, and before the last pass those that it would disturb. */
const SPLIT_SIGMA = 10;
const SPLIT_EARLY_SIGMA = 25;

/** Passes of find, fit, PSF and sky, the threshold falling from one to the next. */
const solve: Stage<
  Start & {
    saturated: SaturatedPatch[];
    looked: FirstLook | undefined;
    record: PsfRecord | undefined;
    isOfDiscs: boolean;
  },
  Fitted,
  Tools
> = {
  name: 'fit',
  async run({ work, outcome, saturated, looked, record: first, isOfDiscs }, { options, warnings }) {
    const least = options.thresholdSigma ?? thresholdFor(options.falsePerMegapixel ?? 1, work.psf?.fwhmPx ?? 3);
    if (outcome.kind !== 'measured' || looked === undefined || first === undefined)
      return { ...nothing(least), outcome, record: undefined };
    const late = options.deadlinePassed ?? (() => false);
    let record = first;
    const fwhm = work.psf!.fwhmPx;
    work.stars = addKnown(
      newStars(0),
      saturated
        .map(saturatedCore)
        .filter(({ pixels }) => isOfStar(pixels, fwhm))
        .map((core) => saturatedRow(core, work, fwhm)),
    );
    setReach(work);
    await changeResidual(work, work.stars);
    // The first cells serve on where they are near enough: a map on the same grid is corrected in place.
    const ideal = Math.min(256, Math.max(48, 20 * fwhm));
    const coarse = Math.abs(Math.log(ideal / FIRST_CELL_PX)) < 0.4 ? FIRST_CELL_PX : ideal;
    let cell = coarse;
    const bright = brightOfOpenField(looked, work);
    const thresholds = [Math.max(bright === undefined ? EARLY_SIGMA : EARLY_BRIGHT_SIGMA, least), least];
    const refinement = { sigmaStepPx: 0.35, dropBelow: 0.8 * least, mergeFwhm: 0.35 };
    let formed: Formed | undefined;
    for (let pass = 0; pass < thresholds.length; pass++) {
      const last = pass === thresholds.length - 1;
      const { photonSlope } = work.noise;
      work.noise = { photonSlope, relativeVariance: record.modelError ** 2 + work.plane.noise.flatError ** 2 };
      const find = {
        threshold: thresholds[pass]!,
        nearestFwhm: 0.4,
        shareNear: record.modelError,
        localSky: pass === 0 || cell < coarse,
      };
      if (pass === 0 && bright !== undefined) await findStarsAt(work, bright, find);
      else await findStars(work, find);
      if (work.stars.count === 0) break;
      // In the last pass the second round follows on the sky: it would have to be repeated for that.
      await refineStars(work, { ...refinement, rounds: last ? 1 : 2 });
      if (pass === 0) {
        record = await improvePsf(work, record, { limit: 200, maxDegree: 5 });
        if (isOfDiscs && !isFaithful(record))
          return { ...nothing(least), outcome: refusals.defocused, record: undefined };
        cell = await chooseCell(work, cell, Math.max(20, 8 * fwhm));
        await correctSky(work, cell);
        await refreshResidual(work);
      } else await measureSky(work, cell);
      // The median over cells flattens what is curved: where there is structure, what it left is measured again.
      for (let again = 0; again < 4 && cell < coarse; again++) await measureSky(work, cell);
      if (!work.plane.noise.gainKnown) {
        const learned = learnNoise(work);
        if (learned?.isCredible === false)
          return { ...nothing(least), outcome: refusals['not star-like'], record: undefined };
        work.noise = learned ?? work.noise;
      }
      if (last) {
        await refineStars(work, { ...refinement, rounds: 1 });
        await splitStars(work, { leastSignificance: SPLIT_SIGMA });
      } else if (bright === undefined) await splitStars(work, { leastSignificance: SPLIT_EARLY_SIGMA });
      formed = await refineStars(
        work,
        last ? { ...refinement, sigmaStepPx: 1, rounds: 8 } : { ...refinement, rounds: 1 },
      );
      if (late()) {
        warnings.push('the time for this image was used up before the last pass: faint stars may be missing');
        break;
      }
    }
    if (work.stars.count === 0) {
      return { ...nothing(least), outcome: { kind: 'no stars', reason: 'no star is significant' }, record };
    }
    if (isOfDiscs) warnings.push(discs);
    else if (record.modelError > LARGEST_MODEL_ERROR) warnings.push(unlike);
    else if (record.nStars < FEW_PSF_STARS) warnings.push(uncertain(record.nStars));
    const find = { threshold: least, nearestFwhm: 0.4, shareNear: record.modelError, localSky: cell < coarse };
    const wanted = options.artificialStars === true && !late();
    const crowding = wanted ? await measureCrowding(work, find, { ...refinement, rounds: 2 }, 7) : noCrowding;
    // Artificial stars have taken the memory of the equations.
    const { equations, active } = wanted || formed === undefined ? { equations: newEquations(work) } : formed;
    const pairs = await formAll(work, equations, active);
    return { outcome, record, fit: { equations, pairs }, thresholdSigma: least, crowding };
  },
};

/** A PSF that differs from its stars by more is none of theirs. */
const LARGEST_MODEL_ERROR = 0.15;
/** Discs are measured where enough of them show that a PSF follows them. */
const isFaithful = ({ nStars, modelError }: PsfRecord): boolean => nStars >= 5 && modelError < 0.1;
const discs = 'the stars are discs: somewhat out of focus, faint ones are lost and close ones blended';
const unlike =
  'no profile fits the stars of this frame to better than 15 %: out of focus or trailed; its fluxes are not to be trusted';

/** Fewer stars do not show whether they share a profile. */
const FEW_PSF_STARS = 3;
const uncertain = (nStars: number) =>
  `the profile rests on ${nStars === 1 ? 'one star' : `${nStars} stars`}: nothing shows that it is that of a star`;

/** Threshold of the first pass: low enough that stars which hide others are gone before the last. */
const EARLY_SIGMA = 6;
/**
 * And in an open field, where bright stars suffice: so many of them teach PSF and sky, and few of all hide another. The
 * first look has found them already.
 */
const EARLY_BRIGHT_SIGMA = 20;
const ENOUGH_BRIGHT = 1500;
const FEW_HIDDEN = 0.01;

function brightOfOpenField({ peaks }: FirstLook, { plane, psf }: Workspace): readonly FirstPeak[] | undefined {
  const bright = peaks.filter(({ significance }) => significance >= EARLY_BRIGHT_SIGMA);
  const isOpen = bright.length > ENOUGH_BRIGHT && hiddenShare(peaks.length, plane, psf!.fwhmPx) < FEW_HIDDEN;
  return isOpen ? bright : undefined;
}

const nothing = (thresholdSigma: number) => ({ fit: undefined, thresholdSigma, crowding: noCrowding });

/** A saturated patch as large as a square of so many FWHM is a lamp, the Moon or the twilight, and no star. */
const LARGEST_CORE_FWHM = 60;

function isOfStar(pixels: number, fwhm: number): boolean {
  return Math.sqrt(pixels) < LARGEST_CORE_FWHM * fwhm;
}

function saturatedRow(core: SaturatedCore, work: Workspace, fwhm: number) {
  const peak = Math.min(work.plane.noise.saturationE, 1e6);
  const flux = 2 * peak * fwhm * fwhm * Math.max(1, core.pixels / fwhm);
  // A bleed may be as long as the frame is high; the light of the star lies about its core.
  const half = Math.min(core.half, Math.sqrt(core.pixels));
  return { x: core.x, y: core.y, flux, half: Math.ceil(half + 1.5 * fwhm), kind: StarKind.saturated };
}

/** Apertures, errors and the table. */
const conclude: Stage<
  Start & Fitted,
  { sources: SourceTable; growth: Growth; apertures: readonly PlainAperture[] },
  Tools
> = {
  name: 'table',
  async run({ work, fit, record, crowding }) {
    if (fit === undefined || record === undefined)
      return { sources: newSourceTable(0), growth: noGrowth, apertures: [] };
    const { stars, plane, psf } = work;
    const sums = new Float64Array(new SharedArrayBuffer(8 * APERTURE_STRIDE * stars.count));
    await work.crew.run(
      'apertureSums',
      {
        width: plane.width,
        height: plane.height,
        electrons: plane.electrons,
        residual: work.residual,
        sky: work.sky,
        psf: psf!,
        noise: work.noise,
        stars,
        radiusPx: Math.max(2, 1.2 * psf!.fwhmPx),
        sums,
      },
      starParts(stars.count),
    );
    const variances = jointVariances(stars.count, stars.flux, fit.equations, fit.pairs);
    const growth = await growthCorrection(work, variances);
    const hidden = hiddenFactor(stars, plane, psf!.fwhmPx);
    const sources = tabulate(work, {
      equations: fit.equations,
      variances,
      apertureSums: sums,
      growth,
      relativeError: 0.001,
      fallback: record.nStars < 5,
      errorFactor: (fracFlux, fluxErr) => (crowding.nStars > 0 ? crowdingFactor(crowding, fracFlux) : hidden(fluxErr)),
    });
    return { sources, growth, apertures: await plainApertures(work, sources, growth) };
  },
};

/** Forced measurements at the positions asked for, and the depth of the plane. */
const forced: Stage<
  Start & Fitted & { growth: Growth },
  Pick<PlaneMeasurement, 'forced' | 'force' | 'limitFluxE'> & { errorFactor: number },
  Tools
> = {
  name: 'forced',
  run({ work, fit, growth }, { options }) {
    if (fit === undefined) return { forced: [], force: () => [], limitFluxE: Number.NaN, errorFactor: 1 };
    const blank = measureBlankSites(work, 1);
    const { errorFactor, limitFluxE } = blank;
    const force: PlaneMeasurement['force'] = (positions) =>
      measureForced(work, positions, blank).map((m) => ({
        ...m,
        flux: m.flux * growth.at(m.x, m.y),
        fluxErr: m.fluxErr * growth.at(m.x, m.y) * errorFactor,
      }));
    return { forced: force(options.positions ?? []), force, limitFluxE: limitFluxE * growth.mean, errorFactor };
  },
};

const stages = pipeline<Start, Tools>()
  .stage(firstSky)
  .stage(seed)
  .stage(reject)
  .stage(solve)
  .stage(conclude)
  .stage(forced);

/** The stages of `measurePlane`, in order. */
export const measureStages: readonly string[] = stages.stages;

/**
 * Measures every star of one plane by PSF photometry, and the flux at the positions asked for. Positions are 0-based
 * plane pixels, fluxes electrons. Of the plane only the mask
 * is changed: trails and cosmic rays are marked there. Bad data never throws: see `outcome`. The result is
 * the same to the last bit for any number of threads. The method is told in docs/photometry.md.
 */
export async function measurePlane(
  plane: Plane,
  options: MeasureOptions,
  crew: Crew<Kernels>,
): Promise<PlaneMeasurement> {
  const warnings: string[] = [];
  const timings = new Map<string, number>();
  const work = newWorkspace(plane, crew, FIRST_CELL_PX);
  const tools = { options, warnings };
  const state = await stages.run({ work, outcome: measured }, tools, timings, options.nowMs ?? (() => 0));
  const report = (now: typeof state): PlaneMeasurement => ({
    outcome: now.outcome,
    sources: now.sources,
    apertures: now.apertures,
    psf: now.record === undefined || work.psf === undefined ? undefined : summarise(work, now.record),
    skyE: medianOf(work.sky.level),
    skyRmsE: Math.sqrt(medianOf(work.sky.variance)),
    forced: now.forced,
    force: now.force,
    hold: now.fit && (async (held) => report(await holdAndConclude(now, held, tools))),
    model: { work, growth: now.growth, errorFactor: now.errorFactor },
    limitFluxE: now.limitFluxE,
    normalisation: now.growth.mean,
    thresholdSigma: now.thresholdSigma,
    warnings,
    timings,
  });
  return report(state);
}

/** The last stages again, after a fit with the places of the stars held. */
async function holdAndConclude<State extends Start & Fitted>(state: State, held: HeldStars, tools: Tools) {
  const fitted = { ...state, fit: await holdStars(state.work, held) };
  const concluded = { ...fitted, ...(await conclude.run(fitted, tools)) };
  return { ...concluded, ...(await forced.run(concluded, tools)) };
}

function summarise(work: Workspace, record: PsfRecord): PsfSummary {
  const { plane } = work;
  const middle = shapeOf(record.field, plane.width / 2, plane.height / 2);
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let j = 0; j <= 4; j++) {
    for (let i = 0; i <= 4; i++) {
      const fwhm = moffatFwhm(shapeOf(record.field, (i * plane.width) / 4, (j * plane.height) / 4));
      low = Math.min(low, fwhm);
      high = Math.max(high, fwhm);
    }
  }
  return {
    model: record.residual === undefined ? 'moffat' : 'moffat+table',
    nStars: record.nStars,
    degree: record.field.degree,
    fwhmPx: work.psf!.fwhmPx,
    fwhmRangePx: [low, high],
    ...moffatEllipse(middle),
    beta: middle.beta,
    modelError: record.modelError,
  };
}
