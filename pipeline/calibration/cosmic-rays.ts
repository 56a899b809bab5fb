import type { Crew, Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { medianInPlace } from '../numeric/robust.ts';
import { MaskBit, type Plane } from '../plane.ts';

export interface CosmicRayOptions {
  /** Full width at half maximum of the sharpest stars (minor axis), pixels. */
  readonly fwhmPx: number;
  /** Level of the sky and its noise per pixel, electrons. */
  readonly skyE: number;
  readonly skyRmsE: number;
  /** Laplacian significance of a hit, and share of it that suffices beside one. */
  readonly sigmaClip?: number;
  readonly sigmaFraction?: number;
  /** Least ratio of Laplacian to fine structure. */
  readonly objectLimit?: number;
  readonly iterations?: number;
}

/** Below this width stars are as sharp as hits, and no local test can tell them apart. */
const narrowestFwhmPx = 1.8;

/**
 * Finds cosmic rays and sets `MaskBit.cosmicRay`; returns how many pixels. The method is L.A.Cosmic (van Dokkum 2001, PASP 113,
 * 1420): the Laplacian of the twofold subsampled image, clipped at zero and binned back, is large on edges sharper than
 * optics make; its ratio to the fine structure (3 x 3 median less its own 7 x 7 median) spares small symmetric objects.
 * In place of repeated passes over all pixels only the neighbourhoods of hits are looked at again, and a pixel
 * must in addition fall off faster than the frame's PSF can at its worst phase along one of four directions, so
 * that cores of stars stay untouched. Saturated and masked pixels are left alone. The electrons are not changed.
 */
export async function findCosmicRays(
  plane: Plane,
  options: CosmicRayOptions,
  crew: Crew<{ sharpPixels: typeof sharpPixels }>,
): Promise<number> {
  if (!(options.fwhmPx >= narrowestFwhmPx)) return 0;
  const search = new Search(plane, options);
  const sigmaClip = options.sigmaClip ?? 4.5;
  const sigmaFraction = options.sigmaFraction ?? 0.3;
  let found = (await crew.run('sharpPixels', { plane, options, sigmaClip }, Math.ceil(plane.height / 96))).flat();
  const all: number[] = [];
  for (let iteration = 0; iteration < (options.iterations ?? 4) && found.length > 0; iteration++) {
    for (const index of found) search.take(index);
    all.push(...found);
    found = search.around(found, sigmaClip, sigmaClip * sigmaFraction);
  }
  for (const index of found) search.take(index);
  all.push(...found);
  search.restore();
  return all.length;
}

/** The pixels of the rows of one part that are hits by themselves, as indices. */
export const sharpPixels: Kernel<{ plane: Plane; options: CosmicRayOptions; sigmaClip: number }, number[]> = (
  { plane, options, sigmaClip },
  part,
  parts,
) => new Search(plane, options).firstPass(rowsOfPart(plane.height, part, parts), sigmaClip);

class Search {
  readonly #width: number;
  readonly #height: number;
  readonly #electrons: Float32Array;
  readonly #mask: Uint8Array;
  readonly #skyE: number;
  readonly #skyVariance: number;
  readonly #photonNoise: boolean;
  readonly #objectLimit: number;
  /** How many times the mean of two opposite neighbours a star's pixel can be, side by side and across the corner. */
  readonly #sideRatio: number;
  readonly #cornerRatio: number;
  readonly #saved: { index: number; value: number }[] = [];
  readonly #window = new Float64Array(49);

  constructor(plane: Plane, options: CosmicRayOptions) {
    this.#width = plane.width;
    this.#height = plane.height;
    this.#electrons = plane.electrons;
    this.#mask = plane.mask;
    this.#skyE = options.skyE;
    this.#skyVariance = Math.max(options.skyRmsE ** 2, 1e-12);
    this.#photonNoise = plane.noise.gainKnown;
    this.#objectLimit = options.objectLimit ?? 5;
    this.#sideRatio = 1.3 * sharpestRatio(options.fwhmPx, 1);
    this.#cornerRatio = 1.3 * sharpestRatio(options.fwhmPx, Math.SQRT2);
  }

  /** Every pixel of the rows that is a hit by itself. */
  firstPass(rows: { from: number; to: number }, sigmaClip: number): number[] {
    const width = this.#width;
    const e = this.#electrons;
    // A cheap first look, without clipping at zero: what it misses lies beside a brighter pixel of the same hit and is
    // found around that one.
    const noise = Math.sqrt(this.#skyVariance);
    const bound = 2 * sigmaClip * noise;
    // No pixel fainter than this is sharper than the stars, whatever lies beside it: nearly all need no Laplacian.
    const least = this.#skyE + 3 * noise * Math.sqrt(1 + Math.min(this.#sideRatio, this.#cornerRatio) ** 2 / 2);
    const found: number[] = [];
    const suspects = new Int32Array(width);
    for (let y = Math.max(1, rows.from); y < Math.min(this.#height - 1, rows.to); y++) {
      this.#hitsAmong(suspects, sharpInRow(e, y * width, width, least, bound, suspects), sigmaClip, found);
    }
    return found;
  }

  #hitsAmong(suspects: Int32Array, n: number, sigmaClip: number, found: number[]): void {
    for (let k = 0; k < n; k++) {
      const i = suspects[k]!;
      if (this.#mask[i] === 0 && this.#isHit(i, sigmaClip, true)) found.push(i);
    }
  }

  /** Hits among the neighbours of hits, now that these are replaced: fainter ones suffice next to a hit. */
  around(hits: readonly number[], sigmaClip: number, lowClip: number): number[] {
    const found = new Set<number>();
    for (const hit of hits) {
      const hitX = hit % this.#width;
      const hitY = Math.floor(hit / this.#width);
      for (let y = Math.max(1, hitY - 2); y <= Math.min(this.#height - 2, hitY + 2); y++) {
        for (let x = Math.max(1, hitX - 2); x <= Math.min(this.#width - 2, hitX + 2); x++) {
          const i = y * this.#width + x;
          if (this.#mask[i] !== 0 || found.has(i)) continue;
          const touches = Math.abs(x - hitX) <= 1 && Math.abs(y - hitY) <= 1;
          if (this.#isHit(i, touches ? lowClip : sigmaClip, !touches)) found.add(i);
        }
      }
    }
    return [...found];
  }

  /** Marks a hit and puts the median of its clean neighbours in its place, for the next look around it. */
  take(index: number): void {
    this.#mask[index] = this.#mask[index]! | MaskBit.cosmicRay;
    this.#saved.push({ index, value: this.#electrons[index]! });
    this.#electrons[index] = this.#median(index, 2, true);
  }

  restore(): void {
    for (const { index, value } of this.#saved.reverse()) this.#electrons[index] = value;
  }

  #isHit(i: number, sigmaClip: number, testFineStructure: boolean): boolean {
    const e = this.#electrons;
    const width = this.#width;
    const here = e[i]!;
    // The noise is at least that of the sky: two cheap tests with it spare most pixels the medians.
    const skyNoise = Math.sqrt(this.#skyVariance);
    const laplacian = laplacianAt(e, i, width);
    if (laplacian <= 2 * sigmaClip * skyNoise || !this.#isSharperThanStars(i, here, skyNoise)) return false;
    const noise = this.#noise(this.#median(i, 2, false));
    if (laplacian <= 2 * sigmaClip * noise) return false;
    // Large, smooth structure gives a Laplacian too: what the surroundings have in common is taken off.
    const significance = (laplacian - this.#medianLaplacian(i)) / (2 * noise);
    if (significance <= sigmaClip) return false;
    if (!this.#isSharperThanStars(i, here, noise)) return false;
    if (!testFineStructure) return true;
    const fine = Math.max(this.#median(i, 1, false) - this.#medianOfMedians(i), 0.01 * noise);
    return (significance * noise) / fine > this.#objectLimit;
  }

  /** Falls off to both sides along some direction faster than the sharpest star, by three times the noise of that test. */
  #isSharperThanStars(i: number, here: number, noise: number): boolean {
    const e = this.#electrons;
    const width = this.#width;
    const above = here - this.#skyE;
    const side = this.#sideRatio;
    const corner = this.#cornerRatio;
    const sideExcess = above - 3 * noise * Math.sqrt(1 + (side * side) / 2);
    const cornerExcess = above - 3 * noise * Math.sqrt(1 + (corner * corner) / 2);
    return (
      sideExcess > side * this.#pairAboveSky(e[i - 1]! + e[i + 1]!) ||
      sideExcess > side * this.#pairAboveSky(e[i - width]! + e[i + width]!) ||
      cornerExcess > corner * this.#pairAboveSky(e[i - width - 1]! + e[i + width + 1]!) ||
      cornerExcess > corner * this.#pairAboveSky(e[i - width + 1]! + e[i + width - 1]!)
    );
  }

  #pairAboveSky(pairSum: number): number {
    return Math.max(pairSum / 2 - this.#skyE, 0);
  }

  #noise(level: number): number {
    const photons = this.#photonNoise ? Math.max(0, level - this.#skyE) : 0;
    return Math.sqrt(this.#skyVariance + photons);
  }

  /** Median of the square of 2 reach + 1 pixels around a pixel, only of unmasked ones if `clean`. */
  #median(i: number, reach: number, clean: boolean): number {
    const window = this.#window;
    const n = this.#gather(i, reach, (j) => (clean && this.#mask[j] !== 0 ? Number.NaN : this.#electrons[j]!), window);
    return n === 0 ? this.#skyE : medianInPlace(window, n);
  }

  #medianLaplacian(i: number): number {
    const window = this.#window;
    const width = this.#width;
    const last = this.#electrons.length - width;
    const value = (j: number) => (j < width || j >= last ? Number.NaN : laplacianAt(this.#electrons, j, width));
    return medianInPlace(window, this.#gather(i, 2, value, window));
  }

  readonly #medians = new Float64Array(49);

  #medianOfMedians(i: number): number {
    const n = this.#gather(i, 3, (j) => this.#median(j, 1, false), this.#medians);
    return medianInPlace(this.#medians, n);
  }

  #gather(i: number, reach: number, value: (index: number) => number, into: Float64Array): number {
    const x0 = i % this.#width;
    const y0 = Math.floor(i / this.#width);
    let n = 0;
    for (let y = Math.max(0, y0 - reach); y <= Math.min(this.#height - 1, y0 + reach); y++) {
      for (let x = Math.max(0, x0 - reach); x <= Math.min(this.#width - 1, x0 + reach); x++) {
        const gathered = value(y * this.#width + x);
        if (!Number.isNaN(gathered)) into[n++] = gathered;
      }
    }
    return n;
  }
}

/** Writes the indices of the inner pixels of a row above `least` whose plain Laplacian is at least `bound`; returns how many. */
function sharpInRow(
  e: Float32Array,
  at: number,
  width: number,
  least: number,
  bound: number,
  found: Int32Array,
): number {
  let n = 0;
  for (let i = at + 1; i < at + width - 1; i++) {
    if (e[i]! <= least) continue;
    if (4 * e[i]! - e[i - 1]! - e[i + 1]! - e[i - width]! - e[i + width]! >= bound) found[n++] = i;
  }
  return n;
}

/**
 * The subsampled Laplacian of a pixel, clipped at zero and binned back: each quarter of the pixel has itself on two sides and
 * a neighbour on the other two, so its Laplacian is twice the pixel less the two neighbours at that corner.
 */
function laplacianAt(e: Float32Array, i: number, width: number): number {
  const twice = 2 * e[i]!;
  const left = e[i - 1]!;
  const right = e[i + 1]!;
  const up = e[i - width]!;
  const down = e[i + width]!;
  return (
    (Math.max(0, twice - left - up) +
      Math.max(0, twice - right - up) +
      Math.max(0, twice - left - down) +
      Math.max(0, twice - right - down)) /
    4
  );
}

/**
 * The largest ratio of a star's pixel to the mean of two opposite neighbours at `distance`: of a Gaussian of that width
 * centred on the pixel, integrated over pixels.
 */
function sharpestRatio(fwhmPx: number, distance: number): number {
  const sigma = fwhmPx / 2.3548;
  const inPixel = (offset: number) =>
    gaussianIntegral((offset + 0.5) / sigma) - gaussianIntegral((offset - 0.5) / sigma);
  if (distance === 1) return inPixel(0) / inPixel(1);
  return (inPixel(0) / inPixel(1)) ** 2;
}

/** Normal distribution function (Abramowitz & Stegun 1964, 7.1.26; error below 2e-7). */
function gaussianIntegral(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - tail * Math.exp(-x * x);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}
