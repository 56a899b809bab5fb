import { applyMap } from '../astrometry/plane-map.ts';
import type { Crew } from '../crew.ts';
import { sharedFloat32, sharedUint8 } from '../crew.ts';
import type { Kernels } from '../kernels.ts';
import { MaskBit, type NoiseFacts, type Plane } from '../plane.ts';
import { addSeconds, type Mjd, secondsBetween } from '../time/mjd.ts';
import { resampledNoise } from './correlation.ts';
import { matchSky } from './match-sky.ts';
import type { StackMember } from './member.ts';
import { gridOf, pixelArea, type Registration, register } from './register.ts';
import { resamplePlane } from './resample-plane.ts';

export interface StackOptions {
  /** At most so many members, the best by their weight. */
  readonly best?: number;
  /** Sigma beyond which a value that no other member shares is left out; 5 by default. */
  readonly clip?: number;
}

/** What became of a member of a stack. */
export interface StackedMember {
  readonly name: string;
  /** Its electrons for one electron of the reference. */
  readonly fluxScale: number;
  /** Share of all weight. */
  readonly weight: number;
  readonly fwhmPx: number;
  readonly nMatched: number;
  readonly rmsPx: number;
}

export interface Stack {
  /** On the grid of the reference, in electrons; to be measured by `measurePlane` like any plane. */
  readonly plane: Plane;
  /** Variance of each pixel's value as independent pixels would have it; NaN where the plane has no value. */
  readonly variance: Float32Array;
  /** Index of the member on whose pixels the others were laid. */
  readonly reference: number;
  readonly referenceName: string;
  /** Electrons of the stack for one of the reference: its exposure is so many times the reference's. */
  readonly gain: number;
  readonly members: readonly StackedMember[];
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  /** Sum of the members' exposures; undefined where one does not tell its own. */
  readonly exposureS: number | undefined;
  /** Mean of the members' middles, weighted as their light is. */
  readonly midUtc: Mjd | undefined;
  /** First begin and last end of a member's exposure. */
  readonly beginUtc: Mjd | undefined;
  readonly endUtc: Mjd | undefined;
  /** Share of all values that were left out as outliers. */
  readonly outlierShare: number;
}

export type StackOutcome =
  | ({ readonly kind: 'stacked' } & Stack)
  | { readonly kind: 'not stacked'; readonly reason: string; readonly rejected: Stack['rejected'] };

const CLIP = 5;
/** A pixel is kept where members with this share of all weight have a value. */
const LEAST_SHARE = 0.5;
/** A member of less than this weight of the best one would only add faults. */
const LEAST_WEIGHT = 0.02;

interface Laid {
  readonly index: number;
  readonly member: StackMember;
  readonly registration: Registration;
  readonly sigma: number;
  readonly weight: number;
}

/**
 * Aligns and combines planes of one field, one instrument and one colour. The plane with most stars is the grid; the
 * others are registered by their stars (`register.ts`), resampled (`resample.ts`), scaled to the grid's fluxes, matched
 * in sky (`match-sky.ts`), cleared of what only one of them has, and averaged. The weight is that which serves a faint
 * star best, (transparency / (noise x FWHM))^2 (Annis et al. 2014, ApJ 794, 120). The result counts electrons: its gain
 * is chosen so that one electron of light has unit variance, as on a raw frame. See docs/stacking.md.
 */
export async function stackPlanes(
  members: readonly StackMember[],
  crew: Crew<Kernels>,
  options: StackOptions = {},
): Promise<StackOutcome> {
  const reference = richest(members);
  const first = members[reference];
  const grid = first && gridOf({ ...first.plane, sources: first.sources });
  if (!first || !grid) {
    return { kind: 'not stacked', reason: 'no frame has stars enough to lay others upon', rejected: [] };
  }
  const rejected: { name: string; reason: string }[] = [];
  const laid: Laid[] = [];
  for (const [index, member] of members.entries()) {
    const registration = register({ ...member.plane, sources: member.sources }, grid);
    if ('reason' in registration) {
      rejected.push({ name: member.name, reason: registration.reason });
      continue;
    }
    const sigma = (member.skyRmsE / registration.fluxScale) * pixelArea(registration);
    laid.push({ index, member, registration, sigma, weight: 1 / (sigma * member.fwhmPx) ** 2 });
  }
  const used = choose(laid, options.best ?? laid.length, rejected);
  if (used.length < 2) return { kind: 'not stacked', reason: 'fewer than two frames fit together', rejected };

  const { width, height } = first.plane;
  const task = { width, height, sigmas: Float64Array.from(used, ({ sigma }) => sigma) };
  const scales = Float64Array.from(used, ({ registration }) => registration.fluxScale);
  const weights = Float64Array.from(used, ({ weight }) => weight);
  const images = await layers(used, reference, width, height, crew);
  const parts = Math.max(1, Math.ceil(height / 64));
  const median = sharedFloat32(width * height);
  const scatter = sharedFloat32(width * height);
  await crew.run('layerMedian', { ...task, images, median, scatter }, parts);
  const bad = images.map(() => sharedUint8(width * height));
  const clip = options.clip ?? CLIP;
  const outliers =
    used.length < 3
      ? []
      : await crew.run('layerOutliers', { ...task, images, median, scatter, scales, clip, bad }, parts);
  const share = normalised(weights);
  const gain = 1 / share.reduce((sum, w, k) => sum + (w * w) / scales[k]!, 0);
  const level = gain * share.reduce((sum, w, k) => sum + (w * used[k]!.member.skyE) / scales[k]!, 0);
  const mean = sharedFloat32(width * height);
  const variance = sharedFloat32(width * height);
  const averaging = { ...task, images, scales, weights, bad, gain, level, leastShare: LEAST_SHARE, mean, variance };
  await crew.run('layerMean', averaging, parts);
  const noise = noiseOf(used, share, gain, level, first.plane);
  const mask = maskOf(mean, used, width, height);
  for (let p = 0; p < mean.length; p++) if (mask[p] !== 0) mean[p] = level;
  return {
    kind: 'stacked',
    plane: { name: first.plane.name, width, height, electrons: mean, mask, noise, mosaic: first.plane.mosaic },
    variance,
    reference,
    referenceName: first.name,
    gain,
    members: used.map(({ member, registration }, k) => ({
      name: member.name,
      fluxScale: registration.fluxScale,
      weight: share[k]!,
      fwhmPx: member.fwhmPx,
      nMatched: registration.nMatched,
      rmsPx: registration.rmsPx,
    })),
    rejected,
    ...timesOf(
      used.map(({ member }) => member),
      share,
    ),
    outlierShare: outliers.reduce((sum, n) => sum + n, 0) / (images.length * width * height),
  };
}

function richest(members: readonly StackMember[]): number {
  let best = 0;
  for (let m = 1; m < members.length; m++) if (members[m]!.sources.count > members[best]!.sources.count) best = m;
  return best;
}

/** The best ones that are worth their faults, in the order given. */
function choose(laid: readonly Laid[], most: number, rejected: { name: string; reason: string }[]): Laid[] {
  const ranked = [...laid].sort((a, b) => b.weight - a.weight || a.index - b.index);
  const least = LEAST_WEIGHT * (ranked[0]?.weight ?? 0);
  const kept = new Set(ranked.filter(({ weight }) => weight >= least).slice(0, most));
  for (const one of laid) {
    if (kept.has(one)) continue;
    const reason = one.weight < least ? 'too much cloud, moonlight or blur to add anything' : 'not among the best';
    rejected.push({ name: one.member.name, reason });
  }
  return laid.filter((one) => kept.has(one));
}

/** The members on the grid, scaled to its fluxes, their skies brought to the reference's. */
async function layers(
  used: readonly Laid[],
  reference: number,
  width: number,
  height: number,
  crew: Crew<Kernels>,
): Promise<Float32Array[]> {
  const images: Float32Array[] = [];
  for (const { member, registration } of used) {
    images.push(await resamplePlane(member.plane, member.skyE, registration, width, height, crew));
  }
  const at = Math.max(
    0,
    used.findIndex(({ index }) => index === reference),
  );
  images.forEach((image, k) => {
    if (k !== at) matchSky(image, images[at]!, width, height);
  });
  return images;
}

function normalised(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, w) => sum + w, 0);
  return weights.map((w) => w / total);
}

function noiseOf(used: readonly Laid[], share: Float64Array, gain: number, level: number, plane: Plane): NoiseFacts {
  let pixel = 0;
  let effective = 0;
  let flat = 0;
  let saturationE = Number.POSITIVE_INFINITY;
  used.forEach(({ member, registration, sigma }, k) => {
    const noise = resampledNoise(registration.map, plane.width, plane.height, member.fwhmPx);
    const variance = (share[k]! * sigma) ** 2;
    pixel += variance * noise.pixel;
    effective += variance * noise.effective;
    flat += (share[k]! * member.plane.noise.flatError) ** 2;
    const full = (member.plane.noise.saturationE - member.skyE) / registration.fluxScale;
    saturationE = Math.min(saturationE, gain * full + level);
  });
  return {
    gainEPerAdu: 1,
    gainKnown: used.every(({ member }) => member.plane.noise.gainKnown),
    readNoiseE: undefined,
    pedestalKnown: false,
    flatError: Math.sqrt(flat),
    saturationE,
    correlation: effective / pixel,
  };
}

/** Pixels without a value, told apart: saturated where a member was saturated, else invalid. */
function maskOf(mean: Float32Array, used: readonly Laid[], width: number, height: number): Uint8Array {
  const mask = sharedUint8(width * height);
  for (let p = 0; p < mask.length; p++) if (Number.isNaN(mean[p]!)) mask[p] = MaskBit.invalid;
  const place = new Float64Array(2);
  for (const { member, registration } of used) {
    const { plane } = member;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        applyMap(registration.map, x - (width - 1) / 2, y - (height - 1) / 2, place);
        const i = Math.round(place[0]!);
        const j = Math.round(place[1]!);
        if (i < 0 || j < 0 || i >= plane.width || j >= plane.height) continue;
        const bits = plane.mask[j * plane.width + i]! & (MaskBit.saturated | MaskBit.bleed);
        if (bits !== 0) mask[y * width + x]! |= bits;
      }
    }
  }
  return mask;
}

function timesOf(
  members: readonly StackMember[],
  share: Float64Array,
): Pick<Stack, 'exposureS' | 'midUtc' | 'beginUtc' | 'endUtc'> {
  let exposureS: number | undefined = 0;
  for (const member of members) {
    exposureS = exposureS === undefined || member.exposureS === undefined ? undefined : exposureS + member.exposureS;
  }
  const origin = members[0]!.midUtc;
  if (!origin || members.some(({ midUtc }) => !midUtc)) {
    return { exposureS, midUtc: undefined, beginUtc: undefined, endUtc: undefined };
  }
  let mid = 0;
  let begin = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  members.forEach((member, k) => {
    const seconds = secondsBetween(member.midUtc!, origin);
    const half = (member.exposureS ?? 0) / 2;
    mid += share[k]! * seconds;
    begin = Math.min(begin, seconds - half);
    end = Math.max(end, seconds + half);
  });
  return {
    exposureS,
    midUtc: addSeconds(origin, mid),
    beginUtc: addSeconds(origin, begin),
    endUtc: addSeconds(origin, end),
  };
}
