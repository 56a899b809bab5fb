import { medianOf } from '../background/map.ts';
import { addKnown, findStars, findStarsAt, splitStars } from '../detection/find.ts';
import { thresholdFor } from '../detection/threshold.ts';
import { hiddenShare } from '../model/hidden.ts';
import { newStars, StarKind } from '../model/stars.ts';
import {
  changeResidual,
  chooseCell,
  correctSky,
  formAll,
  measureSky,
  newEquations,
  refreshResidual,
  setReach,
  takeOuterLight,
  type Workspace,
} from '../model/workspace.ts';
import { measureCrowding, noCrowding } from '../photometry/artificial.ts';
import { doubleImagesWarning, findDoubleImages } from '../photometry/double-images.ts';
import { learnNoise } from '../photometry/learn-noise.ts';
import { type Formed, refineStars } from '../photometry/refine.ts';
import { type SaturatedCore, type SaturatedPatch, saturatedCore } from '../photometry/saturated.ts';
import type { FirstLook, FirstPeak } from '../psf/first-look.ts';
import { improvePsf, type PsfRecord } from '../psf/make.ts';
import { outerLightOf, stackOuterPsf } from '../psf/outer.ts';
import type { Stage } from '../stage.ts';
import { FIRST_CELL_PX } from './first-sky.ts';
import { type Fitted, refusals, type Start, type Tools } from './state.ts';

/** Stars in which companions are looked for: those where one could be told, and before the last pass those that it would disturb. */
const SPLIT_SIGMA = 10;
const SPLIT_EARLY_SIGMA = 25;

/** Passes of find, fit, PSF and sky, the threshold falling from one to the next. */
export const fitStars: Stage<
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
        await correctSky(work, cell);
        await refreshResidual(work);
        // What bright stars have about them is told from the sky while its cells are too wide to follow it.
        const outer = stackOuterPsf(work);
        if (outer !== undefined) takeOuterLight(work, outerLightOf(work, outer));
        cell = await chooseCell(work, cell, Math.max(FINEST_CELL_PX, FINE_CELL_FWHM * fwhm));
        if (cell < coarse) await measureSky(work, cell, true);
      } else await measureSky(work, cell, cell < coarse);
      // Means and smoothing over cells flatten what is curved: what they left is measured again.
      for (let again = 0; again < SKY_REPEATS && cell < coarse; again++) await measureSky(work, cell, true);
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
    else {
      const nBright = brightOf(work);
      if (nBright >= MANY_BRIGHT && record.nStars < LEAST_ALIKE * nBright)
        warnings.push(unalike(record.nStars, nBright));
    }
    const doubled = findDoubleImages(work.stars, work.plane.width, work.plane.height, fwhm);
    if (doubled !== undefined) warnings.push(doubleImagesWarning(doubled));
    const find = { threshold: least, nearestFwhm: 0.4, shareNear: record.modelError, localSky: cell < coarse };
    const wanted = options.artificialStars === true && !late();
    const crowding = wanted ? await measureCrowding(work, find, { ...refinement, rounds: 2 }, 7) : noCrowding;
    // Artificial stars have taken the memory of the equations.
    const { equations, active } = wanted || formed === undefined ? { equations: newEquations(work) } : formed;
    const pairs = await formAll(work, equations, active);
    return { outcome, record, fit: { equations, pairs }, thresholdSigma: least, crowding };
  },
};

/** Cells of the sky where it has structure: in finer ones it takes light of the stars. */
const FINE_CELL_FWHM = 4.5;
const FINEST_CELL_PX = 10;
/** How often what the map of such cells left is measured again: means of cells and smoothing flatten. */
const SKY_REPEATS = 2;

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

/** Of many bright sources so few that share a profile are no stars of it: rings out of focus cross, and look like some. */
const MANY_BRIGHT = 30;
const LEAST_ALIKE = 0.1;
const BRIGHT_SIGMA = 50;
const unalike = (nStars: number, nBright: number) =>
  `only ${nStars} of ${nBright} bright sources share a profile: out of focus, or not stars; its fluxes are not to be trusted`;

/** How many sources stand out of the noise of the sky so far that each could show what its profile is. */
function brightOf({ stars, sky, psf }: Workspace): number {
  // Noise on 1 / sum(P^2) = 2.27 FWHM^2 pixels of a Gaussian.
  const least = BRIGHT_SIGMA * Math.sqrt(2.27 * medianOf(sky.variance)) * psf!.fwhmPx;
  let n = 0;
  for (let s = 0; s < stars.count; s++) if (stars.kind[s] === StarKind.star && stars.flux[s]! > least) n++;
  return n;
}

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
