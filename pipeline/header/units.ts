/** A unit as comments write it, and what one of it is worth in the unit that the program computes in. */
export interface Unit {
  readonly worth: number;
  /** Regular expression of its symbols: believed alone, in brackets, after `in`, or behind the number. */
  readonly symbols: string;
  /** Regular expression of its words, believed anywhere in a comment. */
  readonly words?: string;
}

/** Units of time, in seconds. */
export const durationUnits: readonly Unit[] = [
  { worth: 1e-9, symbols: 'ns', words: 'nano-?sec(?:ond)?s?' },
  { worth: 1e-6, symbols: '[uµμ]s', words: 'micro-?sec(?:ond)?s?|[uµμ]secs?' },
  { worth: 1e-3, symbols: 'ms', words: 'milli-?sec(?:ond)?s?|msecs?' },
  { worth: 1e-2, symbols: 'cs', words: 'centi-?sec(?:ond)?s?|hundredths? of (?:a )?seconds?' },
  { worth: 1e-1, symbols: 'ds', words: 'tenths? of (?:a )?seconds?' },
  { worth: 1, symbols: 's', words: 'sec(?:ond)?s?' },
  { worth: 60, symbols: 'm', words: 'min(?:ute)?s?' },
  { worth: 3600, symbols: 'h', words: 'hours?|hrs?' },
  { worth: 86400, symbols: 'd', words: 'days?' },
];

/** Units of right ascension and longitude, in degrees. */
export const angleUnits: readonly Unit[] = [
  { worth: 15, symbols: 'h(?:ms?)?|hh?[ :]mm?[ :]ss?(?:\\.s+)?', words: 'hours?|hrs?' },
  { worth: 180 / Math.PI, symbols: 'rad', words: 'radians?' },
  { worth: 1, symbols: 'd|°|dms|dd?[ :]mm?[ :]ss?(?:\\.s+)?', words: 'deg(?:ree)?s?' },
];

/** Units of length, in metres. */
export const lengthUnits: readonly Unit[] = [
  { worth: 1e-6, symbols: '[uµμ]m', words: 'micro(?:n|metre|meter)s?' },
  { worth: 1e-3, symbols: 'mm', words: 'millimet(?:re|er)s?' },
  { worth: 1e-2, symbols: 'cm', words: 'centimet(?:re|er)s?' },
  { worth: 0.0254, symbols: '"|in', words: 'inch(?:es)?' },
  { worth: 0.3048, symbols: 'ft', words: 'feet|foot' },
  { worth: 1e3, symbols: 'km', words: 'kilomet(?:re|er)s?' },
  { worth: 1, symbols: 'm', words: 'met(?:re|er)s?' },
];

/** Units of an angle for each pixel, in arcseconds per pixel. */
export const scaleUnits: readonly Unit[] = (
  [
    [1e-3, 'mas|milli-?arcsec(?:ond)?s?'],
    [1, "\"|''|as|arc-?sec(?:ond)?s?|seconds? of arc|asec"],
    [60, "'|arc-?min(?:ute)?s?|amin"],
    [3600, 'd|deg(?:ree)?s?'],
    [(180 / Math.PI) * 3600, 'rad(?:ian)?s?'],
  ] as const
).map(([worth, angle]) => {
  const perPixel = `(?:${angle})s? ?(?:\\/|per|p) ?(?:px|pix(?:el)?s?)`;
  return { worth, symbols: `${angle}|${perPixel}`, words: perPixel };
});

/**
 * What one unit of a card's number is worth by its comment; undefined where the comment states no unit. A unit in
 * brackets goes before one after `in`, that before a comment that is nothing else or ends with it, and before a word
 * anywhere.
 */
export function unitOf(comment: string, units: readonly Unit[]): number | undefined {
  const bracketed = [...comment.matchAll(/\[([^\]]*)\]|\(([^)]*)\)/g)].map((match) => (match[1] ?? match[2])!.trim());
  const find = (holds: (unit: Unit) => boolean): number | undefined => units.find(holds)?.worth;
  const any = ({ symbols, words }: Unit) => (words === undefined ? symbols : `${symbols}|${words}`);
  for (const text of bracketed) {
    const worth = fractionOf(text);
    const rest = text.replace(fraction, '').trim();
    const found = find((unit) => new RegExp(`^(?:in |units? ?[:=]? ?)?(?:${any(unit)})(?![a-z/])`, 'i').test(rest));
    if (found !== undefined) return found * worth;
  }
  const plain = comment.trim();
  return (
    find((unit) => new RegExp(`\\bin (?:decimal )?(?:${any(unit)})(?![a-z])`, 'i').test(plain)) ??
    find((unit) => new RegExp(`^(?:${any(unit)})\\.?$`, 'i').test(plain)) ??
    find((unit) => new RegExp(`(?:[,;:=]|\\bunits?) ?(?:${any(unit)})\\.?$`, 'i').test(plain)) ??
    find(({ symbols }) => new RegExp(`[a-z] (?=[a-zµμ]{2})(?:${symbols})$`, 'i').test(plain)) ??
    find(({ words }) => words !== undefined && new RegExp(`(?<![a-z])(?:${words})(?![a-z])`, 'i').test(plain))
  );
}

const fraction = /^(?:1 ?\/ ?(10+)|(0?\.0*1)) ?(?:of )?(?:an? )?/;

/** The part of a unit that a comment counts in, as in `[1/100 s]`. */
function fractionOf(text: string): number {
  const match = fraction.exec(text);
  if (!match) return 1;
  return match[1] === undefined ? Number(match[2]) : 1 / Number(match[1]);
}
