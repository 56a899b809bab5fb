import { basename, join } from 'node:path';
import type { ByteSource } from '../../base/bytes.ts';
import { writeFileDurably } from '../../base/durable.ts';
import { Parked } from '../../base/errors.ts';
import { openFile } from '../../base/file-bytes.ts';
import type { Master } from '../../pipeline/calibration/master.ts';
import { sharedUint8 } from '../../pipeline/crew.ts';
import { chooseImage, type Hdu, readHdus } from '../../pipeline/fits/hdu.ts';
import { decodeImage, imageBytes, imageFacts } from '../../pipeline/fits/image.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import type { CalibrationFacts } from '../store/master.ts';

/** Where a master comes from, for its header. */
export interface Provenance {
  readonly facts: CalibrationFacts;
  readonly members: readonly { readonly name: string; readonly exposureId: string }[];
  /** The master that was subtracted from flats. */
  readonly pedestalId: string | undefined;
  readonly software: string;
  /** The program that combined it, where we did not. */
  readonly adoptedFrom?: string;
}

const badPixels = 'BADPIX';
const titles: Record<Master['kind'], string> = {
  bias: 'Master Bias',
  dark: 'Master Dark',
  flat: 'Master Flat',
  'flat-dark': 'Master FlatDark',
};

/** Writes a master durably into a folder, under a name that tells its kind and id. Gives the path. */
export async function writeMaster(folder: string, master: Master, provenance: Provenance): Promise<string> {
  const { kind, width, height, pixels, bad, id } = master;
  const path = join(folder, `${kind}-${id}.fits`);
  const bytes = encodeFits([
    { kind: 'image', width, height, pixels, cards: cardsOf(master, provenance) },
    ...(bad ? [{ kind: 'image', width, height, pixels: bad, name: badPixels } as const] : []),
  ]);
  await writeFileDurably(path, Buffer.concat(bytes));
  return path;
}

function cardsOf(master: Master, { facts, members, pedestalId, software, adoptedFrom }: Provenance): CardToWrite[] {
  const { setup } = facts;
  const [binX, binY] = (setup.binning ?? '').split('x').map(Number);
  const known = (keyword: string, value: number | string | null | undefined, comment: string): CardToWrite[] =>
    value === null || value === undefined ? [] : [{ keyword, value, comment }];
  return [
    { keyword: 'IMAGETYP', value: titles[master.kind], comment: 'combined calibration frame' },
    { keyword: 'BUNIT', value: master.kind === 'flat' ? '' : 'adu', comment: 'flats: response relative to the mean' },
    { keyword: 'MASTERID', value: master.id, comment: 'names this master in every product' },
    { keyword: 'NCOMBINE', value: master.nCombined, comment: 'frames that went in' },
    { keyword: 'MNOISE', value: master.noise, comment: 'rms error of a pixel' },
    ...known('MADOPTED', adoptedFrom, 'combined by another program'),
    ...known('MPEDEST', pedestalId, 'master subtracted before'),
    {
      keyword: 'DATE-OBS',
      value: new Date(facts.takenMs).toISOString().slice(0, -1),
      comment: 'UTC, middle of the set',
    },
    { keyword: 'EXPTIME', value: master.exposureS, comment: '[s] exposure, mean' },
    ...known('CCD-TEMP', master.sensorTemperatureC, '[C] sensor, mean'),
    ...known('FILTER', master.filter, 'filter in the beam'),
    ...known('ROTATOR', facts.rotatorDeg, '[deg] position of the rotator'),
    ...known('INSTRUME', setup.camera, 'camera'),
    ...known('GAIN', setup.gainSetting, 'setting of the camera'),
    ...known('OFFSET', setup.offsetSetting, 'setting of the camera'),
    ...known('XBINNING', binX || undefined, 'binning'),
    ...known('YBINNING', binY || undefined, 'binning'),
    ...known('READOUTM', setup.readoutMode, 'readout mode'),
    ...known('BAYERPAT', setup.bayer, 'colours, first row of the file first'),
    ...(setup.bayer === null ? [] : [{ keyword: 'ROWORDER', value: 'TOP-DOWN', comment: 'BAYERPAT as stored' }]),
    { keyword: 'SWCREATE', value: software, comment: 'software' },
    ...members.map(({ name, exposureId }, i) => ({
      keyword: memberKeyword(i + 1),
      value: `${exposureId.slice(0, 16)} ${name}`,
      comment: '',
    })),
  ];
}

/**
 * Reads a master that `writeMaster` wrote. Rejects with Parked when the file is none or holds another master than `id`,
 * with BadFits when it is damaged, with the system's error when it cannot be read.
 */
export async function readMaster(path: string, kind: Master['kind'], id: string): Promise<Master> {
  const file = await openFile(path);
  try {
    const hdus = await readHdus(file);
    const hdu = chooseImage(hdus);
    const header = hdu?.header;
    if (!hdu || header?.string('MASTERID') !== id) {
      throw new Parked('MASTER_UNKNOWN', `${basename(path)} does not hold the master ${id} that it should.`);
    }
    const { width, height, pixels } = await decodeImage(file, hdu);
    const map = hdus.find(({ name }) => name === badPixels);
    return {
      kind,
      width,
      height,
      pixels,
      nCombined: header.number('NCOMBINE') ?? 1,
      noise: header.number('MNOISE') ?? 0,
      exposureS: header.number('EXPTIME') ?? 0,
      sensorTemperatureC: header.number('CCD-TEMP'),
      filter: header.string('FILTER'),
      id,
      ...(map && { bad: await storedBytes(file, map) }),
    };
  } finally {
    await file.close();
  }
}

/** A raw calibration frame in a master. */
export interface MasterMember {
  /** The first digits of its exposure's hash. */
  readonly exposureId: string;
  /** The file's name, without its folder. */
  readonly name: string;
}

/** The frames that went into a master that `writeMaster` wrote. Rejects as `readMaster` does. */
export async function masterMembers(path: string): Promise<MasterMember[]> {
  const file = await openFile(path);
  try {
    const header = chooseImage(await readHdus(file))?.header;
    if (header?.string('MASTERID') === undefined)
      throw new Parked('MASTER_UNKNOWN', `${basename(path)} is no master of this program.`);
    const members: MasterMember[] = [];
    for (let i = 1; ; i++) {
      const [, exposureId, name] = /^([0-9a-f]+) (.*)$/.exec(header.string(memberKeyword(i)) ?? '') ?? [];
      if (exposureId === undefined || name === undefined) return members;
      members.push({ exposureId, name });
    }
  } finally {
    await file.close();
  }
}

const memberKeyword = (number: number): string => `INP${String(number).padStart(4, '0')}`;

/** The pixels of an image of bytes, which stand in the file as they are. */
async function storedBytes(file: ByteSource, hdu: Hdu): Promise<Uint8Array> {
  const { width, height } = imageFacts(hdu);
  const bytes = sharedUint8(width * height);
  let filled = 0;
  for await (const piece of imageBytes(file, hdu)) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}
