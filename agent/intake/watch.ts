import { basename, resolve } from 'node:path';
import { watch } from 'chokidar';
import type { Logger } from '../health/log.ts';
import { isFrameName } from './names.ts';

export interface WatchOptions {
  readonly folders: readonly string[];
  /** Folders that are never entered: the agent's own. */
  readonly excluded: readonly string[];
  readonly log: Logger;
  /** A file with the name of a frame appeared or changed. */
  readonly onFile: (path: string) => void;
}

export interface Watch {
  close(): Promise<void>;
}

/**
 * Hears of new and changed files. It may miss some (that is what the rescan is for) and tell of some twice (that is
 * what the ledger is for). Resolves once it listens; what is there before is not told.
 */
export async function watchFolders(options: WatchOptions): Promise<Watch> {
  const folders = options.folders.map((folder) => resolve(folder));
  const watcher = watch(folders, {
    ignoreInitial: true,
    atomic: false,
    ignorePermissionErrors: true,
    ignored: [
      // Hidden folders (of a bin, of a synchroniser) are not entered, as by the walk.
      (path) => basename(path).startsWith('.') && !folders.includes(path),
      (path, stats) => stats?.isFile() === true && !isFrameName(path),
      ...options.excluded.map((path) => ({ path, recursive: true })),
    ],
  });
  watcher.on('add', options.onFile);
  watcher.on('change', options.onFile);
  watcher.on('addDir', (path) => {
    if (isFrameName(path)) options.onFile(path);
  });
  watcher.on('error', (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') return; // the walk finds such links too, and rejects them with their reason
    const limit =
      code === 'ENOSPC' || code === 'EMFILE'
        ? ' The system allows no more watches (Linux: fs.inotify.max_user_watches, max_user_instances).'
        : '';
    options.log.warn(
      { err: error, folders: options.folders },
      `watching the folders met an error: some files may be found later, by the rescan.${limit}`,
    );
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return { close: () => watcher.close() };
}
