import type { Dirent } from 'node:fs';
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../base/errors.ts';
import type { Sighting } from '../store/frame.ts';
import { isFrameName, isPassingName, passingNameMs } from './names.ts';

export interface WalkOptions {
  /** Real paths of folders that are never entered: the agent's own. */
  readonly excluded: readonly string[];
  readonly nowMs: number;
  /** Called for a folder that cannot be read; the walk goes on without it. */
  readonly onUnreadable: (folder: string, reason: string) => void;
  /** Files for which this holds are passed over without a look at them. */
  readonly passOver?: (path: string) => boolean;
  readonly signal?: AbortSignal;
}

/**
 * Every file below a folder that has the name of a frame, linked folders included, each folder once however many
 * links lead to it. Links that lead nowhere or back to themselves, and folders named like a frame, are sighted too,
 * with size and time 0, so that somebody is told.
 */
export async function* walk(root: string, options: WalkOptions): AsyncGenerator<Sighting> {
  const visited = new Set<string>();
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      const real = await realpath(folder);
      if (visited.has(real) || options.excluded.includes(real)) continue;
      visited.add(real);
      for await (const entry of await opendir(folder)) {
        options.signal?.throwIfAborted();
        const path = join(folder, entry.name);
        if (!entry.name.startsWith('.') && (await isFolder(entry, path))) folders.push(path);
        if (options.passOver?.(path)) continue;
        const sighting = await sight(path, options.nowMs);
        if (sighting) yield sighting;
      }
    } catch (error) {
      if (options.signal?.aborted) throw error;
      options.onUnreadable(folder, describeError(error));
    }
  }
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (target) => target.isDirectory(),
    () => false, // a link that leads nowhere is no folder; as a frame it is sighted below
  );
}

/** One look at a path. Undefined when there is no frame there (yet), by name or because nothing is there. */
export async function sight(path: string, nowMs: number): Promise<Sighting | undefined> {
  if (!isFrameName(path)) return undefined;
  const nothingToTell = { path, sizeBytes: 0, mtimeMs: 0 };
  try {
    const found = await stat(path);
    if (!found.isFile()) return nothingToTell;
    const mtimeMs = Math.trunc(found.mtimeMs);
    if (isPassingName(path) && nowMs - mtimeMs < passingNameMs) return undefined;
    return { path, sizeBytes: found.size, mtimeMs };
  } catch (error) {
    if (!isMissing(error)) return nothingToTell;
    if (path.includes('\ufffd')) return nothingToTell; // a name that is not UTF-8 is listed but cannot be opened by it
    return (await isDanglingLink(path)) ? nothingToTell : undefined;
  }
}

function isDanglingLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (entry) => entry.isSymbolicLink(),
    () => false, // gone since it was listed
  );
}

export function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
