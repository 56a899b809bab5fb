import { Random } from '../../base/random.ts';
import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';

export interface SmallFrame {
  /** Equal seeds give equal pixels. */
  readonly seed: number;
  readonly width?: number;
  readonly height?: number;
  /** Added to the usual cards, or in their place. */
  readonly cards?: readonly CardToWrite[];
}

/** The bytes of a light frame of noise, as a camera program would write it. */
export function smallFrame({ seed, width = 48, height = 40, cards = [] }: SmallFrame): Buffer {
  const random = new Random(seed);
  const pixels = new Uint16Array(width * height).map(() => 1000 + random.below(200));
  const usual: CardToWrite[] = [
    { keyword: 'IMAGETYP', value: 'Light Frame' },
    { keyword: 'OBJECT', value: 'HAT-P-32' },
    { keyword: 'DATE-OBS', value: '2026-03-01T22:15:00.000' },
    { keyword: 'EXPTIME', value: 60 },
    { keyword: 'FILTER', value: 'V' },
    { keyword: 'INSTRUME', value: 'Test Camera' },
  ];
  const given = new Set(cards.map((card) => card.keyword));
  const all = [...usual.filter((card) => !given.has(card.keyword)), ...cards];
  return Buffer.concat(encodeFits([{ kind: 'image', width, height, pixels, cards: all }]));
}
