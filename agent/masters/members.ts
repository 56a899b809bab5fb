import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ByteSource } from '../../base/bytes.ts';
import { describeError } from '../../base/errors.ts';
import { openFile } from '../../base/file-bytes.ts';
import { dialectTable } from '../../config/dialects.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import { decodeRows } from '../../pipeline/fits/image.ts';
import { BadFits } from '../../pipeline/fits/limits.ts';
import { unpack } from '../../pipeline/fits/unpack.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import { decodeFrame, isReadAsStored, openFrame } from '../../pipeline/frame/read-frame.ts';
import { sameVersion, versionOf } from '../intake/file-state.ts';
import type { FileVersion } from '../store/frame.ts';
import type { CalibrationFrame } from './sets.ts';

/** A raw calibration frame to be combined. */
export interface MemberFile {
  readonly path: string;
  readonly exposureId: string;
  /** The version that was identified; another one is not used. */
  readonly version: FileVersion;
  /** By its header, where it matters: flats of one lamp at different exposures tell the linearity. */
  readonly exposureS?: number | null;
  /** To be subtracted, ADU: what a program left in where it took the bias out. */
  readonly levelAdu?: number | undefined;
}

/** A calibration frame as a file to be combined. */
export function memberFileOf({ path, exposureId, version, facts, levelAdu }: CalibrationFrame): MemberFile {
  return { path, exposureId, version, exposureS: facts.exposureS, levelAdu };
}

export interface OpenMember extends MemberSource {
  readonly exposureId: string;
  readonly exposureS: number | null;
  close(): Promise<void>;
}

export interface OpenedMembers {
  readonly members: readonly OpenMember[];
  readonly rejected: readonly { readonly name: string; readonly reason: string }[];
  close(): Promise<void>;
}

/**
 * Opens frames for reading in bands. Those that cannot be used are told with the reason. Files compressed as a
 * whole are unpacked into `spoolDir` first, and removed by `close`: they could not be read in bands.
 */
export async function openMembers(files: readonly MemberFile[], spoolDir: string): Promise<OpenedMembers> {
  const members: OpenMember[] = [];
  const rejected: { name: string; reason: string }[] = [];
  const close = async () => {
    await Promise.all(members.map((member) => member.close()));
  };
  try {
    for (const file of files) {
      const opened = await openMember(file, spoolDir);
      if ('reason' in opened) rejected.push({ name: basename(file.path), reason: opened.reason });
      else members.push(opened);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { members, rejected, close };
}

async function openMember(file: MemberFile, spoolDir: string): Promise<OpenMember | { reason: string }> {
  let source: Readable | undefined;
  try {
    source = await withRowsOfFrame(await openUnpacked(file, spoolDir), spoolDir);
    const { bytes, parts, image } = await openFrame(source, { table: dialectTable });
    const { hdu } = parts[0]!;
    const { width, height } = image;
    const { close } = source;
    return {
      name: basename(file.path),
      exposureId: file.exposureId,
      exposureS: file.exposureS ?? null,
      width,
      height,
      async readRows(fromRow, toRow, into) {
        await decodeRows(bytes, hdu, fromRow, toRow, into);
        const count = (toRow - fromRow) * width;
        if (file.levelAdu) for (let i = 0; i < count; i++) into[i]! -= file.levelAdu;
      },
      close,
    };
  } catch (error) {
    await source?.close();
    if (error instanceof BadFits || error instanceof Replaced) return { reason: error.message };
    if (source === undefined && typeof (error as { syscall?: unknown }).syscall === 'string') {
      return { reason: describeError(error) };
    }
    throw error;
  }
}

/**
 * A source whose one image has the rows of the frame: the file itself, or, where amplifiers are put together or counts mended, what
 * comes of it, kept in `spoolDir` until it is closed. Closes `source` where it is not given back.
 */
async function withRowsOfFrame(source: Readable, spoolDir: string): Promise<Readable> {
  try {
    const frame = await openFrame(source, { table: dialectTable });
    if (isReadAsStored(frame)) return source;
    const { image, told } = await decodeFrame(frame, { mend: true });
    if (!frame.amplifiers && !frame.unit?.isRate && told.length === 0) return source;
    const { width, height, pixels } = image;
    const whole = encodeFits([{ kind: 'image', width, height, pixels }]);
    const spooled = await spool(whole, spoolDir);
    await source.close();
    return spooled;
  } catch (error) {
    await source.close();
    throw error;
  }
}

class Replaced extends Error {}

type Readable = ByteSource & { close(): Promise<void> };

async function openUnpacked({ path, version }: MemberFile, spoolDir: string): Promise<Readable> {
  const file = await openFile(path);
  try {
    if (!sameVersion(versionOf(await stat(path)), version)) throw new Replaced('another file has taken its place');
    const bytes = await unpack(file);
    if (bytes === file) return file;
    const spooled = await spool([await bytes.read(0, bytes.size)], spoolDir);
    await file.close();
    return spooled;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Bytes on disk, removed when they are closed. */
async function spool(pieces: readonly Uint8Array[], spoolDir: string): Promise<Readable> {
  const path = join(spoolDir, `.${randomUUID()}.tmp`);
  await writeFile(path, pieces);
  const file = await openFile(path);
  return {
    ...file,
    async close() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
