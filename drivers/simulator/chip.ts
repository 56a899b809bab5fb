import type { Subframe } from '../contract.ts';
import type { TrueStar } from './sky/render.ts';

interface Plane {
  readonly adu: Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly truth: readonly TrueStar[];
}

/** Part of a frame, its pixels added up in squares: what a camera reads out with a subframe (unbinned pixels) and binning. */
export function readOutPart({ adu, width, truth }: Plane, { x, y, ...part }: Subframe, binning: number): Plane {
  const binnedWidth = Math.floor(part.width / binning);
  const binnedHeight = Math.floor(part.height / binning);
  const binned = new Uint16Array(binnedWidth * binnedHeight);
  for (let row = 0; row < binnedHeight; row++) {
    for (let column = 0; column < binnedWidth; column++) {
      let sum = 0;
      for (let j = 0; j < binning; j++)
        for (let i = 0; i < binning; i++) sum += adu[(y + row * binning + j) * width + x + column * binning + i]!;
      binned[row * binnedWidth + column] = Math.min(sum, 65_535);
    }
  }
  const inside = (star: TrueStar) => star.x >= 0 && star.y >= 0 && star.x < binnedWidth && star.y < binnedHeight;
  const stars = truth
    .map((star) => ({ ...star, x: (star.x - x + 0.5) / binning - 0.5, y: (star.y - y + 0.5) / binning - 0.5 }))
    .filter(inside);
  return { adu: binned, width: binnedWidth, height: binnedHeight, truth: stars };
}
