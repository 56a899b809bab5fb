import type { Kernel } from '../crew.ts';
import { rowsOfPart } from '../crew.ts';
import { medianInPlace, sigmaOfMad } from '../numeric/robust.ts';

/** Planes on one grid, one array each, in electrons of the grid's frame above a common sky; NaN without weight. */
export interface Layers {
  readonly width: number;
  readonly height: number;
  readonly images: readonly Float32Array[];
  /** Noise of a pixel of sky of each. */
  readonly sigmas: Float64Array;
}

export interface MedianTask extends Layers {
  readonly median: Float32Array;
  /** Robust scatter of the layers about it; 0 from fewer than five. */
  readonly scatter: Float32Array;
}

/** From this many layers on their own scatter tells how far good values lie apart. */
const LAYERS_FOR_SCATTER = 5;

/** Median and robust scatter of the layers at each pixel of one part's rows. */
export const layerMedian: Kernel<MedianTask, void> = ({ width, height, images, median, scatter }, part, parts) => {
  const { from, to } = rowsOfPart(height, part, parts);
  const values = new Float64Array(images.length);
  for (let p = from * width; p < to * width; p++) {
    let n = 0;
    for (const image of images) {
      const value = image[p]!;
      if (value - value === 0) values[n++] = value;
    }
    const middle = medianInPlace(values, n);
    median[p] = middle;
    for (let k = 0; k < n; k++) values[k] = Math.abs(values[k]! - middle);
    scatter[p] = n < LAYERS_FOR_SCATTER ? 0 : sigmaOfMad * medianInPlace(values, n);
  }
};

export interface OutlierTask extends MedianTask {
  /** Ratio of each layer's frame to the grid's in flux. */
  readonly scales: Float64Array;
  /** Sigma beyond which a value is an outlier. */
  readonly clip: number;
  /** One array a layer, set to 1 where its value is an outlier. */
  readonly bad: readonly Uint8Array[];
}

/** Seeing may change the light of a star's pixel by this share of the brightest pixel nearby. */
const SEEING = 0.5;

/**
 * Marks values that no other layer shares: cosmic rays, trails, moving things. A value is an outlier beyond `clip`
 * sigma of its own noise or of the layers' scatter and, since seeing moves light about within a star, half of the
 * highest median of the nine pixels about it (the guard of Fruchter & Hook 2002, PASP 114, 144, with the level in the
 * place of the derivative). Values are judged where two layers at least have one.
 */
export const layerOutliers: Kernel<OutlierTask, number> = (task, part, parts) => {
  const { width, height, images, sigmas, scales, median, scatter, clip, bad } = task;
  const { from, to } = rowsOfPart(height, part, parts);
  let n = 0;
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const middle = median[p]!;
      let high = 0;
      for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++) {
        for (let i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) {
          const value = median[j * width + i]!;
          if (value > high) high = value;
        }
      }
      const light = Math.max(0, middle);
      for (let k = 0; k < images.length; k++) {
        const own = Math.sqrt(sigmas[k]! ** 2 + light / scales[k]!);
        const away = Math.abs(images[k]![p]! - middle);
        if (!(away > clip * Math.max(own, scatter[p]!) + SEEING * high)) continue;
        bad[k]![p] = 1;
        n++;
      }
    }
  }
  return n;
};

export interface MeanTask extends Layers {
  readonly scales: Float64Array;
  readonly weights: Float64Array;
  readonly bad: readonly Uint8Array[];
  /** Electrons that the result counts for one electron of the grid's frame. */
  readonly gain: number;
  /** Added to the result: the sky. */
  readonly level: number;
  /** Share of all weight below which a pixel has no value. */
  readonly leastShare: number;
  readonly mean: Float32Array;
  /** Of independent pixels that would scatter fluxes alike; sky and photons. */
  readonly variance: Float32Array;
}

/** Weighted mean of the layers, outliers and their neighbours left out, for one part's rows. */
export const layerMean: Kernel<MeanTask, void> = (task, part, parts) => {
  const { width, height, images, sigmas, scales, weights, bad, gain, level, leastShare, mean, variance } = task;
  const { from, to } = rowsOfPart(height, part, parts);
  let whole = 0;
  for (const weight of weights) whole += weight;
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      let total = 0;
      let sum = 0;
      let skyNoise = 0;
      let perElectron = 0;
      for (let k = 0; k < images.length; k++) {
        const value = images[k]![p]!;
        if (value - value !== 0 || touched(bad[k]!, x, y, width, height)) continue;
        const w = weights[k]!;
        total += w;
        sum += w * value;
        skyNoise += (w * sigmas[k]!) ** 2;
        perElectron += (w * w) / scales[k]!;
      }
      if (!(total >= leastShare * whole)) {
        mean[p] = Number.NaN;
        variance[p] = Number.NaN;
        continue;
      }
      const value = sum / total;
      mean[p] = gain * value + level;
      variance[p] = (gain / total) ** 2 * (skyNoise + perElectron * Math.max(0, value));
    }
  }
};

/** Whether one of the nine pixels about (x, y) is an outlier: resampling has spread it. */
function touched(bad: Uint8Array, x: number, y: number, width: number, height: number): boolean {
  for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++) {
    for (let i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) if (bad[j * width + i] !== 0) return true;
  }
  return false;
}
