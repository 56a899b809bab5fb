import { basename } from 'node:path';
import { Parked } from '../../../base/errors.ts';
import type { StarSource, StarTiles } from '../../store/star-tiles.ts';
import { type Completeness, tilesOfStars } from '../keep.ts';
import { tychoSource } from '../sources.ts';
import { joinTables, type StarTable, starRows } from '../star-table.ts';
import { readStarFile, type StarFile } from './read-stars.ts';

/** What the operator says of a file of stars. */
export interface ImportOptions {
  /** Id, title, licence and credit, where he gives them. */
  readonly source: Partial<StarSource>;
  /** Where, and how deep, the file leaves no star out; undefined: not known. */
  readonly completeness: Completeness | undefined;
  readonly epochYear: number | undefined;
}

export interface Imported {
  readonly source: StarSource;
  readonly kinds: readonly StarFile['kind'][];
  readonly nStars: number;
}

/**
 * Puts the stars of files into the site's own, as one source, in the place of what that source had. Index files of
 * astrometry.net make one source together: the same star stands in several and is taken once.
 */
export async function importStars(
  paths: readonly string[],
  options: ImportOptions,
  into: StarTiles,
): Promise<Imported> {
  const files: StarFile[] = [];
  for (const path of paths) files.push(await readStarFile(path, options.epochYear));
  const epochYear = files[0]!.table.epochYear;
  if (files.some(({ table }) => table.epochYear !== epochYear)) {
    throw new Parked('CATALOGUE_EPOCH', 'The files hold stars of different epochs: import them one by one.');
  }
  const table = withoutTwins(
    joinTables(
      files.map((file) => file.table),
      epochYear,
    ),
  );
  const isIndex = files.every(({ kind }) => kind === 'astrometry.net index');
  const source = { ...(isIndex ? tychoSource : sourceOfFile(paths[0]!)), ...options.source };
  // An index covers the whole sky, as deep as it goes.
  const completeness = options.completeness ?? (isIndex ? { region: undefined, depthMag: null } : undefined);
  into.write(source, paths.map((path) => basename(path)).join(', '), tilesOfStars(table, completeness), true);
  return { source, kinds: files.map(({ kind }) => kind), nStars: table.count };
}

function sourceOfFile(path: string): StarSource {
  const title = basename(path);
  const id = `file-${title
    .toLowerCase()
    .replace(/\.[a-z0-9]+$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}`;
  return { id: id.slice(0, 60), title, licence: 'not stated', credit: 'not stated' };
}

/** A hundred-thousandth of a degree: no catalogue tells two stars apart that closely. */
const twinsPerDeg = 1e5;

/** One row of those at the same position. */
function withoutTwins(table: StarTable): StarTable {
  const seen = new Set<number>();
  const rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const north = Math.round((table.decDeg[row]! + 90) * twinsPerDeg);
    const key = Math.round(table.raDeg[row]! * twinsPerDeg) * 180.1 * twinsPerDeg + north;
    if (seen.has(key)) continue;
    seen.add(key);
    rows.push(row);
  }
  return rows.length === table.count ? table : starRows(table, rows);
}
