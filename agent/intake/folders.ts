import { mkdirSync, realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { TellOperator } from '../../base/errors.ts';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import { privateMode } from '../store/open.ts';

/** What the intake must know of an instrument. */
export interface WatchedInstrument {
  readonly id: string;
  readonly folders: readonly string[];
  readonly polling: boolean;
  /** What the site states against its headers. */
  readonly overrides?: HeaderOverrides;
}

/**
 * The names under which the agent's own folder could be met in a watched one. Throws TellOperator when a watched
 * folder lies inside dataDir: what the agent writes could not be told from frames.
 */
export function ownFolders(dataDir: string, instruments: readonly WatchedInstrument[]): string[] {
  mkdirSync(dataDir, { recursive: true, mode: privateMode });
  const own = [resolve(dataDir), realpathSync(dataDir)];
  for (const { id, folders } of instruments) {
    const inside = folders.find((folder) =>
      own.some((name) => isWithin(realOr(folder), name) || isWithin(resolve(folder), name)),
    );
    if (inside !== undefined) {
      throw new TellOperator(
        'FOLDER_IN_DATA_DIR',
        `The folder ${inside} of instrument ${id} lies inside dataDir (${dataDir}), where the agent keeps its own files. Move one of them.`,
      );
    }
  }
  return [...new Set(own)];
}

/** Whether a path is a folder or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The part of a path below the watched folder it was found in. */
export function pathBelow(instrument: WatchedInstrument, path: string): string {
  const folder = instrument.folders.map((name) => resolve(name)).find((name) => isWithin(path, name));
  return folder === undefined ? path : relative(folder, path);
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // it does not exist yet
  }
}
