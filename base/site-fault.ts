/** Codes of the system and of SQLite that tell of the computer, whatever was to be written or opened. */
const codes =
  /^(SITE_FAULT|CATALOGUE_UNUSABLE|ENOSPC|EDQUOT|EROFS|EMFILE|ENFILE|SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY)(_.*)?)$/;

/**
 * Whether an error is a fault of the site (a disk that is full, read-only or failing, too many open files, a database
 * that somebody else holds, a catalogue that is gone) and not of the work at hand: the same work succeeds once the site
 * is mended, so it is paused and costs no attempt. EIO is not among them: a single file on a bad sector would hold everything for ever.
 */
export function isSiteFault(error: unknown): boolean {
  for (let one = error; one !== undefined && one !== null; one = (one as { cause?: unknown }).cause) {
    const { code } = one as { code?: unknown };
    if (typeof code === 'string' && codes.test(code)) return true;
  }
  return false;
}
