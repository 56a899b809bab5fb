import type { BayerPattern, Range, Sensor, Subframe } from '../../contract.ts';
import { refused } from '../../errors.ts';
import type { Facts } from '../facts.ts';

/** SensorType of a Bayer matrix; the offsets tell which of its pixels is the first one. */
const bayerSensor = 2;
const byOffset: Readonly<Record<string, BayerPattern>> = { '0 0': 'RGGB', '1 0': 'GRBG', '0 1': 'GBRG', '1 1': 'BGGR' };
/** The camera's clock is taken where it is within this of ours. */
const clocksAgreeMs = 2_000;

export function bayerOf(traits: Facts): BayerPattern | undefined {
  if (traits.number('sensortype') !== bayerSensor) return undefined;
  return byOffset[`${traits.number('bayeroffsetx') ?? 0} ${traits.number('bayeroffsety') ?? 0}`];
}

/** What a gain or offset may be: a span, or the places of a list. */
export function levelsOf(traits: Facts, what: 'gain' | 'offset'): Range | undefined {
  const named = traits.names(`${what}s`).length;
  if (named > 0) return { min: 0, max: named - 1, step: 1 };
  const [min, max] = [traits.number(`${what}min`), traits.number(`${what}max`)];
  return min !== undefined && max !== undefined && max > min ? { min, max, step: 1 } : undefined;
}

/** A part of the chip (the whole without one) in binned pixels. @throws Parked for a part that it does not have */
export function checkedPart(
  name: string,
  { widthPx, heightPx }: Sensor,
  binning: number,
  subframe: Subframe | undefined,
): Subframe {
  if (!widthPx || !heightPx) throw refused(name, 'it does not tell the size of its chip');
  const { x, y, width, height } = subframe ?? { x: 0, y: 0, width: widthPx, height: heightPx };
  const isWhole = [x, y, width, height].every((value) => Number.isInteger(value) && value >= 0);
  const binned = (pixels: number) => Math.floor(pixels / binning);
  if (!isWhole || binned(width) < 1 || binned(height) < 1 || x + width > widthPx || y + height > heightPx)
    throw refused(name, `its chip of ${widthPx} x ${heightPx} has no such part`);
  return { x: binned(x), y: binned(y), width: binned(width), height: binned(height) };
}

/** The start of an exposure by the camera's word, or ours where it has none or another clock. Times without a zone are UTC. */
export function exposureStartMs(told: string | undefined, oursMs: number): number {
  if (told === undefined) return oursMs;
  const theirsMs = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(told) ? told : `${told}Z`);
  return Math.abs(theirsMs - oursMs) <= clocksAgreeMs ? theirsMs : oursMs;
}
