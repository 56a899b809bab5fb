import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import type { FieldHint } from '../../pipeline/astrometry/problem.ts';
import { wcsFromKeywords } from '../../pipeline/astrometry/wcs-keywords.ts';
import type { Header } from '../../pipeline/fits/header.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import { placeHints, scaleHints } from '../../pipeline/stages/hints.ts';
import { readStarTiles, type StarTiles, starTilesName } from '../store/star-tiles.ts';
import type { FieldStars } from './field-stars.ts';
import { cachedStarCsv } from './star-csv.ts';
import { starsInField } from './stars-in-field.ts';

/** What a reduction says of the stars it wants. */
export interface StarsWanted {
  readonly cataloguePath: string | undefined;
  readonly starsDir: string | undefined;
  readonly hint: FieldHint | undefined;
  readonly scaleArcsecPerPx: number | undefined;
}

interface ReadFrame {
  readonly header: Header;
  readonly facts: FrameFacts;
  readonly image: { readonly width: number; readonly height: number };
}

/** Half a usual field, where nothing tells the scale. */
const usualFieldRadiusDeg = 0.5;
/** No lens that frames are solved for sees farther. */
const maxFieldRadiusDeg = 20;

let opened: { dir: string; tiles: StarTiles } | undefined;

export interface StarsFound {
  readonly stars: FieldStars | undefined;
  /** What every product must say of them. */
  readonly warnings: readonly string[];
}

/**
 * The reference stars for a frame: the CSV where one is named, else the site's own around the place that header or
 * command line point to. None where there are none or nothing says where the frame looks; where the site's own are
 * damaged, the frame is measured without, and says so. Rejects with TellOperator when the CSV cannot be used.
 */
export async function starsFor(wanted: StarsWanted, frame: ReadFrame, clock: Clock): Promise<StarsFound> {
  let stars: FieldStars | undefined;
  try {
    stars =
      wanted.cataloguePath === undefined ? ownStars(wanted, frame, clock) : await cachedStarCsv(wanted.cataloguePath);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const warning = `The site's reference stars cannot be read (${describeError(error)}): bring them anew with "catalogue".`;
    return { stars: undefined, warnings: [warning] };
  }
  return { stars, warnings: stars?.warnings ?? [] };
}

/** Whether there are reference stars of any field at all. */
export function mayHaveStars({ cataloguePath, starsDir }: Pick<StarsWanted, 'cataloguePath' | 'starsDir'>): boolean {
  return cataloguePath !== undefined || (starsDir !== undefined && existsSync(join(starsDir, starTilesName)));
}

/** What a damaged database, or a damaged tile in it, throws. */
function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'TILE_DAMAGED' || (typeof code === 'string' && /^SQLITE_(CORRUPT|NOTADB|IOERR|CANTOPEN)/.test(code));
}

function ownStars(wanted: StarsWanted, frame: ReadFrame, clock: Clock): FieldStars | undefined {
  const tiles = wanted.starsDir === undefined ? undefined : tilesIn(wanted.starsDir, clock);
  if (!tiles) return undefined;
  const { header, facts, image } = frame;
  const { wcs } = wcsFromKeywords((keyword) => header.value(keyword));
  const hint = placeHints({ facts, wcs, given: wanted.hint }, image)[0];
  if (!hint) return undefined;
  const scale = scaleHints({ facts, wcs, given: wanted.scaleArcsecPerPx })[0]?.arcsecPerPx;
  const diagonalDeg = (Math.hypot(image.width, image.height) * (scale ?? Number.NaN)) / 3600;
  const fieldRadiusDeg = Math.min(maxFieldRadiusDeg, diagonalDeg / 2 || usualFieldRadiusDeg);
  return starsInField(tiles, { centre: hint, fieldRadiusDeg, hintRadiusDeg: hint.radiusDeg });
}

/** Kept open for the life of the process: one site has one. */
function tilesIn(dir: string, clock: Clock): StarTiles | undefined {
  if (opened?.dir === dir) return opened.tiles;
  const tiles = readStarTiles(dir, clock);
  if (!tiles) return undefined;
  opened?.tiles.close();
  opened = { dir, tiles };
  return tiles;
}
