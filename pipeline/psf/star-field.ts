import type { Workspace } from '../model/workspace.ts';
import { medianInPlace } from '../numeric/robust.ts';
import { commonWidth, type FirstStar } from './first-look.ts';
import { lightBeside, peakProfile } from './peak-profile.ts';

/** Why what stands out of a plane is no field of stars. */
export type NoStarField = 'trailed' | 'defocused' | 'not star-like';

export interface StarField {
  /** What stars are told by: the unsaturated peaks that are no bumps on something larger. */
  readonly sound: readonly FirstStar[];
  /** What they are where they are no stars; undefined where nothing speaks against it. */
  readonly refusal: NoStarField | undefined;
  /** Whether the stars are filled discs, somewhat out of focus: a PSF may still fit them. */
  readonly isOfDiscs: boolean;
}

/** The brightest peaks decide. */
const mostPeaks = 40;
/** Where more of them than this are bumps, all peaks are gone through and the bumps left out: broad stars, nebulae. */
const someBumps = 0.3;
/** Then peaks below this are most often what noise adds to light that fades out. */
const clearSigma = 15;
/** Where bumps hold more of the significance than this, there is nothing else: rings, trails, a glow. Fields of stars stay below 0.17. */
const mostOfIt = 0.4;
const fewBumps = 6;
/** Bumps of which more of the light than this lies along one line, the same for all, are trails. */
const inLine = 0.55;
/** The profile of narrower peaks tells nothing. */
const leastFwhm = 4.5;
/** Steepest edge and lowest middle of a star, of any profile; discs and rings have 0.75 to 1, and rings next to no light in the middle. */
const steepestEdge = 0.6;
const lowestMiddle = 0.85;
/** What is wider is no star: the sky is measured in cells not much larger. And with so few peaks as wide as this nobody knows. */
const widestStar = 32;
const widestOfFew = 20;
const few = 3;
/** Fewer peaks than these have no common width that noise could not make. */
const fewWidths = 8;
/** Larger discs have no profile that a PSF could follow. */
const widestDisc = 16;

/** Images narrower than this are too few pixels to have a shape; fewer than these show no common one, and more need not be asked. */
const leastShaped = 4;
const fewShaped = 3;
const mostShaped = 12;
/**
 * Mean elongation of trails, all along one direction: beyond an axis ratio of 1 to 3. Below it a PSF follows them: they are
 * measured, and the record says that they are drawn out.
 */
const longestStar = 0.8;
/** Where directions differ more than this, as along arcs, the median elongation decides: beyond an axis ratio of 0.38. */
const sameDirection = 0.8;
const longestMedian = 0.75;

/** Whether the brightest images are long. */
function areTrails(brightest: readonly FirstStar[]): boolean {
  const shaped = brightest.filter(({ fwhmPx }) => fwhmPx >= leastShaped).slice(0, mostShaped);
  if (shaped.length < fewShaped || shaped.length < Math.min(mostShaped, brightest.length / 3)) return false;
  const [cos, sin] = [0, 1].map((k) => shaped.reduce((sum, star) => sum + star.elongation[k]!, 0) / shaped.length);
  const lengths = shaped.map(({ elongation }) => Math.hypot(...elongation));
  const common = Math.hypot(cos!, sin!);
  return common > sameDirection * median(lengths) ? common > longestStar : median(lengths) > longestMedian;
}

/** So many of the brightest peaks are held against straight lines; a line is one with so many pieces. */
const mostOnLines = 200;
const fewPieces = 4;
/** A piece is this long at least, and points along the line to so many degrees (twice, as directions of images are told). */
const leastPiece = 0.15;
const alongCos = Math.cos((2 * 12 * Math.PI) / 180);

/**
 * The peaks without those that are pieces of one straight line, the way of a satellite: long, each along the line that they
 * lie on.
 */
function withoutLines(peaks: readonly FirstStar[]): readonly FirstStar[] {
  const tried = peaks.slice(0, mostOnLines);
  const pieces = new Set<FirstStar>();
  for (const one of tried) {
    const length = Math.hypot(...one.elongation);
    if (length < leastPiece) continue;
    const [cos2, sin2] = [one.elongation[0] / length, one.elongation[1] / length];
    const angle = Math.atan2(sin2, cos2) / 2;
    const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
    const parallel = tried.filter(({ elongation }) => {
      const itsLength = Math.hypot(...elongation);
      return itsLength >= leastPiece && (cos2 * elongation[0] + sin2 * elongation[1]) / itsLength > alongCos;
    });
    const onLine = parallel.filter(({ centre }) => {
      const off = (centre.x - one.centre.x) * uy - (centre.y - one.centre.y) * ux;
      return Math.abs(off) < Math.max(1.5, 0.7 * one.fwhmPx);
    });
    // The images of a trailed frame are parallel all over it.
    const isLine = onLine.length >= fewPieces && onLine.length > parallel.length / 2;
    if (isLine) for (const piece of onLine) pieces.add(piece);
  }
  return pieces.size === 0 ? peaks : peaks.filter((peak) => !pieces.has(peak));
}

/** Whether the peaks of the first look are stars, by their surroundings and by their common profile. */
export function starField(work: Workspace, looked: readonly FirstStar[]): StarField {
  const ceiling = 0.6 * work.plane.noise.saturationE;
  const unsaturated = withoutLines(looked.filter((star) => star.peakE < ceiling));
  const brightest = unsaturated.slice(0, mostPeaks);
  if (areTrails(brightest)) return { sound: [], refusal: 'trailed', isOfDiscs: false };
  const beside = brightest.map((star) => lightBeside(work, star));
  const isBump = beside.map(({ count }) => count >= 2);
  const nBumps = isBump.filter(Boolean).length;
  if (nBumps <= someBumps * brightest.length) return byProfile(work, unsaturated);

  // Beside a clear star faint bumps are noise on its wings; and a few of them alone tell nothing.
  const hasClear = brightest.some(({ significance }) => significance >= clearSigma);
  const weight = (which: (k: number) => boolean): number =>
    brightest.reduce(
      (sum, { significance }, k) => sum + (which(k) && (significance >= clearSigma || !hasClear) ? significance : 0),
      0,
    );
  if ((hasClear || nBumps >= fewBumps) && weight((k) => isBump[k]!) > mostOfIt * weight(() => true)) {
    const [cos, sin] = [0, 1].map(
      (part) => beside.reduce((sum, { axis }, k) => sum + (isBump[k] ? axis[part]! : 0), 0) / nBumps,
    ) as [number, number];
    return { sound: [], refusal: Math.hypot(cos, sin) > inLine ? 'trailed' : 'not star-like', isOfDiscs: false };
  }
  return byProfile(work, clearStars(work, looked));
}

/** The unsaturated peaks that are no bumps, and of these the clear ones where there are any. */
export function clearStars(work: Workspace, looked: readonly FirstStar[]): readonly FirstStar[] {
  const ceiling = 0.6 * work.plane.noise.saturationE;
  const single = looked.filter((star) => star.peakE < ceiling && !star.isShoulder && lightBeside(work, star).count < 2);
  const clear = single.filter(({ significance }) => significance >= clearSigma);
  return clear.length > 0 ? clear : single;
}

/** Looks for the edges of discs and the holes of rings in the brightest peaks, those of the width that most of these share. */
function byProfile(work: Workspace, sound: readonly FirstStar[]): StarField {
  const brightest = sound.slice(0, mostPeaks);
  const width = brightest.length < fewWidths ? widthOfMost(brightest) : commonWidth(brightest);
  if (!(width >= leastFwhm)) return { sound, refusal: undefined, isOfDiscs: false };
  const profiles = brightest
    .filter(({ fwhmPx }) => fwhmPx > width / 1.5 && fwhmPx < width * 1.5)
    .map((star) => peakProfile(work, star))
    .filter((profile) => profile !== undefined);
  if (width > widestStar || (width > widestOfFew && profiles.length < few)) {
    return { sound, refusal: 'not star-like', isOfDiscs: false };
  }
  const hasEdge = median(profiles.map(({ edge }) => edge)) > steepestEdge;
  const hasHole = median(profiles.map(({ middle }) => middle)) < lowestMiddle;
  if (!hasEdge) return { sound, refusal: undefined, isOfDiscs: false };
  const isLost = hasHole || width > widestDisc;
  return { sound, refusal: isLost ? 'defocused' : undefined, isOfDiscs: !isLost };
}

/** Of few stars the width that holds half of the significance on either side: the faint ones are cut off by noise. */
function widthOfMost(stars: readonly FirstStar[]): number {
  const sorted = [...stars].sort((a, b) => a.fwhmPx - b.fwhmPx);
  let left = sorted.reduce((sum, { significance }) => sum + significance, 0) / 2;
  for (const { fwhmPx, significance } of sorted) {
    left -= significance;
    if (left <= 0) return fwhmPx;
  }
  return Number.NaN;
}

function median(values: readonly number[]): number {
  const finite = Float64Array.from(values.filter(Number.isFinite));
  return medianInPlace(finite, finite.length);
}
