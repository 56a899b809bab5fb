import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import type { ByteSource } from '../../base/bytes.ts';
import { describeError } from '../../base/errors.ts';
import { openFile } from '../../base/file-bytes.ts';
import { checkStructure, type Hdu, readHdus } from '../../pipeline/fits/hdu.ts';
import { BadFits } from '../../pipeline/fits/limits.ts';
import { isPacked, unpack } from '../../pipeline/fits/unpack.ts';
import type { FileVersion } from '../store/frame.ts';
import { alone } from './packed.ts';
import { isMissing } from './walk.ts';

/** The state of a file as it was read once. */
export type FileState =
  | { readonly kind: 'gone' }
  /** Its structure is complete. `doubt` tells why it may still be written to all the same: it should rest for longer. */
  | { readonly kind: 'whole'; readonly version: FileVersion; readonly doubt: string | undefined }
  /** More bytes may come. */
  | { readonly kind: 'incomplete'; readonly version: FileVersion; readonly code: string; readonly reason: string }
  /** Never a frame, whatever is appended. */
  | { readonly kind: 'unfit'; readonly version: FileVersion; readonly code: string; readonly reason: string }
  /** It cannot be opened now: permissions, or another program holds it. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * So many bytes at the end of the pixels tell whether they were written. Copying programs write in pieces of at least
 * 64 bytes times a power of two, and files of 2880-byte blocks end such a piece at a multiple of 64.
 */
const tailBytes = 64;
const noVersion: FileVersion = { sizeBytes: 0, mtimeMs: 0 };

/**
 * Reads once the state of a file and tells by structure, not by size alone, whether it is whole: network shares reserve the
 * full size before the first byte arrives. Never rejects for what it finds, and never opens what could block (pipes).
 */
export async function readFileState(path: string, maxFileBytes: number): Promise<FileState> {
  try {
    const found = await stat(path);
    const version = versionOf(found);
    if (found.isDirectory())
      return unfit('folder', 'This is a folder with the name of a frame. Frames in it are taken in.');
    if (!found.isFile()) return unfit('not-a-file', 'This is a device or a pipe, not a file.');
    if (found.size > maxFileBytes) {
      return unfit(
        'too-large',
        `The file has ${mb(found.size)} MB, more than the ${mb(maxFileBytes)} MB allowed by intake.maxFileMb.`,
        version,
      );
    }
    return await stateInside(path, version);
  } catch (error) {
    return stateOfError(path, error);
  }
}

async function stateInside(path: string, before: FileVersion): Promise<FileState> {
  const file = await openFile(path);
  try {
    const state = await ((await isPacked(file))
      ? alone(() => stateOfContent(file, before))
      : stateOfContent(file, before));
    const after = versionOf(await stat(path));
    if (sameVersion(before, after)) return state;
    return { kind: 'incomplete', version: after, code: 'growing', reason: 'It is being written.' };
  } finally {
    await file.close();
  }
}

async function stateOfContent(packed: ByteSource, version: FileVersion): Promise<FileState> {
  if (version.sizeBytes === 0) {
    const reason = 'The file is empty. Was the disk full, or the exposure aborted?';
    return { kind: 'incomplete', version, code: 'empty', reason };
  }
  try {
    const bytes = await unpack(packed);
    const structure = await checkStructure(bytes);
    if (structure.complete) return { kind: 'whole', version, doubt: await doubtOf(bytes, structure.hdus) };
    if (!structure.waiting) return unfit('not-usable', sentence(structure.reason), version);
    await readHdus(bytes); // all that is missing may be the padding of the last block
    return { kind: 'whole', version, doubt: sentence(structure.reason) };
  } catch (error) {
    if (!(error instanceof BadFits)) throw error;
    // A stream that is broken now may be one whose middle is not written yet.
    const kind = error.fault === 'truncated' || error.fault === 'corrupt' ? 'incomplete' : 'unfit';
    return { kind, version, code: error.fault, reason: sentence(error.message) };
  }
}

/** Signs that a file with a complete structure is not written to its end. */
async function doubtOf(bytes: ByteSource, hdus: readonly Hdu[]): Promise<string | undefined> {
  const last = hdus.findLast((hdu) => hdu.dataBytes > 0);
  if (!last) return 'It holds a header and no image yet.';
  const length = Math.min(tailBytes, last.dataBytes);
  const tail = await bytes.read(last.dataOffset + last.dataBytes - length, length);
  return tail.every((byte) => byte === 0) ? 'Its last pixels are all zero, as in space that is reserved.' : undefined;
}

async function stateOfError(path: string, error: unknown): Promise<FileState> {
  const { code } = error as { code?: unknown };
  if (code === 'ELOOP') return unfit('link-loop', 'This is a symbolic link that leads back to itself.');
  if (!isMissing(error)) return { kind: 'unreadable', reason: unreadableReason(code, error) };
  if (path.includes('\ufffd')) {
    return unfit('name', 'Its name is not valid UTF-8, so that it cannot be opened by it. Rename the file.');
  }
  const dangling = await lstat(path).then(
    (entry) => entry.isSymbolicLink(),
    () => false,
  );
  return dangling ? unfit('dangling-link', 'This is a symbolic link to a file that does not exist.') : { kind: 'gone' };
}

function unreadableReason(code: unknown, error: unknown): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'The file cannot be read: permission denied. Let the account that runs bhtom-edge read it; it is then taken in by itself.';
    case 'EBUSY':
      return 'Another program holds the file open and lets nobody read it.';
    default:
      return `The file cannot be read: ${describeError(error)}.`;
  }
}

function unfit(code: string, reason: string, version: FileVersion = noVersion): FileState {
  return { kind: 'unfit', version, code, reason };
}

export function versionOf(stats: Stats): FileVersion {
  return { sizeBytes: stats.size, mtimeMs: Math.trunc(stats.mtimeMs) };
}

export function sameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeMs === b.mtimeMs;
}

/** A message as a sentence of its own. */
export function sentence(text: string): string {
  const trimmed = text.replace(/\.$/, '');
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`;
}

function mb(bytes: number): string {
  return (bytes / 1048576).toFixed(bytes < 10 * 1048576 ? 1 : 0);
}
