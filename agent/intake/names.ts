import { basename } from 'node:path';

const frameEnding = /\.(fits?|fts|fz|fits?\.gz|fts\.gz|fits?\.bz2|fts\.bz2|xisf)$/i;
const guid = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?(\.|$)/i;

/** Whether a file of this name is a frame or will be one: the endings of FITS and XISF, packed ones too, not hidden. */
export function isFrameName(path: string): boolean {
  const name = basename(path);
  return !name.startsWith('.') && !name.startsWith('~') && frameEnding.test(name);
}

/**
 * Whether a camera program wrote this name to rename it once the file is whole: N.I.N.A. writes to a GUID first. One
 * that stands for long after all (the program crashed before it renamed) is a frame like any other.
 */
export function isPassingName(path: string): boolean {
  return guid.test(basename(path));
}

/** After this long without a change, a file with a passing name keeps it. */
export const passingNameMs = 10 * 60_000;

/** The name of a file without its FITS and compression endings. */
export function stemOf(path: string): string {
  return basename(path).replace(/\.(fits?|fts|xisf)?(\.(fz|gz|bz2))?$/i, '');
}
