import type { Section } from '../header/facts.ts';
import { clippedLocation } from '../numeric/robust.ts';
import type { Plane } from '../plane.ts';

/** What is known of a frame that was put together of the images of several amplifiers. */
export interface JoinedAmplifiers {
  /** Where each lies. */
  readonly sections: readonly Section[];
  /** Mean level of their overscans, ADU, where each has lost its own; undefined where they have none. */
  readonly overscanAdu: number | undefined;
  /** The raw level at which pixels pile up, on the scale of the joined frame; undefined where none does. */
  readonly pileUpAdu: number | undefined;
  /** Whether cards told the gain of each, so that all count alike. */
  readonly hasGains: boolean;
}

/** Pixels on each side of a seam that tell its sky, in two strips of half of that. */
const stripPx = 16;
/** Shorter seams tell nothing. */
const shortestSeam = 32;
/** A ratio of gains that the sky leaves open by more than this is not taken from it. */
const largestRatioErr = 0.005;

interface Seam {
  readonly a: number;
  readonly b: number;
  /** Sky of `a` and `b` where they meet, electrons, and the error of either. */
  readonly skyA: number;
  readonly skyB: number;
  readonly err: number;
}

/**
 * Brings the amplifiers of a plane to one level (where their pedestals are unknown) or to one gain (where they are known), so that the
 * sky is continuous across the seams between them. Works in place. Gives what was done in words; undefined where nothing can be.
 */
export function evenAmplifiers(plane: Plane, sections: readonly Section[], what: 'level' | 'gain'): string | undefined {
  const seams = seamsOf(plane, sections);
  if (seams.length === 0) return undefined;
  const isGain = what === 'gain';
  if (isGain && seams.some(({ skyA, skyB, err }) => !(err < largestRatioErr * Math.min(skyA, skyB)))) return undefined;
  const steps = seams.map(({ skyA, skyB }) => (isGain ? Math.log(skyA / skyB) : skyA - skyB));
  const corrections = settleSteps(seams, steps, sections.length);
  sections.forEach((section, k) => {
    const [factor, offset] = isGain ? [Math.exp(corrections[k]!), 0] : [1, corrections[k]!];
    for (let y = section.y0; y < section.y1; y++) {
      for (let i = y * plane.width + section.x0; i < y * plane.width + section.x1; i++) {
        if (plane.mask[i] === 0) plane.electrons[i] = plane.electrons[i]! * factor + offset;
      }
    }
  });
  const largest = Math.max(...corrections.map(Math.abs));
  const by = isGain ? `${(100 * (Math.exp(largest) - 1)).toFixed(1)} %` : `${largest.toFixed(1)} electrons`;
  return `the ${isGain ? 'gains' : 'levels'} of ${sections.length} amplifiers are not told: evened by the sky across the seams, by up to ${by}`;
}

function seamsOf(plane: Plane, sections: readonly Section[]): Seam[] {
  const seams: Seam[] = [];
  for (const [a, first] of sections.entries()) {
    for (const [b, second] of sections.entries()) {
      const beside = first.x1 === second.x0;
      const above = first.y1 === second.y0;
      const from = beside ? Math.max(first.y0, second.y0) : Math.max(first.x0, second.x0);
      const to = beside ? Math.min(first.y1, second.y1) : Math.min(first.x1, second.x1);
      if (beside === above || to - from < shortestSeam) continue;
      const at = (near: number, far: number): Section =>
        beside
          ? { x0: first.x1 + near, x1: first.x1 + far, y0: from, y1: to }
          : { x0: from, x1: to, y0: first.y1 + near, y1: first.y1 + far };
      const half = stripPx / 2;
      const skyA = skyAtSeam(plane, at(-half, 0), at(-stripPx, -half));
      const skyB = skyAtSeam(plane, at(0, half), at(half, stripPx));
      if (skyA && skyB) seams.push({ a, b, skyA: skyA.level, skyB: skyB.level, err: Math.hypot(skyA.err, skyB.err) });
    }
  }
  return seams;
}

/** The sky of two strips, followed on to the seam: a gradient is no step. */
function skyAtSeam(plane: Plane, near: Section, far: Section): { level: number; err: number } | undefined {
  const [first, second] = [near, far].map((strip) => skyOf(plane, strip));
  if (!first || !second) return undefined;
  return {
    level: 1.5 * first.mean - 0.5 * second.mean,
    err: Math.hypot(1.5 * first.err, 0.5 * second.err),
  };
}

function skyOf({ width, height, electrons, mask }: Plane, strip: Section): { mean: number; err: number } | undefined {
  const values = new Float64Array((strip.x1 - strip.x0) * (strip.y1 - strip.y0));
  let n = 0;
  for (let y = Math.max(0, strip.y0); y < Math.min(height, strip.y1); y++) {
    for (let x = Math.max(0, strip.x0); x < Math.min(width, strip.x1); x++) {
      if (mask[y * width + x] === 0) values[n++] = electrons[y * width + x]!;
    }
  }
  if (n < values.length / 2) return undefined;
  const { mean, sigma } = clippedLocation(values, n, 3, new Float64Array(n));
  return { mean, err: sigma / Math.sqrt(n) };
}

/** What is to be added to each section so that the steps between them vanish as well as they can; their mean stays. */
function settleSteps(seams: readonly Seam[], steps: readonly number[], n: number): number[] {
  const added = new Array<number>(n).fill(0);
  // As many rounds as carry a step from one corner to the other and back, many times over.
  for (let round = 0; round < 50 * n; round++) {
    for (let k = 0; k < n; k++) {
      let [sum, count] = [0, 0];
      seams.forEach(({ a, b }, i) => {
        if (a !== k && b !== k) return;
        sum += a === k ? added[b]! - steps[i]! : added[a]! + steps[i]!;
        count++;
      });
      if (count > 0) added[k] = sum / count;
    }
  }
  const mean = added.reduce((sum, value) => sum + value, 0) / n;
  return added.map((value) => value - mean);
}
