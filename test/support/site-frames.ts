import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';
import { smallFrame } from './small-frame.ts';

export interface SiteFrames {
  readonly camera?: string;
  readonly filters?: readonly string[];
  readonly latitudeDeg?: number;
  readonly longitudeDeg?: number;
  readonly cards?: readonly CardToWrite[];
}

/**
 * Fills a folder with a light frame a filter, as a camera program at 50 N 20 E writes them unless told otherwise: of
 * HAT-P-32, which stood at 81 deg there on 2026-11-22 at 21:30 UTC, written one after the other.
 */
export function writeSiteFrames(
  folder: string,
  {
    camera = 'ZWO ASI1600MM',
    filters = ['B', 'V', 'V'],
    latitudeDeg = 50,
    longitudeDeg = 20,
    cards = [],
  }: SiteFrames = {},
): void {
  mkdirSync(folder, { recursive: true });
  filters.forEach((filter, at) => {
    const path = join(folder, `${camera.replaceAll(' ', '-')}-${at}.fits`);
    const own: CardToWrite[] = [
      { keyword: 'DATE-OBS', value: `2026-11-22T21:${30 + at}:00.000` },
      { keyword: 'INSTRUME', value: camera },
      { keyword: 'FILTER', value: filter },
      { keyword: 'SITELAT', value: latitudeDeg },
      { keyword: 'SITELONG', value: longitudeDeg },
      { keyword: 'RA', value: 31.0428 },
      { keyword: 'DEC', value: 46.6878 },
      { keyword: 'FOCALLEN', value: 800 },
      { keyword: 'XPIXSZ', value: 3.8 },
    ];
    const given = new Set(cards.map(({ keyword }) => keyword));
    writeFileSync(
      path,
      smallFrame({ seed: at + 1, cards: [...own.filter(({ keyword }) => !given.has(keyword)), ...cards] }),
    );
    const writtenS = Date.UTC(2026, 10, 22, 21, 31 + at) / 1000;
    utimesSync(path, writtenS, writtenS);
  });
}
