import type { ByteSource } from '../../base/bytes.ts';
import { writeFileDurably } from '../../base/durable.ts';
import { dialectTable } from '../../config/dialects.ts';
import { editHeader } from '../../pipeline/fits/edit-header.ts';
import { readHdus } from '../../pipeline/fits/hdu.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import { openFrame } from '../../pipeline/frame/read-frame.ts';
import { readChunks } from '../../pipeline/header/identity.ts';
import { driverHeaderEdit, type ExposureTimes } from './driver-header.ts';

/**
 * Writes the FITS file that a driver made, with the cards of its visit in the header of the image (of the extension, for
 * a compressed one). Every byte of the data stays; a file that is packed as a whole is unpacked, and what follows the
 * last HDU is left out. @throws BadFits for what is no frame
 */
export async function writeDriverFrame(
  path: string,
  source: ByteSource,
  cards: readonly CardToWrite[],
  times: ExposureTimes,
): Promise<void> {
  const { bytes, parts, header, facts } = await openFrame(source, { table: dialectTable });
  const hdus = await readHdus(bytes);
  // What holds for the images of all amplifiers stands in the primary header.
  const hdu = parts.length === 1 ? parts[0]!.hdu : hdus[0]!;
  const own = await bytes.read(hdu.headerOffset, hdu.dataOffset - hdu.headerOffset);
  const edited = editHeader(own, driverHeaderEdit(header, facts, cards, times));
  const { dataOffset, dataBytes, endOffset } = hdus.at(-1)!;
  const isPadded = endOffset <= bytes.size;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield* readChunks(bytes, 0, hdu.headerOffset);
    yield edited;
    yield* readChunks(bytes, hdu.dataOffset, isPadded ? endOffset : dataOffset + dataBytes);
    if (!isPadded) yield new Uint8Array(endOffset - dataOffset - dataBytes);
  }
  await writeFileDurably(path, pieces());
}
