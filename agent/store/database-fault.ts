import { describeError } from '../../base/errors.ts';

/**
 * What an error of SQLite means for people and what to do, or undefined for an error of another kind. `dataDir` is
 * where the database lies.
 */
export function databaseFault(error: unknown, dataDir: string): string | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined;
  const where = `The database in ${dataDir} cannot be used`;
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return `${where}: it is damaged. The daemon sets it aside at its next start and rebuilds it from the frames.`;
  }
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    return `${where}: the disk is full or failing (${code}). Free some space, and look at the disk.`;
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return `${where} by this user, or the disk is read-only or full (${code}). Run it as the daemon's user, and look at the disk.`;
  }
  if (code.startsWith('SQLITE_BUSY')) return `${where}: another program holds it. Try again.`;
  return `${where}: ${describeError(error)} (${code}). Was it written by another version?`;
}
