import { writeFileDurably } from '../../base/durable.ts';
import { openFile } from '../../base/file-bytes.ts';
import { planeWcs } from '../../pipeline/astrometry/plane-wcs.ts';
import { wcsToKeywords } from '../../pipeline/astrometry/wcs-keywords.ts';
import { sharedUint8 } from '../../pipeline/crew.ts';
import { chooseImage, readHdus } from '../../pipeline/fits/hdu.ts';
import { decodeImage } from '../../pipeline/fits/image.ts';
import { BadFits } from '../../pipeline/fits/limits.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import { MaskBit, type Plane, type PlaneName } from '../../pipeline/plane.ts';
import type { FrameProduct } from '../../pipeline/reduce.ts';
import type { Stack } from '../../pipeline/stack/stack.ts';
import { isoOfMjd, type Mjd } from '../../pipeline/time/mjd.ts';

const title = 'Stack';
const maskName = 'MASK';
const varianceName = 'VARIANCE';

/** A stack as read back, to be measured and subtracted. */
export interface StoredStack {
  readonly plane: Plane;
  readonly filter: string | undefined;
}

/**
 * Writes a stack durably: electrons as 32-bit floats (NaN without value), its mask and its variance as extensions, with
 * members, times and solution in the header. `product` is that of the stack.
 */
export async function writeStack(path: string, stack: Stack, product: FrameProduct, software: string): Promise<void> {
  const { plane, variance } = stack;
  const { width, height } = plane;
  const pixels = Float32Array.from(plane.electrons, (e, p) => (plane.mask[p] === 0 ? e : Number.NaN));
  const bytes = encodeFits([
    { kind: 'image', width, height, pixels, cards: cardsOf(stack, product, software) },
    { kind: 'image', width, height, pixels: Uint8Array.from(plane.mask), name: maskName },
    { kind: 'image', width, height, pixels: Float32Array.from(variance), name: varianceName },
  ]);
  await writeFileDurably(path, Buffer.concat(bytes));
}

function cardsOf(stack: Stack, product: FrameProduct, software: string): CardToWrite[] {
  const { plane, members, exposureS, midUtc, beginUtc, endUtc } = stack;
  const { facts } = product;
  const { noise, mosaic } = plane;
  return [
    { keyword: 'IMAGETYP', value: title, comment: 'combined light frames' },
    { keyword: 'BUNIT', value: 'electron' },
    ...known('OBJECT', facts.object?.value, 'as the reference frame says'),
    ...known('FILTER', facts.filter?.value, 'filter in the beam'),
    ...known('INSTRUME', facts.camera?.value, 'camera'),
    ...known('TELESCOP', facts.telescope?.value, 'telescope'),
    { keyword: 'NCOMBINE', value: members.length, comment: 'frames that went in' },
    ...known('EXPTIME', facts.exposureS?.value, '[s] of the reference, for as many electrons'),
    ...known('EXPSUM', exposureS, "[s] sum of the members' exposures"),
    ...known('DATE-OBS', time(beginUtc), 'UTC, begin of the first exposure'),
    ...known('DATE-AVG', time(midUtc), 'UTC, weighted mean of the middles'),
    ...known('DATE-END', time(endUtc), 'UTC, end of the last exposure'),
    { keyword: 'GAIN', value: noise.gainKnown ? 1 : undefined, comment: 'electrons per count' },
    ...known('SATURATE', finite(noise.saturationE), '[electron] saturation level'),
    { keyword: 'FLATERR', value: noise.flatError, comment: 'relative error of the flat field per pixel' },
    {
      keyword: 'CORRNOIS',
      value: noise.correlation ?? 1,
      comment: 'variance of fitted fluxes over that of white noise',
    },
    { keyword: 'PLANE', value: plane.name, comment: 'mono, or one colour of a Bayer camera' },
    { keyword: 'MOSSTEP', value: mosaic.step, comment: 'pixels of the full mosaic for one of these' },
    { keyword: 'MOSOFFX', value: mosaic.offsetX, comment: 'mosaic pixel (0-based) of the first pixel here' },
    { keyword: 'MOSOFFY', value: mosaic.offsetY, comment: 'mosaic pixel (0-based) of the first pixel here' },
    { keyword: 'OUTLIERS', value: stack.outlierShare, comment: 'share of values left out' },
    ...solution(product, plane),
    { keyword: 'SWCREATE', value: software, comment: 'software' },
    ...members.map(({ name, weight }, i) => ({
      keyword: `INP${String(i + 1).padStart(4, '0')}`,
      value: name,
      comment: `weight ${weight.toFixed(4)}`,
    })),
  ];
}

const known = (keyword: string, value: number | string | undefined, comment: string): CardToWrite[] =>
  value === undefined ? [] : [{ keyword, value, comment }];

const time = (mjd: Mjd | undefined): string | undefined => mjd && isoOfMjd(mjd).slice(0, -1);

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

/** The cards of the solution of a plane, none where the frame is not located. */
export function solution({ location }: FrameProduct, plane: Pick<Plane, 'mosaic'>): CardToWrite[] {
  if (location.kind !== 'located') return [];
  const keywords = wcsToKeywords(planeWcs(location.wcs, plane.mosaic));
  return Object.entries(keywords).map(([keyword, value]) => ({ keyword, value }));
}

/**
 * Reads a stack that `writeStack` wrote; undefined for any other FITS file. Rejects with BadFits when the file is
 * damaged, with the system's error when it cannot be read.
 */
export async function readStack(path: string): Promise<StoredStack | undefined> {
  const file = await openFile(path);
  try {
    const hdus = await readHdus(file);
    const hdu = chooseImage(hdus);
    const maskHdu = hdus.find(({ name }) => name === maskName);
    const header = hdu?.header;
    if (!hdu || !header || header.string('IMAGETYP') !== title || !maskHdu) return undefined;
    const { width, height, pixels } = await decodeImage(file, hdu);
    const stored = await decodeImage(file, maskHdu);
    if (stored.width !== width || stored.height !== height) {
      throw new BadFits('corrupt', `the mask of ${path} is of another size than its image`);
    }
    const mask = sharedUint8(width * height);
    for (let p = 0; p < mask.length; p++) {
      mask[p] = stored.pixels[p]!;
      if (!Number.isNaN(pixels[p]!)) continue;
      pixels[p] = 0;
      mask[p]! |= MaskBit.invalid;
    }
    const saturationE = header.number('SATURATE') ?? Number.POSITIVE_INFINITY;
    return {
      filter: header.string('FILTER'),
      plane: {
        name: (header.string('PLANE') ?? 'mono') as PlaneName,
        width,
        height,
        electrons: pixels,
        mask,
        noise: {
          gainEPerAdu: 1,
          gainKnown: header.number('GAIN') === 1,
          readNoiseE: undefined,
          pedestalKnown: false,
          flatError: header.number('FLATERR') ?? 0,
          saturationE,
          correlation: header.number('CORRNOIS') ?? 1,
        },
        mosaic: {
          step: header.number('MOSSTEP') === 2 ? 2 : 1,
          offsetX: header.number('MOSOFFX') ?? 0,
          offsetY: header.number('MOSOFFY') ?? 0,
        },
      },
    };
  } finally {
    await file.close();
  }
}
