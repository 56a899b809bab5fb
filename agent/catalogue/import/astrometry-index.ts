import type { ByteSource } from '../../../base/bytes.ts';
import { Parked } from '../../../base/errors.ts';
import type { Hdu } from '../../../pipeline/fits/hdu.ts';
import { BadFits } from '../../../pipeline/fits/limits.ts';
import { plainBand } from '../../../pipeline/standardisation/bands.ts';
import type { StarTable } from '../star-table.ts';

const degPerRad = 180 / Math.PI;
/** Epoch of the positions that Tycho-2 indices hold. */
const epochYear = 2000;

/** Whether these HDUs are an index file of astrometry.net (Lang et al. 2010, AJ 139, 1782). */
export function isAstrometryIndex(hdus: readonly Hdu[]): boolean {
  return hdus.some((hdu) => columnOf(hdu) === 'kdtree_data_stars');
}

/**
 * The stars of an index file of astrometry.net: unit vectors as unsigned integers between the bounds of the tree
 * (x = min + u / scale), in the byte order of the machine that wrote it, and their magnitudes, which stand beside in
 * FITS's own order. Such files know no proper motion.
 * @throws Parked when parts lack or contradict each other
 */
export async function readAstrometryIndex(source: ByteSource, hdus: readonly Hdu[], what: string): Promise<StarTable> {
  const part = async (name: string): Promise<DataView> => {
    const hdu = hdus.find((one) => columnOf(one) === name);
    if (!hdu) throw new Parked('INDEX_INCOMPLETE', `The index file ${what} has no table ${name}: it is damaged.`);
    const bytes = await source.read(hdu.dataOffset, hdu.dataBytes);
    if (bytes.length < hdu.dataBytes) throw new BadFits('truncated', 'truncated: the file ends within a table');
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  const [vectors, range, mags] = [
    await part('kdtree_data_stars'),
    await part('kdtree_range_stars'),
    await part('MAG_VT'),
  ];
  const count = vectors.byteLength / 12;
  const isLittle = isLittleEndian(hdus);
  const [min, scale] = [[0, 1, 2].map((axis) => range.getFloat64(8 * axis, isLittle)), range.getFloat64(48, isLittle)];
  if (!Number.isInteger(count) || mags.byteLength !== 4 * count || range.byteLength !== 56 || !(scale > 0)) {
    throw new Parked('INDEX_DAMAGED', `The tables of the index file ${what} do not fit together: it is damaged.`);
  }
  const blank = () => new Float64Array(count).fill(Number.NaN);
  const [raDeg, decDeg, mag] = [blank(), blank(), blank()];
  for (let k = 0; k < count; k++) {
    const at = (axis: number): number => min[axis]! + vectors.getUint32(12 * k + 4 * axis, isLittle) / scale;
    const [x, y, z] = [at(0), at(1), at(2)];
    raDeg[k] = (Math.atan2(y, x) * degPerRad + 360) % 360;
    decDeg[k] = Math.atan2(z, Math.hypot(x, y)) * degPerRad;
    mag[k] = mags.getFloat32(4 * k);
  }
  const bands = new Map([[plainBand, { mag, magErr: blank(), doubtful: new Uint8Array(count) }]]);
  const motions = { pmRaMasYr: blank(), pmDecMasYr: blank() };
  const quality = new Uint16Array(count);
  return { count, epochYear, id: new BigInt64Array(count), raDeg, decDeg, ...motions, quality, bands };
}

function columnOf({ kind, header }: Hdu): string | undefined {
  return kind === 'bintable' ? header.string('TTYPE1')?.trim() : undefined;
}

/** The primary header holds 0x01020304 as its writer's memory had it. */
function isLittleEndian(hdus: readonly Hdu[]): boolean {
  return hdus[0]!.header.string('ENDIAN')?.trim() !== '01:02:03:04';
}
