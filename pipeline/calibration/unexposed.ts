import type { Section } from '../header/facts.ts';
import { medianInPlace, sigmaOfMad } from '../numeric/robust.ts';
import { constantPixels } from './constant-pixels.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Raw, row-major; NaN where blank. */
  readonly pixels: Float32Array;
}

/** The parts of a frame that saw no light though no card says so. */
export interface Unexposed {
  /** Strips across the whole frame below a step: overscan, rows or columns behind a shutter or mask. */
  readonly strips: readonly Section[];
  /** Indices of pixels that stand at one value over a whole area: borders of zeros, padding, what an alignment left empty. */
  readonly constant: Int32Array;
}

/** Columns (or rows) are looked at in pairs, so that the colours of a mosaic do not matter. */
const pair = 2;
/** Each is the median of so many pixels along it. */
const samples = 128;
/** A step is told from so many pairs on either side, and stands out from what pairs differ by so many sigma. */
const window = 4;
const stepSigma = 8;
/** And is at least so many times the noise of a pixel: less hides no star, and where stars stand dense the sky between them differs, too. */
const leastStep = 1;
/** With fewer stars than this expected in a strip, their absence tells nothing. */
const tellingStars = 5;
/** A strip with this share of the expected stars has none: what is left are cosmic rays and hot pixels. */
const starlessShare = 0.1;
/** A strip whose stars cannot tell is at most this share of the frame. */
const widestUntold = 0.15;

/**
 * Finds what was never exposed, within `region` (what the header calls exposed, or all). A strip is told by a straight step
 * over the whole frame to a lower level, with no more noise than the rest and without stars. Two amplifiers with
 * different bias levels both have stars and are left alone.
 */
export function findUnexposed(frame: Pixels, region: Section): Unexposed {
  const { x0, y0 } = region;
  const inside = { x0, y0, x1: Math.min(region.x1, frame.width), y1: Math.min(region.y1, frame.height) };
  const constant = constantPixels(frame);
  const isConstant = (p: number): boolean => constant.map !== undefined && constant.map[p] !== 0;
  const columns = stripsAcross(frame, inside, 'x', isConstant);
  const rows = stripsAcross(frame, columns.exposed, 'y', isConstant);
  return { strips: [...columns.strips, ...rows.strips], constant: constant.indices };
}

/** Makes them blank, whatever their level; gives what is said of it, undefined where nothing was found. */
export function blankUnexposed({ width, pixels }: Pixels, { strips, constant }: Unexposed): string | undefined {
  for (const { x0, x1, y0, y1 } of strips) {
    for (let y = y0; y < y1; y++) pixels.fill(Number.NaN, y * width + x0, y * width + x1);
  }
  for (const p of constant) pixels[p] = Number.NaN;
  const told = [
    ...strips.map(({ x0, x1, y0, y1 }) => `the pixels ${x0 + 1} to ${x1} by ${y0 + 1} to ${y1}`),
    ...(constant.length > 0 ? [`${constant.length} pixels that stand at one value`] : []),
  ];
  return told.length > 0 ? `${told.join(', ')} were not exposed: masked` : undefined;
}

type Axis = 'x' | 'y';

interface Segment {
  /** First and past the last column (row). */
  readonly from: number;
  readonly to: number;
}

function stripsAcross(
  frame: Pixels,
  region: Section,
  axis: Axis,
  isConstant: (p: number) => boolean,
): { strips: Section[]; exposed: Section } {
  const none = { strips: [], exposed: region };
  const { from, levels, noise } = profileAcross(frame, region, axis, isConstant);
  const segments = segmentsOf(levels, noise).map(({ from: a, to: b }) => ({
    from: from + pair * a,
    to: from + pair * b,
  }));
  if (segments.length < 2) return none;
  const [start, end] = axis === 'x' ? [region.x0, region.x1] : [region.y0, region.y1];
  // Pairs leave the last odd column over.
  const whole = segments.map((one, k) => (k === segments.length - 1 ? { ...one, to: end } : one));
  const looks = whole.map((segment) => lookOf(frame, sectionOf(region, axis, segment), isConstant));
  const largest = looks.reduce((best, look, k) => (look.area > looks[best]!.area ? k : best), 0);
  const exposed = looks[largest]!;
  const strips = whole.filter((segment, k) => {
    const look = looks[k]!;
    if (k === largest || !(look.level < exposed.level - leastStep * exposed.noise)) return false;
    const isLower = [looks[k - 1], looks[k + 1]].every((beside) => !beside || beside.level > look.level);
    if (!isLower || look.noise > 1.05 * exposed.noise) return false;
    const expected = (exposed.stars * look.area) / exposed.area;
    if (expected >= tellingStars) return look.stars <= starlessShare * expected;
    return look.stars <= 1 && segment.to - segment.from <= widestUntold * (end - start) && look.noise < exposed.noise;
  });
  if (strips.length === 0) return none;
  // A pair may hold the last column of either side.
  const isDark = (at: number, { level }: Look): boolean =>
    at >= start &&
    at < end &&
    lookOf(frame, sectionOf(region, axis, { from: at, to: at + 1 }), isConstant).level < (level + exposed.level) / 2;
  const grown = strips.map((one) => {
    const look = looks[whole.indexOf(one)]!;
    return {
      from: isDark(one.from - 1, look) ? one.from - 1 : one.from,
      to: isDark(one.to, look) ? one.to + 1 : one.to,
    };
  });
  return {
    strips: grown.map((one) => sectionOf(region, axis, one)),
    exposed: sectionOf(region, axis, whole[largest]!),
  };
}

const sectionOf = (region: Section, axis: Axis, { from, to }: Segment): Section =>
  axis === 'x' ? { ...region, x0: from, x1: to } : { ...region, y0: from, y1: to };

/** The median of each pair of columns (rows), NaN where none of it has a value, and the noise of one pixel. */
function profileAcross(
  { width, pixels }: Pixels,
  region: Section,
  axis: Axis,
  isConstant: (p: number) => boolean,
): { from: number; levels: Float64Array; noise: number } {
  const { x0, x1, y0, y1 } = region;
  const [from, to, alongFrom, alongTo] = axis === 'x' ? [x0, x1, y0, y1] : [y0, y1, x0, x1];
  const [across, along] = axis === 'x' ? [1, width] : [width, 1];
  const step = Math.max(2, 2 * Math.floor((alongTo - alongFrom) / (2 * samples)));
  const levels = new Float64Array(Math.max(0, Math.floor((to - from) / pair)));
  const values = new Float64Array(Math.ceil((alongTo - alongFrom) / step));
  const noises = new Float64Array(levels.length);
  let nNoises = 0;
  for (let k = 0; k < levels.length; k++) {
    let sum = 0;
    for (let phase = 0; phase < pair; phase++) {
      let n = 0;
      for (let at = alongFrom; at < alongTo; at += step) {
        const p = (from + pair * k + phase) * across + at * along;
        const value = pixels[p]!;
        if (!Number.isNaN(value) && !isConstant(p)) values[n++] = value;
      }
      // Half of it at one value, or blank: what is left does not speak for the whole.
      const level = n > values.length / 4 ? medianInPlace(values, n) : Number.NaN;
      sum += level;
      if (phase === 0 && n > 8) {
        for (let i = 0; i < n; i++) values[i] = Math.abs(values[i]! - level);
        noises[nNoises++] = sigmaOfMad * medianInPlace(values, n);
      }
    }
    levels[k] = sum / pair;
  }
  return { from, levels, noise: medianInPlace(noises, nNoises) };
}

/** Cuts a profile at its steps. */
function segmentsOf(levels: Float64Array, noise: number): Segment[] {
  const n = levels.length;
  const changes = new Float64Array(n);
  let nChanges = 0;
  for (let k = 1; k < n; k++) {
    const change = Math.abs(levels[k]! - levels[k - 1]!);
    if (!Number.isNaN(change)) changes[nChanges++] = change;
  }
  const scatter = Math.max((sigmaOfMad * medianInPlace(changes, nChanges)) / Math.SQRT2, 1e-3 * noise);
  const strength = new Float64Array(n);
  for (let k = 1; k < n; k++) strength[k] = stepAt(levels, k, scatter, leastStep * noise);
  const cuts = [0];
  for (let k = 1; k < n; k++) {
    if (!(strength[k]! > stepSigma)) continue;
    let isPeak = true;
    for (let j = Math.max(1, k - window); j <= Math.min(n - 1, k + window); j++) {
      if (strength[j]! > strength[k]! || (strength[j] === strength[k] && j < k)) isPeak = false;
    }
    if (isPeak) cuts.push(k);
  }
  cuts.push(n);
  return cuts.slice(1).map((to, k) => ({ from: cuts[k]!, to }));
}

/** The step between pair k - 1 and pair k in sigma; 0 below `least`. */
function stepAt(levels: Float64Array, k: number, scatter: number, least: number): number {
  const mean = (from: number, to: number): { level: number; n: number } => {
    let sum = 0;
    let n = 0;
    for (let j = Math.max(0, from); j < Math.min(levels.length, to); j++) {
      if (Number.isNaN(levels[j]!)) continue;
      sum += levels[j]!;
      n++;
    }
    return { level: sum / n, n };
  };
  const before = mean(k - window, k);
  const after = mean(k, k + window);
  const step = Math.abs(after.level - before.level);
  if (before.n === 0 || after.n === 0 || step < least) return 0;
  return step / (scatter * Math.sqrt(1 / before.n + 1 / after.n));
}

interface Look {
  readonly level: number;
  readonly noise: number;
  readonly area: number;
  readonly stars: number;
}

/** Level, noise and number of stars of a section. */
function lookOf({ width, pixels }: Pixels, { x0, x1, y0, y1 }: Section, isConstant: (p: number) => boolean): Look {
  const stride = Math.max(1, Math.floor(((x1 - x0) * (y1 - y0)) / 4096)) | 1;
  const values = new Float64Array(Math.ceil(((x1 - x0) * (y1 - y0)) / stride));
  let n = 0;
  for (let k = 0; k < (x1 - x0) * (y1 - y0); k += stride) {
    const p = (y0 + Math.floor(k / (x1 - x0))) * width + x0 + (k % (x1 - x0));
    if (!Number.isNaN(pixels[p]!) && !isConstant(p)) values[n++] = pixels[p]!;
  }
  const level = medianInPlace(values, n);
  for (let i = 0; i < n; i++) values[i] = Math.abs(values[i]! - level);
  const noise = sigmaOfMad * medianInPlace(values, n);
  let stars = 0;
  for (let y = y0 + 2; y < y1 - 2; y++) {
    for (let x = x0 + 2; x < x1 - 2; x++) {
      const p = y * width + x;
      if (pixels[p]! - level > 6 * noise && isStarAt(pixels, p, width, level + 2 * noise)) stars++;
    }
  }
  return { level, noise, area: (x1 - x0) * (y1 - y0), stars };
}

/** A highest pixel of its neighbourhood (the nearest of its own colour) whose neighbours stand out along both axes. */
function isStarAt(pixels: Float32Array, p: number, width: number, least: number): boolean {
  for (const step of [2, 2 * width]) if (pixels[p - step]! > pixels[p]! || pixels[p + step]! > pixels[p]!) return false;
  for (const step of [1, width]) if (!(pixels[p - step]! + pixels[p + step]! > 2 * least)) return false;
  return true;
}
