import type { ByteSource } from '../../base/bytes.ts';
import { exposedImages, type Hdu, imageHeader, readHdus } from '../fits/hdu.ts';
import type { Header } from '../fits/header.ts';
import {
  type DecodedImage,
  type DecodeOptions,
  decodeImage,
  type ImageFacts,
  imageBytes,
  imageFacts,
} from '../fits/image.ts';
import { BadFits, defaultLimits, type FitsFault, type FitsLimits } from '../fits/limits.ts';
import { mendPixels } from '../fits/mend-pixels.ts';
import { unpack } from '../fits/unpack.ts';
import type { DialectTable, HeaderOverrides } from './dialect.ts';
import type { FrameFacts } from './facts.ts';
import { exposureId } from './identity.ts';
import { resolveHeader } from './resolve.ts';

/** What a file that claims to be a frame turned out to be. */
export type FrameOutcome<Content> =
  | ({ readonly kind: 'frame' } & Content)
  | { readonly kind: 'rejected'; readonly fault: FitsFault; readonly reason: string };

/** A frame as its header tells it. */
export interface IdentifiedFrame {
  readonly exposureId: string;
  /** The image's header, with the primary header's cards that it lacks. */
  readonly header: Header;
  readonly facts: FrameFacts;
  readonly image: ImageFacts;
}

export interface ReadFrameOptions {
  readonly table: DialectTable;
  readonly overrides?: HeaderOverrides;
  /** Path below the watched folder; its words help to tell the kind of the frame. */
  readonly path?: string;
  readonly limits?: FitsLimits;
}

/** Reads what identifies a frame: structure, header, identity. Rejected is an outcome; only reading errors reject. */
export function identifyFrame(source: ByteSource, options: ReadFrameOptions): Promise<FrameOutcome<IdentifiedFrame>> {
  return asOutcome(async () => {
    const opened = await openImage(source, options);
    const id = await exposureId(imageBytes(opened.bytes, opened.hdu, options.limits), opened.header);
    return { kind: 'frame', exposureId: id, header: opened.header, facts: opened.facts, image: opened.image };
  });
}

/** Reads a frame with its pixels (first plane), as `identifyFrame` does but without the identity. */
export function readFrame(
  source: ByteSource,
  options: ReadFrameOptions & Pick<DecodeOptions, 'into' | 'crew'>,
): Promise<FrameOutcome<{ readonly header: Header; readonly facts: FrameFacts; readonly image: DecodedImage }>> {
  return asOutcome(async () => {
    const { bytes, hdu, header, facts } = await openImage(source, options);
    const { into, limits, crew } = options;
    const given = { ...(into && { into }), ...(limits && { limits }), ...(crew && { crew }) };
    const image = await decodeImage(bytes, hdu, given);
    const mended = facts.kind.value === 'light' ? mendPixels(image) : undefined;
    const told = mended === undefined ? facts : { ...facts, warnings: [...facts.warnings, mended] };
    return { kind: 'frame', header, facts: told, image };
  });
}

async function openImage(source: ByteSource, options: ReadFrameOptions) {
  const limits = options.limits ?? defaultLimits;
  const bytes = await unpack(source, limits);
  const hdus = await readHdus(bytes, limits);
  const [hdu, ...more] = exposedImages(hdus);
  if (!hdu) throw new BadFits('no-image', 'the file holds no image of two axes');
  if (more.length > 0) throw severalImages([hdu, ...more]);
  const image = imageFacts(hdu, limits);
  const header = imageHeader(hdus, hdu);
  const { nPlanes, bitpix, width, height } = image;
  const context = { nPlanes, bitpix, width, height, ...(options.path !== undefined && { path: options.path }) };
  const facts = resolveHeader(header, options.table, options.overrides, context);
  return { bytes, hdu, image, header, facts };
}

function severalImages(hdus: readonly Hdu[]): BadFits {
  const names = hdus.map(({ index, name, header }) => {
    const section = header.string('DETSEC');
    return `${index}${name === '' ? '' : ` ${name}`}${section === undefined ? '' : ` ${section}`}`;
  });
  return new BadFits(
    'several-images',
    `the file holds ${hdus.length} images (extensions ${names.join(', ')}): let the camera program put them together or save each as a file of its own`,
  );
}

async function asOutcome<Content>(read: () => Promise<FrameOutcome<Content>>): Promise<FrameOutcome<Content>> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof BadFits) return { kind: 'rejected', fault: error.fault, reason: error.message };
    throw error;
  }
}
