import type { CardValue } from '../fits/card.ts';
import type { Header } from '../fits/header.ts';
import type { CardTest, Dialect, DialectTable, HeaderOverrides, KeywordRule, Quantity } from './dialect.ts';
import type { Confidence, Fact } from './facts.ts';

/** Finds quantities in one header: the site's values first, then its keywords, the dialect's, the generic ones. */
export interface Lookup {
  readonly header: Header;
  readonly dialect: Dialect;
  /** The first card under which `parse` finds a value. */
  find<T>(
    quantity: Quantity,
    parse: (value: Exclude<CardValue, undefined>, card: string) => T | undefined,
  ): Fact<T> | undefined;
}

/** The dialect when nothing is recognised. */
export const genericDialect: Dialect = { id: 'generic', name: 'unknown software', recognise: [] };

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

export function makeLookup(header: Header, dialect: Dialect, table: DialectTable, overrides: HeaderOverrides): Lookup {
  const rulesOf = (quantity: Quantity): KeywordRule[] => {
    const ignored = new Set(dialect.ignore?.filter((rule) => rule.quantity === quantity).map((rule) => rule.keyword));
    return [
      ...(overrides.keywords?.[quantity] ?? []),
      ...(dialect.keywords?.[quantity] ?? []),
      ...(table.generic[quantity] ?? []).filter((rule) => !ignored.has(keywordOf(rule))),
    ];
  };
  return {
    header,
    dialect,
    find(quantity, parse) {
      const stated = overrides.values?.[quantity];
      if (stated !== undefined) {
        const value = parse(stated, 'configuration');
        if (value !== undefined) return { value, card: 'configuration', confidence: 'high' };
      }
      for (const rule of rulesOf(quantity)) {
        const keyword = keywordOf(rule);
        const cardValue = header.value(keyword);
        if (cardValue === undefined) continue;
        const value = parse(cardValue, keyword);
        if (value !== undefined) return { value, card: keyword, confidence: confidenceOf(rule) };
      }
      return undefined;
    },
  };
}

function keywordOf(rule: KeywordRule): string {
  return typeof rule === 'string' ? rule : rule.keyword;
}

function confidenceOf(rule: KeywordRule): Confidence {
  return typeof rule === 'string' ? 'high' : rule.confidence;
}
