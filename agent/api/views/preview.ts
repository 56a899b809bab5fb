import { deflateSync } from 'node:zlib';
import { openFile } from '../../../base/file-bytes.ts';
import { dialectTable } from '../../../config/dialects.ts';
import { readFrame } from '../../../pipeline/frame/read-frame.ts';
import { encodePng } from '../png.ts';

/** No side of a preview is longer. */
const longestSide = 1200;
/** Below the sky by so many of its own scatters is black; the rest follows an asinh up to so many above it. */
const blackSigma = 1.5;
const whiteSigma = 400;
const softness = 8;

/**
 * A frame as a grey picture, PNG: averaged down to a size that a page shows, the sky dark grey, faint stars visible and
 * bright ones white (asinh stretch, Lupton et al. 2004, PASP 116, 133). The first row of the file is below.
 * @returns the picture, or why there is none
 */
export async function framePreview(path: string): Promise<{ readonly png: Uint8Array } | { readonly reason: string }> {
  const file = await openFile(path);
  try {
    const read = await readFrame(file, { table: dialectTable });
    if (read.kind === 'rejected') return { reason: read.reason };
    const { pixels, width, height } = read.image;
    const small = averaged(pixels, width, height, Math.max(1, Math.ceil(Math.max(width, height) / longestSide)));
    return { png: encodePng(stretched(small), small.width, small.height, deflateSync) };
  } finally {
    await file.close();
  }
}

interface Picture {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Means of blocks of pixels; what is no number is left out, and a block of nothing else is no number. */
function averaged(pixels: Float32Array, width: number, height: number, step: number): Picture {
  const [w, h] = [Math.max(1, Math.floor(width / step)), Math.max(1, Math.floor(height / step))];
  const values = new Float32Array(w * h);
  for (let j = 0; j < h; j++) {
    for (let i = 0; i < w; i++) {
      let [sum, count] = [0, 0];
      for (let y = j * step; y < Math.min(height, (j + 1) * step); y++) {
        for (let x = i * step; x < Math.min(width, (i + 1) * step); x++) {
          const value = pixels[y * width + x]!;
          if (!Number.isFinite(value)) continue;
          sum += value;
          count++;
        }
      }
      values[j * w + i] = count > 0 ? sum / count : Number.NaN;
    }
  }
  return { values, width: w, height: h };
}

function stretched({ values, width, height }: Picture): Uint8Array {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  // The lower side of the sky's distribution: stars raise the upper one.
  const median = at(0.5);
  const sigma = Math.max(median - at(0.159), 1e-6 * Math.abs(median), 1e-9);
  const black = median - blackSigma * sigma;
  const scale = 255 / Math.asinh((whiteSigma + blackSigma) / softness);
  const grey = new Uint8Array(width * height);
  for (let j = 0; j < height; j++) {
    const row = (height - 1 - j) * width;
    for (let i = 0; i < width; i++) {
      const value = values[j * width + i]!;
      grey[row + i] = Number.isFinite(value)
        ? Math.max(0, Math.min(255, Math.round(scale * Math.asinh((value - black) / (sigma * softness)))))
        : 0;
    }
  }
  return grey;
}
