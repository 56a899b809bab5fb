import type { Fact } from './facts.ts';
import type { Lookup, Reading } from './lookup.ts';
import { asText } from './values.ts';

const openPlace = /^(air|open|empty|blank|hole|free|out|none|clear|clr|c|clear glass|glass|no[ _-]?filter|nofilt)$/i;
/** One of several wheels in a row, as `FILTER1`, `FILT-2`, `FILTERB`. */
const wheelCard = /^(FILTER|FILT|FILTNAM)[-_]?(0?[1-9]|[A-C])$/;

/** Whether a name says that no filter is in the beam, or only plain glass. */
function isOpenPlace(name: string): boolean {
  return openPlace.test(name.trim());
}

/**
 * The filter in the beam. Of several wheels the one that does not stand on an open place; both named, joined by ` + `, where
 * two different filters are in the beam. A number is the place in a wheel: it counts only where no card names the filter.
 */
export function resolveFilter(lookup: Lookup): Fact<string> | undefined {
  const readings = lookup.findAll('filter', asText);
  const named = readings.filter(({ value }) => !/^\d+$/.test(value));
  const real = named.filter(({ value }) => !isOpenPlace(value));
  const single = real.find(({ card }) => !wheelCard.test(card));
  if (single) return factOf([single]);
  const distinct = real.filter(
    ({ value }, i) => real.findIndex((other) => other.value.toLowerCase() === value.toLowerCase()) === i,
  );
  if (distinct.length > 0) return factOf(distinct);
  const [first] = [...named, ...readings];
  return first && factOf([first]);
}

function factOf(readings: readonly Reading<string>[]): Fact<string> {
  return {
    value: readings.map(({ value }) => value).join(' + '),
    card: readings.map(({ card }) => card).join(' and '),
    confidence: readings[0]!.confidence,
  };
}
