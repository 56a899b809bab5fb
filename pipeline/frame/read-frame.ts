import type { ByteSource } from '../../base/bytes.ts';
import type { JoinedAmplifiers } from '../calibration/amplifiers.ts';
import { exposedImages, imageHeader, readHdus } from '../fits/hdu.ts';
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
import { mayNeedMending, mendPixels } from '../fits/mend-pixels.ts';
import { unpack } from '../fits/unpack.ts';
import type { DialectTable, HeaderOverrides } from '../header/dialect.ts';
import type { FrameFacts } from '../header/facts.ts';
import { exposureId } from '../header/identity.ts';
import { resolveHeader } from '../header/resolve.ts';
import { type AmplifierLayout, headerOfWhole, layOutAmplifiers, type PartOfFile } from './amplifier-layout.ts';
import { joinAmplifiers } from './join-amplifiers.ts';
import { type PixelUnit, pixelUnit } from './pixel-unit.ts';

/** What a file that claims to be a frame turned out to be. */
export type FrameOutcome<Content> =
  | ({ readonly kind: 'frame' } & Content)
  | { readonly kind: 'rejected'; readonly fault: FitsFault; readonly reason: string };

/** A frame as its header tells it. */
export interface IdentifiedFrame {
  readonly exposureId: string;
  /** The image's header, with the primary header's cards that it lacks; of several amplifiers that of the whole image. */
  readonly header: Header;
  readonly facts: FrameFacts;
  readonly image: ImageFacts;
}

/** A frame with its pixels. */
export interface ReadFrame {
  readonly header: Header;
  readonly facts: FrameFacts;
  readonly image: DecodedImage;
  /** Where the file holds the image of each amplifier apart. */
  readonly joined: JoinedAmplifiers | undefined;
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
    const { bytes, parts, header, facts, image } = await openFrame(source, options);
    const id = await exposureId(bytesOfAll(bytes, parts, options.limits), header);
    return { kind: 'frame', exposureId: id, header, facts, image };
  });
}

/** Reads a frame with its pixels (first plane), as `identifyFrame` does but without the identity. */
export function readFrame(
  source: ByteSource,
  options: ReadFrameOptions & Pick<DecodeOptions, 'into' | 'crew'>,
): Promise<FrameOutcome<ReadFrame>> {
  return asOutcome(async () => {
    const opened = await openFrame(source, options);
    const { facts, header } = opened;
    const { image, joined, told } = await decodeFrame(opened, { ...options, mend: facts.kind.value === 'light' });
    return { kind: 'frame', header, facts: { ...facts, warnings: [...facts.warnings, ...told] }, image, joined };
  });
}

/** A file whose headers were read. */
export interface OpenedFrame extends Omit<IdentifiedFrame, 'exposureId'> {
  readonly bytes: ByteSource;
  /** The HDUs that hold its pixels: one, or one an amplifier. */
  readonly parts: readonly PartOfFile[];
  /** Of its numbers, where they are not counts. */
  readonly unit: PixelUnit | undefined;
  /** How several amplifiers lie, and the electrons per ADU of each where their cards tell. */
  readonly amplifiers: { readonly layout: AmplifierLayout; readonly gains: readonly number[] | undefined } | undefined;
}

/** Reads the headers of a file. Rejects with `BadFits` for what is no frame. */
export async function openFrame(source: ByteSource, options: ReadFrameOptions): Promise<OpenedFrame> {
  const limits = options.limits ?? defaultLimits;
  const bytes = await unpack(source, limits);
  const hdus = await readHdus(bytes, limits);
  const parts = exposedImages(hdus).map((hdu) => ({ hdu, header: imageHeader(hdus, hdu) }));
  const [first] = parts;
  if (!first) throw new BadFits('no-image', 'the file holds no image of two axes');
  const own = imageFacts(first.hdu, limits);
  const resolve = (header: Header, { nPlanes, bitpix, width, height }: ImageFacts) => {
    const context = { nPlanes, bitpix, width, height, ...(options.path !== undefined && { path: options.path }) };
    return resolveHeader(header, options.table, options.overrides, context);
  };
  if (parts.length === 1) {
    const { header } = first;
    return { bytes, parts, header, image: own, amplifiers: undefined, ...inUnit(resolve(header, own), header) };
  }
  const layout = layOutAmplifiers(parts, limits);
  if ('reason' in layout) throw severalImages(parts, layout.reason);
  const { width, height } = layout;
  if (width * height > limits.maxPixels) {
    throw new BadFits('too-large', `${width} x ${height} pixels are more than the ${limits.maxPixels} allowed here`);
  }
  const image = { ...own, width, height };
  const header = headerOfWhole(layout);
  const each = parts.map((part) => resolve(part.header, own));
  const { facts, amplifiers } = factsOfWhole(resolve(header, image), each, parts, layout);
  return { bytes, parts, header, image, amplifiers, ...inUnit(facts, header) };
}

/** Facts of a frame whose pixels may be electrons, or rates: those become what was counted in the exposure. */
function inUnit(facts: FrameFacts, header: Header): Pick<OpenedFrame, 'facts' | 'unit'> {
  const unit = pixelUnit(header);
  if (!unit) return { facts, unit };
  const { text, isElectrons, isRate } = unit;
  if (isRate && !(facts.exposureS && facts.exposureS.value > 0)) {
    throw new BadFits('unsupported', `the pixels are in ${text} (BUNIT), and no card tells the exposure time`);
  }
  const told = isRate ? `the pixels are in ${text} (BUNIT): multiplied by the exposure time` : undefined;
  const gainEPerAdu = isElectrons ? ({ value: 1, card: 'BUNIT', confidence: 'high' } as const) : facts.gainEPerAdu;
  const warnings = told === undefined ? facts.warnings : [...facts.warnings, told];
  return { facts: { ...facts, gainEPerAdu, gainBeforeShift: !isElectrons && facts.gainBeforeShift, warnings }, unit };
}

/** Whether `decodeFrame` gives the numbers of the one image as they are stored: they can be read in bands. */
export function isReadAsStored({ amplifiers, unit, image }: OpenedFrame): boolean {
  return !amplifiers && unit?.isRate !== true && !mayNeedMending(image);
}

/** What holds for the whole image: the gain of the first amplifier, to which the others are brought, and the mean of their noise. */
function factsOfWhole(
  whole: FrameFacts,
  each: readonly FrameFacts[],
  parts: readonly PartOfFile[],
  layout: AmplifierLayout,
): Pick<OpenedFrame, 'facts' | 'amplifiers'> {
  const gains = each.map(({ gainEPerAdu }, k) =>
    gainEPerAdu && parts[k]!.hdu.header.card(gainEPerAdu.card) ? gainEPerAdu.value : undefined,
  );
  const noises = each.map(({ readNoiseE }) => readNoiseE?.value).filter((value) => value !== undefined);
  const meanSquare = noises.reduce((sum, value) => sum + value * value, 0) / noises.length;
  const readNoiseE = whole.readNoiseE && { ...whole.readNoiseE, value: Math.sqrt(meanSquare) };
  const isTold = gains.every((gain) => gain !== undefined);
  const told = `the images of ${parts.length} amplifiers were put together by DETSEC`;
  return {
    facts: { ...whole, readNoiseE, warnings: [...whole.warnings, told] },
    amplifiers: { layout, gains: isTold ? (gains as number[]) : undefined },
  };
}

/** Decodes the pixels of an opened frame; `mend` brings to counts what is stored in a way that the header does not state. */
export async function decodeFrame(
  frame: OpenedFrame,
  options: Pick<DecodeOptions, 'into' | 'crew' | 'limits'> & { readonly mend: boolean },
): Promise<Pick<ReadFrame, 'image' | 'joined'> & { readonly told: readonly string[] }> {
  const { unit, facts } = frame;
  const decoded = await decodeStored(frame, options);
  if (unit?.isRate) {
    const { pixels } = decoded.image;
    const exposureS = facts.exposureS!.value;
    for (let i = 0; i < pixels.length; i++) pixels[i]! *= exposureS;
  }
  return decoded;
}

async function decodeStored(
  { bytes, parts, image, amplifiers, unit, facts }: OpenedFrame,
  { into, limits, crew, mend }: Parameters<typeof decodeFrame>[1],
): ReturnType<typeof decodeFrame> {
  const exposureS = facts.exposureS?.value;
  const isMended = mend && !unit;
  if (!amplifiers) {
    const given = { ...(into && { into }), ...(limits && { limits }), ...(crew && { crew }) };
    const decoded = await decodeImage(bytes, parts[0]!.hdu, given);
    const mended = isMended ? mendPixels(decoded, exposureS) : undefined;
    return { image: decoded, joined: undefined, told: mended === undefined ? [] : [mended] };
  }
  const { layout, gains } = amplifiers;
  const { pixels, joined, told } = await joinAmplifiers(bytes, layout, {
    limits: limits ?? defaultLimits,
    gains,
    exposureS,
    mend: isMended,
    into,
  });
  return { image: { ...image, pixels }, joined, told };
}

async function* bytesOfAll(
  bytes: ByteSource,
  parts: readonly PartOfFile[],
  limits: FitsLimits | undefined,
): AsyncGenerator<Uint8Array> {
  for (const { hdu } of parts) yield* imageBytes(bytes, hdu, limits);
}

function severalImages(parts: readonly PartOfFile[], reason: string): BadFits {
  const names = parts.map(({ hdu: { index, name, header } }) => {
    const section = header.string('DETSEC');
    return `${index}${name === '' ? '' : ` ${name}`}${section === undefined ? '' : ` ${section}`}`;
  });
  return new BadFits(
    'several-images',
    `the file holds ${parts.length} images (extensions ${names.join(', ')}) that cannot be put together, for ${reason}: let the camera program put them together or save each as a file of its own`,
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
