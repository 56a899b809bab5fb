import { type Column, readColumns } from '../columns.ts';
import type { Hdu } from '../hdu.ts';
import { BadFits } from '../limits.ts';
import type { Dither } from './dither.ts';

export type TileAlgorithm = 'RICE_1' | 'GZIP_1' | 'GZIP_2' | 'HCOMPRESS_1' | 'PLIO_1' | 'NOCOMPRESS';

/** How a compressed image is cut into tiles and where its parts lie (FITS Standard 4.0, section 10.1). */
export interface TilePlan {
  readonly algorithm: TileAlgorithm;
  readonly shape: readonly number[];
  readonly tile: readonly number[];
  /** Number of tiles along each axis, and of all of them. */
  readonly tilesAlong: readonly number[];
  readonly nTiles: number;
  readonly blockSize: number;
  readonly bytesPerPixel: number;
  readonly dither: Dither;
  readonly ditherSeed: number;
  /** The stored integer that stands for a blank, where one keyword tells it for all tiles. */
  readonly blank: number | undefined;
  /** Floats were quantised: ZSCALE and ZZERO give them back, from the columns or for all tiles from keywords. */
  readonly quantised: boolean;
  readonly scaleKeyword: number;
  readonly zeroKeyword: number;
  readonly columns: {
    readonly compressed: Column;
    readonly gzip: Column | undefined;
    readonly uncompressed: Column | undefined;
    readonly scale: Column | undefined;
    readonly zero: Column | undefined;
    readonly blank: Column | undefined;
  };
}

/** More pixels than this per compressed byte are not believed. */
const mostPixelsPerByte = 4096;

/** Reads how an image is tiled. Throws `BadFits`: unsupported (an unknown algorithm), header-broken, too-large. */
export function planTiles(hdu: Hdu, shape: readonly number[]): TilePlan {
  const { header } = hdu;
  const named = header.string('ZCMPTYPE')?.trim() ?? '';
  // The name under which CFITSIO writes Rice tiles with subtractive dither 2, lest old readers get them wrong.
  const algorithm = named === 'RICE_ONE' ? 'RICE_1' : named;
  if (!isAlgorithm(algorithm)) {
    throw new BadFits('unsupported', `images compressed by "${algorithm}" cannot be read`);
  }
  const tile = shape.map((length, i) => {
    const tileLength = header.number(`ZTILE${i + 1}`) ?? (i === 0 ? length : 1);
    if (!Number.isInteger(tileLength) || tileLength < 1) {
      throw new BadFits('header-broken', `ZTILE${i + 1} = ${tileLength}`);
    }
    return Math.min(tileLength, length);
  });
  const tilesAlong = shape.map((length, i) => Math.ceil(length / tile[i]!));
  const nTiles = tilesAlong.reduce((product, count) => product * count, 1);
  if (nTiles !== hdu.shape[1]) {
    throw new BadFits('header-broken', `the image has ${nTiles} tiles, its table ${hdu.shape[1]} rows`);
  }
  const nPixels = shape.reduce((product, length) => product * length, 1);
  if (nPixels > hdu.dataBytes * mostPixelsPerByte) {
    throw new BadFits('header-broken', `${nPixels} pixels cannot come from ${hdu.dataBytes} compressed bytes`);
  }
  const parameters = readParameters(hdu);
  const columns = readColumns(hdu);
  const column = (name: string) => columns.find((candidate) => candidate.name.toUpperCase() === name);
  const compressed = column('COMPRESSED_DATA');
  if (!compressed) throw new BadFits('header-broken', 'a compressed image without a COMPRESSED_DATA column');
  for (const variable of [compressed, column('GZIP_COMPRESSED_DATA'), column('UNCOMPRESSED_DATA')]) {
    if (variable && variable.type !== 'P' && variable.type !== 'Q') {
      throw new BadFits('header-broken', `column ${variable.name} of a compressed image is not of variable length`);
    }
  }
  const scale = column('ZSCALE');
  const zero = column('ZZERO');
  if ((scale && scale.type !== 'D') || (zero && zero.type !== 'D')) {
    throw new BadFits('header-broken', 'ZSCALE and ZZERO must be columns of doubles');
  }
  const isFloat = (header.number('ZBITPIX') ?? 0) < 0;
  return {
    algorithm,
    shape,
    tile,
    tilesAlong,
    nTiles,
    blockSize: parameters.get('BLOCKSIZE') ?? 32,
    bytesPerPixel: parameters.get('BYTEPIX') ?? 4,
    dither: ditherOf(header.string('ZQUANTIZ')?.trim()),
    ditherSeed: header.number('ZDITHER0') ?? 1,
    blank: header.number('ZBLANK') ?? (isFloat ? undefined : header.number('BLANK')),
    quantised: isFloat && (scale !== undefined || header.number('ZSCALE') !== undefined),
    scaleKeyword: header.number('ZSCALE') ?? 1,
    zeroKeyword: header.number('ZZERO') ?? 0,
    columns: {
      compressed,
      gzip: column('GZIP_COMPRESSED_DATA'),
      uncompressed: column('UNCOMPRESSED_DATA'),
      scale,
      zero,
      blank: column('ZBLANK'),
    },
  };
}

function readParameters(hdu: Hdu): Map<string, number> {
  const parameters = new Map<string, number>();
  for (let i = 1; i <= 9; i++) {
    const name = hdu.header.string(`ZNAME${i}`)?.trim().toUpperCase();
    const value = hdu.header.number(`ZVAL${i}`);
    if (name !== undefined && value !== undefined) parameters.set(name, value);
  }
  if ((parameters.get('SMOOTH') ?? 0) !== 0 && (parameters.get('SCALE') ?? 0) > 1) {
    throw new BadFits('unsupported', 'HCOMPRESS images that ask to be smoothed cannot be read');
  }
  const blockSize = parameters.get('BLOCKSIZE');
  if (blockSize !== undefined && (!Number.isInteger(blockSize) || blockSize < 1 || blockSize > 4096)) {
    throw new BadFits('header-broken', `a Rice block of ${blockSize} pixels`);
  }
  return parameters;
}

function ditherOf(text: string | undefined): Dither {
  if (text === 'SUBTRACTIVE_DITHER_1') return 'subtractive-1';
  if (text === 'SUBTRACTIVE_DITHER_2') return 'subtractive-2';
  if (text === undefined || text === '' || text === 'NO_DITHER' || text === 'NONE') return 'none';
  throw new BadFits('unsupported', `the quantisation "${text}" is unknown`);
}

function isAlgorithm(text: string): text is TileAlgorithm {
  return ['RICE_1', 'GZIP_1', 'GZIP_2', 'HCOMPRESS_1', 'PLIO_1', 'NOCOMPRESS'].includes(text);
}
