import { encodeFits } from '../../pipeline/fits/write.ts';
import type { CardToWrite } from '../../pipeline/fits/write-card.ts';

/** One amplifier of a simulated detector. */
export interface SimulatedAmplifier {
  /** Where it lies, columns and rows from 0, the last not included. */
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly biasAdu?: number;
  readonly gainEPerAdu?: number;
  /** Columns of overscan behind its pixels. */
  readonly overscanPx?: number;
  readonly isTurnedX?: boolean;
  readonly isTurnedY?: boolean;
  /** Added to DETSEC, DATASEC and BIASSEC, or in their place; without a value left out. */
  readonly cards?: readonly (CardToWrite | { readonly keyword: string; readonly value: undefined })[];
}

/** The bytes of a file that holds what each amplifier read of `electrons`, in an extension each. */
export function amplifierFile(
  width: number,
  electrons: ArrayLike<number>,
  amplifiers: readonly SimulatedAmplifier[],
  cards: readonly CardToWrite[],
): Buffer {
  const extensions = amplifiers.map((amplifier, k) => {
    const { x0, x1, y0, y1, biasAdu = 0, gainEPerAdu = 1, overscanPx = 0, isTurnedX, isTurnedY } = amplifier;
    const [nx, ny] = [x1 - x0, y1 - y0];
    const own = nx + overscanPx;
    const pixels = new Uint16Array(own * ny).fill(biasAdu);
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const at = (isTurnedY ? y1 - 1 - y : y0 + y) * width + (isTurnedX ? x1 - 1 - x : x0 + x);
        pixels[y * own + x] = Math.min(65535, Math.round(electrons[at]! / gainEPerAdu + biasAdu));
      }
    }
    const along = (from: number, to: number, isTurned: boolean | undefined) =>
      isTurned ? `${to}:${from + 1}` : `${from + 1}:${to}`;
    const usual: CardToWrite[] = [
      { keyword: 'DETSEC', value: `[${along(x0, x1, isTurnedX)},${along(y0, y1, isTurnedY)}]` },
      { keyword: 'DATASEC', value: `[1:${nx},1:${ny}]` },
      ...(overscanPx > 0 ? [{ keyword: 'BIASSEC', value: `[${nx + 1}:${own},1:${ny}]` }] : []),
    ];
    const given = new Set((amplifier.cards ?? []).map(({ keyword }) => keyword));
    const all = [...usual.filter(({ keyword }) => !given.has(keyword)), ...(amplifier.cards ?? [])];
    return {
      kind: 'image',
      name: `AMP${k + 1}`,
      width: own,
      height: ny,
      pixels,
      cards: all.filter((card): card is CardToWrite => card.value !== undefined),
    } as const;
  });
  return Buffer.concat(encodeFits([{ kind: 'empty', cards }, ...extensions]));
}

/** Four amplifiers, one a quarter, each read towards its own corner. */
export function quarters(
  width: number,
  height: number,
  each: (k: number) => Omit<SimulatedAmplifier, 'x0' | 'x1' | 'y0' | 'y1'>,
): SimulatedAmplifier[] {
  return [0, 1, 2, 3].map((k) => {
    const [right, upper] = [k % 2, k >> 1];
    return {
      x0: (right * width) / 2,
      x1: ((right + 1) * width) / 2,
      y0: (upper * height) / 2,
      y1: ((upper + 1) * height) / 2,
      isTurnedX: right === 1,
      isTurnedY: upper === 1,
      ...each(k),
    };
  });
}
