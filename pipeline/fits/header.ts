import { type Card, type CardValue, cardLength, cardText, parseCard } from './card.ts';

/** A parsed header: its cards in order, and the first card of each keyword by name. */
export class Header {
  readonly cards: readonly Card[];
  readonly #byKeyword = new Map<string, Card>();

  constructor(cards: readonly Card[]) {
    this.cards = cards;
    for (const card of cards) {
      if (!this.#byKeyword.has(card.keyword)) this.#byKeyword.set(card.keyword, card);
    }
  }

  card(keyword: string): Card | undefined {
    return this.#byKeyword.get(keyword);
  }

  value(keyword: string): CardValue {
    return this.#byKeyword.get(keyword)?.value;
  }

  /** The value if it is a number (or a string that holds nothing but one). */
  number(keyword: string): number | undefined {
    const value = this.value(keyword);
    if (typeof value === 'number') return value;
    if (typeof value !== 'string' || value.trim() === '') return undefined;
    const number = Number(value);
    return Number.isFinite(number) ? number : undefined;
  }

  string(keyword: string): string | undefined {
    const value = this.value(keyword);
    return typeof value === 'string' ? value : undefined;
  }

  boolean(keyword: string): boolean | undefined {
    const value = this.value(keyword);
    return typeof value === 'boolean' ? value : undefined;
  }

  /** This header's cards, followed by those of `parent` whose keywords it lacks. */
  inherit(parent: Header): Header {
    const inherited = parent.cards.filter((card) => card.keyword !== '' && !this.#byKeyword.has(card.keyword));
    return new Header([...this.cards, ...inherited]);
  }
}

/**
 * Parses header bytes up to and without END; `ended` tells whether END was met. CONTINUE cards are joined to the string
 * they continue (FITS Standard 4.0, section 4.2.1.2), blank and NUL cards are dropped.
 */
export function parseHeader(bytes: Uint8Array): { header: Header; ended: boolean; endOffset: number } {
  const cards: Card[] = [];
  for (let offset = 0; offset + cardLength <= bytes.length; offset += cardLength) {
    const card = parseCard(cardText(bytes.subarray(offset, offset + cardLength)));
    if (card.keyword === 'END') return { header: new Header(cards), ended: true, endOffset: offset + cardLength };
    const last = cards.at(-1);
    if (card.keyword === 'CONTINUE' && typeof last?.value === 'string' && last.value.endsWith('&')) {
      const more = typeof card.value === 'string' ? card.value : '';
      const comment = [last.comment, card.comment].filter((part) => part !== '').join(' ');
      cards[cards.length - 1] = { ...last, value: last.value.slice(0, -1) + more, comment };
    } else if (card.keyword !== '' || card.comment.trim() !== '') {
      cards.push(card);
    }
  }
  return { header: new Header(cards), ended: false, endOffset: bytes.length };
}

/** A header from text, one card a line, as people keep and send headers. */
export function headerFromText(text: string): Header {
  const lines = text.split(/\r?\n/).map((line) => line.padEnd(cardLength));
  const end = lines.findIndex((line) => line.trim() === 'END');
  return new Header((end < 0 ? lines : lines.slice(0, end)).filter((line) => line.trim() !== '').map(parseCard));
}
