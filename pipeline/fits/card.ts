/** What a header card holds; undefined for commentary, an empty value, or one nobody can read. */
export type CardValue = string | number | boolean | undefined;

/** One header card (with its CONTINUE cards, one logical card). */
export interface Card {
  /** Upper case, without padding; for HIERARCH the words after it, single-spaced. */
  readonly keyword: string;
  readonly value: CardValue;
  readonly comment: string;
  /** The 80 characters as they stand in the file (of the first card, where CONTINUE follows). */
  readonly raw: string;
}

export const cardLength = 80;

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?$/;
const commentary = new Set(['', 'COMMENT', 'HISTORY', 'END']);

/**
 * Reads one card of 80 characters (FITS Standard 4.0, section 4) as leniently as files in the field need: values in
 * any column, D exponents, lower-case keywords, missing blanks around `=`, unterminated strings, and bare words
 * as strings. A complex value is given as its text.
 */
export function parseCard(raw: string): Card {
  const text = raw.replaceAll('\0', ' ');
  if (text.startsWith('HIERARCH ')) {
    const equals = text.indexOf('=');
    if (equals > 0) {
      const keyword = text.slice(9, equals).trim().replace(/ +/g, ' ').toUpperCase();
      return { keyword, ...parseValue(text.slice(equals + 1)), raw };
    }
  }
  const keyword = text.slice(0, 8).trim().toUpperCase();
  if (keyword === 'CONTINUE') return { keyword, ...parseValue(text.slice(8)), raw };
  if (text[8] !== '=' || commentary.has(keyword)) {
    return { keyword, value: undefined, comment: text.slice(8).trimEnd(), raw };
  }
  return { keyword, ...parseValue(text.slice(9)), raw };
}

/** Splits the text after the value indicator into value and comment. */
function parseValue(text: string): { value: CardValue; comment: string } {
  const start = text.length - text.trimStart().length;
  if (text[start] === "'") return parseString(text, start + 1);
  const slash = text.indexOf('/', start);
  const word = (slash < 0 ? text.slice(start) : text.slice(start, slash)).trim();
  const comment = slash < 0 ? '' : text.slice(slash + 1).trim();
  if (word === '') return { value: undefined, comment };
  if (word === 'T' || word === 'F') return { value: word === 'T', comment };
  if (numberPattern.test(word)) return { value: Number(word.replace(/[dD]/, 'E')), comment };
  return { value: word, comment };
}

function parseString(text: string, start: number): { value: string; comment: string } {
  let value = '';
  let i = start;
  for (; i < text.length; i++) {
    if (text[i] === "'") {
      if (text[i + 1] !== "'") break;
      i++;
    }
    value += text[i];
  }
  const slash = text.indexOf('/', i);
  return { value: value.trimEnd(), comment: slash < 0 ? '' : text.slice(slash + 1).trim() };
}

/**
 * The characters of a card's bytes: ASCII as the standard asks; where a program wrote other bytes, UTF-8 if they are
 * that, else Latin-1. Control characters other than NUL become blanks.
 */
export function cardText(bytes: Uint8Array): string {
  let ascii = true;
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 128) ascii = false;
  const latin1 = () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  let text = latin1();
  if (!ascii) {
    const utf8 = new TextDecoder('utf-8').decode(bytes);
    if (!utf8.includes('\ufffd')) text = utf8;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it removes
  return text.replace(/[\x01-\x1f\x7f]/g, ' ');
}
