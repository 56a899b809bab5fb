import { glob, stat } from 'node:fs/promises';
import { join } from 'node:path';
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
  for (const argument of arguments_) {
    const kind = await kindOf(argument);
    if (kind === 'file') {
      found.add(argument);
      continue;
    }
    const pattern = kind === 'folder' ? join(argument, '**', '*') : argument;
    const matches: string[] = [];
    for await (const path of glob(pattern)) if (kind !== 'folder' || isFrameName(path)) matches.push(path);
    const files = [];
    for (const path of matches.sort()) if ((await kindOf(path)) === 'file') files.push(path);
    if (files.length === 0) {
      const reason = kind === 'folder' ? `no frames in the folder ${argument}` : `there is no file ${argument}`;
      absent.push({ argument, reason });
    }
    for (const path of files) found.add(path);
  }
  return { paths: [...found], absent };
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
