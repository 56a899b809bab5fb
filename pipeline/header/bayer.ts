import type { BayerFacts, BayerPattern, Fact } from './facts.ts';
import type { Lookup } from './lookup.ts';
import { asNumber } from './values.ts';

/**
 * The Bayer pattern of the pixels as stored. The header names the colours of the sensor's first rows as the picture is
 * shown, top first; a file that stores the bottom row first turns the pattern over, and offsets of a subframe shift it.
 */
export function resolveBayer(lookup: Lookup, height: number | undefined): Fact<BayerFacts> | undefined {
  const pattern = lookup.find('bayerPattern', (value, card) => patternOf(String(value), card === 'FILTER'));
  if (!pattern) return undefined;
  const order = lookup.find('rowOrder', (value) => {
    const text = String(value).trim().toUpperCase().replaceAll('_', '-');
    return text === 'TOP-DOWN' || text === 'BOTTOM-UP' ? text : undefined;
  })?.value;
  const rowOrder = order ?? lookup.dialect.rowOrder ?? 'unknown';
  const offsetX = lookup.find('bayerOffsetX', asNumber)?.value ?? 0;
  const offsetY = lookup.find('bayerOffsetY', asNumber)?.value ?? 0;
  const turned = rowOrder === 'BOTTOM-UP' ? (height ?? 0) - 1 : 0;
  const shifted = shiftPattern(pattern.value, offsetX, offsetY + turned);
  return {
    value: { pattern: shifted, headerPattern: pattern.value, rowOrder },
    card: pattern.card,
    confidence: order === undefined ? 'medium' : pattern.confidence,
  };
}

/** The pattern seen when the origin moves by (dx, dy) pixels; only the parity matters. */
export function shiftPattern(pattern: BayerPattern, dx: number, dy: number): BayerPattern {
  const oddX = Math.abs(Math.round(dx)) % 2;
  const oddY = Math.abs(Math.round(dy)) % 2;
  const at = (x: number, y: number) => pattern[((y + oddY) % 2) * 2 + ((x + oddX) % 2)]!;
  return (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) as BayerPattern;
}

/**
 * The four colours of a word: `RGGB`, `BAYER_RGGB`, `RGGB8`, `RG/GB`, or its first row, as `BayerRG8`. The name of a filter
 * is believed only where it is nothing but the four letters.
 */
function patternOf(value: string, isFilter: boolean): BayerPattern | undefined {
  const text = value.trim().toUpperCase();
  if (isFilter) return isPattern(text) ? text : undefined;
  const letters = text.replace(/[^A-Z]/g, '');
  const four = /(?:RGGB|BGGR|GRBG|GBRG)/.exec(letters)?.[0];
  if (four) return four as BayerPattern;
  const row = /^(?:BAYER)?(RG|BG|GR|GB)$/.exec(letters)?.[1];
  return (['RGGB', 'BGGR', 'GRBG', 'GBRG'] as const).find((pattern) => row !== undefined && pattern.startsWith(row));
}

function isPattern(text: string): text is BayerPattern {
  return text === 'RGGB' || text === 'BGGR' || text === 'GRBG' || text === 'GBRG';
}
