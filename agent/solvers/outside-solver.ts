import { orientation, pixelToSky } from '../../pipeline/astrometry/wcs.ts';
import { wcsFromKeywords } from '../../pipeline/astrometry/wcs-keywords.ts';
import type { CardValue } from '../../pipeline/fits/card.ts';

/** What a program outside is given: the frame as a file, and the stars that we found in it (0-based, brightest first). */
export interface LostFrame {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly stars: { readonly x: Float64Array; readonly y: Float64Array };
  readonly scale: { readonly arcsecPerPx: number; readonly toleranceFraction: number } | undefined;
}

/** Where a program thinks that a frame looks. It is a hint for our own solver and no more: distortions are not taken. */
export interface FieldGuess {
  readonly raDeg: number;
  readonly decDeg: number;
  readonly scaleArcsecPerPx: number;
}

export interface OutsideSolver {
  readonly name: string;
  /** Undefined when it does not know, for whatever reason. */
  guess(frame: LostFrame, timeoutMs: number): Promise<FieldGuess | undefined>;
}

/** Centre and scale by the keywords of a solution; undefined where they are none. */
export function guessOf(
  value: (keyword: string) => CardValue,
  { width, height }: Pick<LostFrame, 'width' | 'height'>,
): FieldGuess | undefined {
  const { wcs } = wcsFromKeywords(value);
  if (!wcs) return undefined;
  const plain = { crvalDeg: wcs.crvalDeg, crpix: wcs.crpix, cd: wcs.cd };
  return {
    ...pixelToSky(plain, (width - 1) / 2, (height - 1) / 2),
    scaleArcsecPerPx: orientation(plain).scaleArcsecPerPx,
  };
}
