import { writeFileDurably } from '../../base/durable.ts';
import type { Difference } from '../../pipeline/difference/subtract.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import type { FrameProduct } from '../../pipeline/reduce.ts';
import { isoOfMjd } from '../../pipeline/time/mjd.ts';
import { solution } from './stack-file.ts';

/** Where a difference comes from, for its header. */
export interface DifferenceOrigin {
  readonly file: string;
  readonly reference: string;
  readonly software: string;
}

/**
 * Writes the difference image of plane `index` of a frame durably: electrons of the frame as 32-bit floats, NaN without
 * weight.
 */
export async function writeDifference(
  path: string,
  difference: Difference,
  product: FrameProduct,
  index: number,
  { file, reference, software }: DifferenceOrigin,
): Promise<void> {
  const { facts } = product;
  const { plane } = product.measured[index]!;
  const { width, height } = plane;
  const mid = facts.midUtc && isoOfMjd(facts.midUtc.value).slice(0, -1);
  const cards: CardToWrite[] = [
    { keyword: 'IMAGETYP', value: 'Difference', comment: 'frame less reference' },
    { keyword: 'BUNIT', value: 'electron', comment: 'of the frame' },
    { keyword: 'PLANE', value: plane.name },
    { keyword: 'DIFFOF', value: file, comment: 'the frame' },
    { keyword: 'DIFFREF', value: reference, comment: 'the reference' },
    { keyword: 'DIFFCONV', value: difference.convolved, comment: 'what was convolved' },
    { keyword: 'DIFFSCAL', value: difference.fluxScale, comment: 'electrons of the frame per one of the reference' },
    { keyword: 'DIFFSTAR', value: difference.nStars, comment: 'stars that the kernel rests on' },
    { keyword: 'DIFFDEG', value: difference.degree, comment: 'degree of the kernel over the plane' },
    { keyword: 'SKYRMS', value: difference.skyRmsE, comment: '[electron] noise of a pixel of sky' },
    { keyword: 'FWHM', value: difference.fwhmPx, comment: '[pixel] of what changes' },
    ...(facts.filter ? [{ keyword: 'FILTER', value: facts.filter.value }] : []),
    ...(facts.exposureS ? [{ keyword: 'EXPTIME', value: facts.exposureS.value, comment: '[s]' }] : []),
    ...(mid ? [{ keyword: 'DATE-AVG', value: mid, comment: 'UTC, middle of the exposure' }] : []),
    ...solution(product, plane),
    { keyword: 'SWCREATE', value: software, comment: 'software' },
  ];
  const pixels = Float32Array.from(difference.image);
  await writeFileDurably(path, Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards }])));
}
