import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const pieceBytes = 8 << 20;

/**
 * Writes a file so that after a power cut there is either the old content or the whole new one: a temporary file
 * beside it, flushed, renamed over the old name, and the folder's entry flushed too. Content may come in pieces.
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await writeInPieces(file, piecesOf(content));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Flushes as it goes: journalling file systems make everybody's next sync, a commit of the database among them, wait for
 * all that is not on the disk yet, which for a large frame in one piece takes a tenth of a second and more.
 */
async function writeInPieces(
  file: FileHandle,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  let unflushedBytes = 0;
  for await (const piece of pieces) {
    if (unflushedBytes >= pieceBytes) {
      await file.datasync();
      unflushedBytes = 0;
    }
    await file.writeFile(piece);
    unflushedBytes += piece.length;
  }
}

function piecesOf(content: string | Uint8Array | AsyncIterable<Uint8Array>) {
  if (typeof content === 'string') return inPieces(Buffer.from(content));
  return content instanceof Uint8Array ? inPieces(content) : content;
}

function* inPieces(content: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < content.length; from += pieceBytes) yield content.subarray(from, from + pieceBytes);
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a folder, and NTFS journals the rename
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
