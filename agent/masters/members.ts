import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ByteSource } from '../../base/bytes.ts';
import { describeError } from '../../base/errors.ts';
import { openFile } from '../../base/file-bytes.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import { chooseImage, readHdus } from '../../pipeline/fits/hdu.ts';
import { decodeRows, imageFacts } from '../../pipeline/fits/image.ts';
import { BadFits } from '../../pipeline/fits/limits.ts';
import { unpack } from '../../pipeline/fits/unpack.ts';
import { sameVersion, versionOf } from '../intake/look.ts';
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
  let source: Readable;
  try {
    source = await openUnpacked(file, spoolDir);
  } catch (error) {
    if (error instanceof BadFits) return { reason: error.message };
    if (error instanceof Replaced) return { reason: error.message };
    if (typeof (error as { syscall?: unknown }).syscall === 'string') return { reason: describeError(error) };
    throw error;
  }
  try {
    const hdu = chooseImage(await readHdus(source));
    if (!hdu) throw new BadFits('no-image', 'the file holds no image of two axes');
    const { width, height } = imageFacts(hdu);
    return {
      name: basename(file.path),
      exposureId: file.exposureId,
      exposureS: file.exposureS ?? null,
      width,
      height,
      async readRows(fromRow, toRow, into) {
        await decodeRows(source, hdu, fromRow, toRow, into);
        const count = (toRow - fromRow) * width;
        if (file.levelAdu) for (let i = 0; i < count; i++) into[i]! -= file.levelAdu;
      },
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    if (error instanceof BadFits) return { reason: error.message };
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
    const spool = join(spoolDir, `.${randomUUID()}.tmp`);
    await writeFile(spool, await bytes.read(0, bytes.size));
    const spooled = await openFile(spool);
    await file.close();
    return {
      ...spooled,
      async close() {
        await spooled.close();
        await rm(spool, { force: true });
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
