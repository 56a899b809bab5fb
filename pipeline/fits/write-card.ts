import { cardLength } from './card.ts';
import { blockLength } from './hdu.ts';
import { BadFits } from './limits.ts';

/** A card to be written. */
export interface CardToWrite {
  readonly keyword: string;
  readonly value: string | number | boolean | undefined;
  readonly comment?: string;
}

/**
 * Formats one logical card (FITS Standard 4.0, section 4.2) into one or more strings of 80 characters: fixed format for
 * numbers and logicals, CONTINUE for long strings, HIERARCH for keywords that are no FITS keywords. Letters outside
 * ASCII lose their accents or become `?`. COMMENT and HISTORY take their text from `comment`.
 * Throws `BadFits` (unsupported) for a number that FITS cannot hold.
 */
export function formatCard(card: CardToWrite): string[] {
  const keyword = asciiText(card.keyword).toUpperCase();
  const comment = asciiText(card.comment ?? '');
  if (keyword === 'COMMENT' || keyword === 'HISTORY' || keyword === '') return formatCommentary(keyword, comment);
  const plain = /^[A-Z0-9_-]{1,8}$/.test(keyword);
  const head = plain ? `${keyword.padEnd(8)}= ` : `HIERARCH ${keyword} = `;
  if (typeof card.value === 'string') return formatString(head, asciiText(card.value), comment, plain);
  return [withComment(head + formatScalar(card.value, keyword).padStart(plain ? 20 : 0), comment)];
}

/** The bytes of a header in whole blocks, from its formatted cards without END. */
export function headerBlocks(cards: readonly string[]): Uint8Array {
  const has = (keyword: string) => cards.some((card) => card.startsWith(keyword));
  const isContinued = has('CONTINUE') && !has('LONGSTRN');
  const note = { keyword: 'LONGSTRN', value: 'OGIP 1.0', comment: 'long strings are continued' };
  const text = [...cards, ...(isContinued ? formatCard(note) : []), 'END'.padEnd(cardLength)].join('');
  return Buffer.from(text.padEnd(Math.ceil(text.length / blockLength) * blockLength), 'latin1');
}

function formatScalar(value: number | boolean | undefined, keyword: string): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (!Number.isFinite(value)) throw new BadFits('unsupported', `FITS cannot hold ${keyword} = ${value}`);
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '0' : value.toString();
  const [mantissa, exponent] = value.toString().toUpperCase().split('E') as [string, string?];
  const decimal = mantissa.includes('.') ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? decimal : `${decimal}E${exponent}`;
}

function formatString(head: string, value: string, comment: string, mayContinue: boolean): string[] {
  const quoted = `'${value.replaceAll("'", "''").padEnd(8)}'`;
  if (head.length + quoted.length <= cardLength) return [withComment((head + quoted).padEnd(30), comment)];
  if (!mayContinue)
    return [`${head}'${value.replaceAll("'", "''").slice(0, cardLength - head.length - 2)}'`.padEnd(80)];
  const cards: string[] = [];
  let rest = value;
  while (rest !== '' || cards.length === 0) {
    const { piece, left } = cutQuoted(rest, 67);
    const text = `'${piece}${left === '' ? '' : '&'}'`;
    cards.push(((cards.length === 0 ? head : 'CONTINUE  ') + text).padEnd(cardLength));
    rest = left;
  }
  if (comment !== '') {
    cards[cards.length - 1] = withComment(cards.at(-1)!.trimEnd(), comment);
  }
  return cards;
}

/** The longest start of `text` whose quoted form has at most `length` characters. */
function cutQuoted(text: string, length: number): { piece: string; left: string } {
  let piece = '';
  for (let i = 0; i < text.length; i++) {
    const next = text[i] === "'" ? "''" : text[i]!;
    if (piece.length + next.length > length) return { piece, left: text.slice(i) };
    piece += next;
  }
  return { piece, left: '' };
}

function formatCommentary(keyword: string, text: string): string[] {
  const cards: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += 72) {
    cards.push((keyword.padEnd(8) + text.slice(at, at + 72)).padEnd(cardLength));
  }
  return cards;
}

function withComment(text: string, comment: string): string {
  return (comment === '' ? text : `${text} / ${comment}`).slice(0, cardLength).padEnd(cardLength);
}

function asciiText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^\x20-\x7e]/g, '?');
}
