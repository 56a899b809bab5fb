import type { Card, CardValue } from '../fits/card.ts';
import type { Header } from '../fits/header.ts';
import type { CardTest, Dialect, DialectTable, HeaderOverrides, KeywordRule, Quantity } from './dialect.ts';
import type { Confidence, Fact } from './facts.ts';
import { asText } from './values.ts';

/** What one card says, with the card itself; none where the site's configuration says it. */
export interface Reading<T> extends Fact<T> {
  readonly source: Card | undefined;
}

/** Reads a value with all that its card tells; undefined where it says nothing that can be understood. */
export type Parse<T> = (value: Exclude<CardValue, undefined>, card: string, source?: Card) => T | undefined;

/** Finds quantities in one header: the site's values first, then its keywords, the dialect's, the generic ones. */
export interface Lookup {
  readonly header: Header;
  readonly dialect: Dialect;
  /** The first card under which `parse` finds a value. */
  find<T>(quantity: Quantity, parse: Parse<T>): Fact<T> | undefined;
  /** What every card says that may hold the quantity, the most trusted first; only the site's value where it states one. */
  findAll<T>(quantity: Quantity, parse: Parse<T>): Reading<T>[];
  /** Cards that were looked at for the quantities, say something, and were understood by nobody. */
  unread(quantities: readonly Quantity[]): Card[];
}

/** The dialect when nothing is recognised. */
const genericDialect: Dialect = { id: 'generic', name: 'unknown software', recognise: [] };

/** The first dialect, the site's own before ours, that recognises the header. */
export function recogniseDialect(header: Header, table: DialectTable, overrides: HeaderOverrides): Dialect {
  const candidates = [...(overrides.dialects ?? []), ...table.dialects];
  return candidates.find((dialect) => dialect.recognise.some((test) => holds(test, header))) ?? genericDialect;
}

/** Whether any card of that keyword has a matching value (or, for commentary cards, text). */
export function holds(test: CardTest, header: Header): boolean {
  const pattern = new RegExp(test.pattern, 'i');
  return header.cards.some(
    (card) => card.keyword === test.keyword && pattern.test(String(card.value ?? card.comment).trim()),
  );
}

/** A card as a person would quote it: `UT = '21:30:00'`. */
export function quoteCard({ keyword, value }: Pick<Card, 'keyword' | 'value'>): string {
  return `${keyword} = ${typeof value === 'string' ? `'${value.trim()}'` : String(value)}`;
}

/** What a reading rests on, as a person would quote it. */
export function quoteReading({ card, source }: Pick<Reading<unknown>, 'card' | 'source'>): string {
  return source ? quoteCard(source) : card;
}

export function makeLookup(header: Header, dialect: Dialect, table: DialectTable, overrides: HeaderOverrides): Lookup {
  const rulesOf = (quantity: Quantity): KeywordRule[] => {
    const ignored = new Set(dialect.ignore?.filter((rule) => rule.quantity === quantity).map((rule) => rule.keyword));
    const own = [...(overrides.keywords?.[quantity] ?? []), ...(dialect.keywords?.[quantity] ?? [])];
    const known = new Set(own.map(keywordOf));
    const generic = (table.generic[quantity] ?? []).filter(
      (rule) => !ignored.has(keywordOf(rule)) && !known.has(keywordOf(rule)),
    );
    return [...own, ...generic];
  };
  const triedFor = new Map<Card, Set<Quantity>>();
  const understood = new Set<Card>();
  function* readings<T>(quantity: Quantity, parse: Parse<T>): Generator<Reading<T>> {
    const stated = overrides.values?.[quantity];
    if (stated !== undefined) {
      const value = parse(stated, 'configuration');
      if (value !== undefined) {
        yield { value, card: 'configuration', confidence: 'high', source: undefined };
        return;
      }
    }
    for (const rule of rulesOf(quantity)) {
      const keyword = keywordOf(rule);
      for (const card of header.cards) {
        if (card.keyword !== keyword || card.value === undefined) continue;
        const value = parse(card.value, keyword, card);
        triedFor.set(card, (triedFor.get(card) ?? new Set()).add(quantity));
        if (value === undefined) continue;
        understood.add(card);
        yield { value, card: keyword, confidence: confidenceOf(rule), source: card };
      }
    }
  }
  return {
    header,
    dialect,
    find(quantity, parse) {
      const [first] = readings(quantity, parse);
      return first && { value: first.value, card: first.card, confidence: first.confidence };
    },
    findAll: (quantity, parse) => [...readings(quantity, parse)],
    unread: (quantities) =>
      header.cards.filter((card) => {
        const isTried = quantities.some((quantity) => triedFor.get(card)?.has(quantity));
        // Zero and empty words are what programs write for what they do not know.
        return isTried && !understood.has(card) && card.value !== 0 && asText(card.value!) !== undefined;
      }),
  };
}

function keywordOf(rule: KeywordRule): string {
  return typeof rule === 'string' ? rule : rule.keyword;
}

function confidenceOf(rule: KeywordRule): Confidence {
  return typeof rule === 'string' ? 'high' : rule.confidence;
}
