import { readFileSync } from 'node:fs';
import { memoryBytes } from '../../base/bytes.ts';

const folder = new URL('../fixtures/fits/', import.meta.url);

/** The bytes of a committed FITS file (see `test/fixtures/fits/make.py`). */
export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(new URL(name, folder));
}

export function fixture(name: string) {
  return memoryBytes(fixtureBytes(name));
}

/** Pixels of the fixtures as astropy reads them; null where it gives NaN. */
export const expectedPixels = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
  string,
  (number | null)[]
>;
