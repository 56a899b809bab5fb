import { cardLength, cardText, parseCard } from './card.ts';
import { type CardToWrite, formatCard, headerBlocks } from './write-card.ts';

/** What changes in a header. */
export interface HeaderEdit {
  /** Each stands in the place of the first card of its keyword, or at the end. */
  readonly set: readonly CardToWrite[];
  /** Keywords that go. */
  readonly remove: readonly string[];
}

/** Checksums over the header, of the HDU and of the image that a compressed one holds: no longer true once it changed. */
const headerChecksums = ['CHECKSUM', 'ZHECKSUM'];

/**
 * The bytes of a header with cards set and removed, in whole blocks. Every other card keeps its very bytes, and its
 * place. `header` reaches to the END card at least.
 */
export function editHeader(header: Uint8Array, { set, remove }: HeaderEdit): Uint8Array {
  const toSet = new Map(set.map((card) => [card.keyword, card]));
  const gone = new Set([...remove, ...headerChecksums]);
  const cards: string[] = [];
  let isKept = true;
  for (let at = 0; at + cardLength <= header.length; at += cardLength) {
    const bytes = header.subarray(at, at + cardLength);
    const { keyword } = parseCard(cardText(bytes));
    if (keyword === 'END') break;
    // What continues a long string goes or stays with it.
    if (keyword !== 'CONTINUE') {
      const ours = toSet.get(keyword);
      if (ours) cards.push(...formatCard(ours));
      isKept = !ours && !gone.has(keyword);
      if (ours) {
        toSet.delete(keyword);
        gone.add(keyword);
      }
    }
    if (isKept) cards.push(Buffer.from(bytes).toString('latin1'));
  }
  cards.push(...[...toSet.values()].flatMap(formatCard));
  return headerBlocks(cards);
}
