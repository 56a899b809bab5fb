import { glob, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isFrameName, stemOf } from '../agent/intake/names.ts';
import { TellOperator } from '../base/errors.ts';

/** A request on the command line that cannot be understood; the program ends with 2. */
export class UsageError extends TellOperator {
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** What arguments name: the files that are there, and of each argument that names nothing, why. */
export interface NamedFrames {
  readonly paths: readonly string[];
  readonly absent: readonly { readonly argument: string; readonly reason: string }[];
  /** Of each folder that holds pictures of other formats, how many and what to do. */
  readonly passedOver: readonly string[];
}

/**
 * The files that arguments name: files as they are, folders with all frames below them, and patterns that the shell
 * left alone. In the order given, each file once.
 * @throws UsageError for an argument that names nothing
 */
export async function framesNamed(arguments_: readonly string[]): Promise<string[]> {
  const { paths, absent } = await findFrames(arguments_);
  if (absent.length > 0) throw new UsageError(absent[0]!.reason);
  return [...paths];
}

/** As `framesNamed`, but an argument that names nothing costs only itself. */
export async function findFrames(arguments_: readonly string[]): Promise<NamedFrames> {
  const found = new Set<string>();
  const absent: { argument: string; reason: string }[] = [];
  const passedOver: string[] = [];
  for (const argument of arguments_) {
    const kind = await kindOf(argument);
    if (kind === 'file') {
      found.add(argument);
      continue;
    }
    const pattern = kind === 'folder' ? join(argument, '**', '*') : argument;
    const matches: string[] = [];
    const pictures: string[] = [];
    for await (const path of glob(pattern)) {
      if (kind !== 'folder' || isFrameName(path)) matches.push(path);
      else if (otherPicture.test(path)) pictures.push(path);
    }
    const told = pictures.length === 0 ? undefined : picturesIn(argument, pictures);
    const files = [];
    for (const path of matches.sort()) if ((await kindOf(path)) === 'file') files.push(path);
    if (files.length === 0) {
      const nothing = kind === 'folder' ? `no frames in the folder ${argument}` : `there is no file ${argument}`;
      absent.push({ argument, reason: told === undefined ? nothing : `${nothing}; ${told}` });
    } else if (told !== undefined) passedOver.push(told);
    for (const path of files) found.add(path);
  }
  return { paths: [...found], absent, passedOver };
}

/** Names of raw files, pictures and videos of cameras, which are no frames. */
const otherPicture = /\.(cr2|cr3|nef|arw|dng|raf|orf|rw2|pef|tiff?|jpe?g|png|bmp|ser|avi|mp4|mov)$/i;

function picturesIn(folder: string, paths: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const ending = extname(path).toLowerCase();
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const kinds = [...counts].sort().map(([ending, count]) => `${count} ${ending}`);
  return `${folder} holds pictures that are no FITS frames (${kinds.join(', ')}), passed over: let the camera program save raw frames as FITS, 16 bits a pixel`;
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'nothing'> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return 'nothing';
  return found.isDirectory() ? 'folder' : 'file';
}

/** Stems made unique: the second of a name gets `-2`. */
export function uniqueStems(paths: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return paths.map((path) => {
    const stem = stemOf(path);
    const times = (taken.get(stem) ?? 0) + 1;
    taken.set(stem, times);
    return times === 1 ? stem : `${stem}-${times}`;
  });
}
