import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the lock of a site lies. */
export function attendedPath(dataDir: string): string {
  return join(dataDir, 'attended');
}

/**
 * The local lock: while the file exists, somebody works at the telescope and nothing moves by itself. It survives a
 * restart, and only a person at the site makes and removes it. A folder that cannot be read counts as locked.
 */
export function attendedLock(path: string): () => boolean {
  return () => {
    try {
      return statSync(path, { throwIfNoEntry: false }) !== undefined;
    } catch {
      return true; // not knowing is as good as locked: the one error that needs no report, motion simply stays barred
    }
  };
}
