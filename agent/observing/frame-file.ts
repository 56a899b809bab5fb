import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryBytes } from '../../base/bytes.ts';
import { writeFileDurably } from '../../base/durable.ts';
import { ProgrammingFault, RetryLater } from '../../base/errors.ts';
import { openFile } from '../../base/file-bytes.ts';
import { dialectTable } from '../../config/dialects.ts';
import type { CameraFacts, FileFrame, FitsFrame, PixelFrame } from '../../drivers/contract.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import { identifyFrame } from '../../pipeline/frame/read-frame.ts';
import { writeDriverFrame } from './driver-frame.ts';
import type { ExposureTimes } from './driver-header.ts';

/** What the camera gave, as far as it goes into the file. */
export type FrameContent =
  | Pick<PixelFrame, 'form' | 'adu' | 'width' | 'height'>
  | Pick<FitsFrame, 'form' | 'bytes'>
  | Pick<FileFrame, 'form' | 'path'>;

/** One exposure on its way to the watched folder; plain data, so that a thread can write it. */
export interface FrameFile extends ExposureTimes {
  readonly path: string;
  readonly content: FrameContent;
  readonly cards: readonly CardToWrite[];
}

/** What a visit's frame says of itself besides its pixels. */
export interface FrameDescription extends ExposureTimes {
  readonly facts: CameraFacts;
  readonly target: { readonly name: string; readonly raDeg: number; readonly decDeg: number };
  readonly filter: string;
  readonly telescope: string;
  readonly scaleArcsecPerPx: number | undefined;
  readonly site: { readonly latitudeDeg: number; readonly longitudeDeg: number; readonly heightM: number };
  /** Undefined for a frame that nobody asked for. */
  readonly requestId: string | undefined;
  readonly visitId: string | undefined;
  readonly software: string;
}

/**
 * The cards of a frame that this program takes: its own dialect (`config/dialects.ts`), in which RA and DEC say where
 * the telescope was sent, in ICRS degrees.
 */
export function cardsOf(frame: FrameDescription): CardToWrite[] {
  const { facts, target, site } = frame;
  const known = (keyword: string, value: number | string | undefined, comment: string): CardToWrite[] =>
    value === undefined || value === '' ? [] : [{ keyword, value, comment }];
  return [
    { keyword: 'DATE-OBS', value: iso(frame.startMs), comment: 'UTC, shutter open' },
    { keyword: 'DATE-AVG', value: iso(frame.startMs + frame.exposureS * 500), comment: 'UTC, mid exposure' },
    { keyword: 'TIMESYS', value: 'UTC', comment: 'time scale' },
    { keyword: 'EXPTIME', value: frame.exposureS, comment: '[s] exposure' },
    { keyword: 'IMAGETYP', value: 'Light Frame', comment: 'kind of frame' },
    { keyword: 'OBJECT', value: target.name, comment: 'target of the request' },
    ...known('FILTER', frame.filter, 'filter in the beam'),
    { keyword: 'RA', value: target.raDeg, comment: '[deg] ICRS, where the telescope was sent' },
    { keyword: 'DEC', value: target.decDeg, comment: '[deg] ICRS' },
    ...known('SCALE', frame.scaleArcsecPerPx, '[arcsec/px] plate scale'),
    { keyword: 'INSTRUME', value: facts.camera, comment: 'camera' },
    { keyword: 'TELESCOP', value: frame.telescope, comment: 'instrument of the site' },
    { keyword: 'XBINNING', value: facts.binning, comment: 'binning' },
    { keyword: 'YBINNING', value: facts.binning, comment: 'binning' },
    ...known('XPIXSZ', facts.pixelSizeUm, '[um] size of a pixel, after binning'),
    ...known('EGAIN', facts.gainEPerAdu, '[e-/ADU] electrons per unit'),
    ...known('RDNOISE', facts.readNoiseE, '[e-] read noise'),
    ...known('SATURATE', facts.saturationAdu, '[ADU] saturation'),
    ...known('CCD-TEMP', facts.temperatureC, '[C] sensor'),
    ...known('SET-TEMP', facts.setPointC, '[C] set point of the cooler'),
    ...known('GAIN', facts.gain, 'gain as set at the camera'),
    ...known('OFFSET', facts.offset, 'offset as set at the camera'),
    ...known('READOUTM', facts.readoutMode, 'readout mode'),
    ...known('XORGSUBF', facts.subframe?.x, '[px] first column of the part read out, unbinned'),
    ...known('YORGSUBF', facts.subframe?.y, '[px] first row of the part read out, unbinned'),
    ...known('BAYERPAT', facts.bayer, 'colours, first row of the file first'),
    ...(facts.bayer === undefined
      ? []
      : [{ keyword: 'ROWORDER', value: 'TOP-DOWN', comment: 'BAYERPAT counts from the first row of the file' }]),
    { keyword: 'SITELAT', value: site.latitudeDeg, comment: '[deg] latitude' },
    { keyword: 'SITELONG', value: site.longitudeDeg, comment: '[deg] longitude, east positive' },
    { keyword: 'SITEELEV', value: site.heightM, comment: '[m] height' },
    ...known('REQID', frame.requestId, 'request'),
    ...known('VISITID', frame.visitId, 'visit'),
    { keyword: 'SWCREATE', value: frame.software, comment: 'software' },
  ];
}

/**
 * Writes the file, whole or not at all (the name that is being written to begins with a dot, which no watcher takes
 * up), and gives the exposureId by which the frame is known from here on. A file of the driver is taken away.
 */
export async function writeFrameFile({ path, content, cards, ...times }: FrameFile): Promise<string> {
  switch (content.form) {
    case 'pixels':
      return writePixels(path, content, cards);
    case 'fits':
      await writeDriverFrame(path, memoryBytes(content.bytes), cards, times);
      break;
    case 'file': {
      const file = await openFile(content.path);
      try {
        await writeDriverFrame(path, file, cards, times);
      } finally {
        await file.close();
      }
      await rm(content.path);
    }
  }
  return exposureIdOf(path);
}

/** Writes a frame of bare pixels as a FITS file, and gives its exposureId. */
export async function writePixels(
  path: string,
  { adu, width, height }: Pick<PixelFrame, 'adu' | 'width' | 'height'>,
  cards: readonly CardToWrite[],
): Promise<string> {
  const bytes = Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels: adu, cards }]));
  const known = await identifyFrame(memoryBytes(bytes), { table: dialectTable });
  if (known.kind !== 'frame') {
    throw new ProgrammingFault('FRAME_UNREADABLE', `A frame that was just made cannot be read: ${known.reason}.`);
  }
  await writeFileDurably(path, bytes);
  return known.exposureId;
}

/** The exposureId of a frame of a visit on disk. @throws RetryLater when it cannot be read */
export async function exposureIdOf(path: string): Promise<string> {
  const file = await openFile(path);
  try {
    const known = await identifyFrame(file, { table: dialectTable });
    if (known.kind === 'frame') return known.exposureId;
    throw new RetryLater('VISIT_FRAME_DAMAGED', `The frame ${path} of a visit cannot be read: ${known.reason}.`);
  } finally {
    await file.close();
  }
}

/** Where the frame of a visit lies: the same visit and number always give the same name. */
export function pathOf(folder: string, visitId: string, number: number): string {
  return join(folder, `${visitId}-${String(number).padStart(4, '0')}.fits`);
}

/** The frames of a visit in a folder, by their names. */
export async function filesOf(folder: string, visitId: string): Promise<{ number: number; path: string }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.startsWith(`${visitId}-`) && /-\d+\.fits$/.test(name))
    .map((name) => ({ number: Number(/-(\d+)\.fits$/.exec(name)![1]), path: join(folder, name) }))
    .sort((a, b) => a.number - b.number);
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, -1);
}
