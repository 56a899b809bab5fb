import { RetryLater } from '../../../base/errors.ts';
import type { TextTable } from '../../../pipeline/tables/read-csv.ts';

/** A service's answer as a table. */
export interface ServiceTable {
  readonly table: TextTable;
  /** The service says that it holds back rows. */
  readonly overflow: boolean;
}

/**
 * Reads the first table of a VOTable document (IVOA VOTable 1.5, TABLEDATA) as a TAP service (TAP 1.1, DALI 1.1:
 * QUERY_STATUS) or VizieR sends it. `what` names the service in errors.
 * @throws RetryLater for an error document, whatever its HTTP status said, and for one that is cut, in another
 * serialisation or no VOTable at all: another service, or the same one later, may do better
 */
export function readVotable(text: string, what: string): ServiceTable {
  const document = text.replace(/<!--[\s\S]*?-->/g, '').replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  if (!/<VOTABLE[\s>]/.test(document)) {
    throw new RetryLater('SERVICE_NO_TABLE', `${what} answered with something that is no table: ${glimpse(text)}`);
  }
  const status = statusOf(document);
  if (status.value === 'ERROR') {
    throw new RetryLater('SERVICE_ERROR', `${what} could not answer: ${status.text || glimpse(text)}`);
  }
  if (!/<\/VOTABLE>\s*$/.test(document)) {
    throw new RetryLater('SERVICE_TRUNCATED', `The answer of ${what} is cut: it ends before its document does.`);
  }
  const head = document.indexOf('<TABLE');
  if (head < 0) throw new RetryLater('SERVICE_NO_TABLE', `The answer of ${what} holds no table: ${glimpse(text)}`);
  const begin = document.indexOf('<TABLEDATA', head);
  const end = document.indexOf('</TABLEDATA>', begin);
  const names = [...document.slice(head, begin < 0 ? undefined : begin).matchAll(/<FIELD\s([^>]*)>/g)].map(
    ([, attributes]) => attributeOf(attributes!, 'name') ?? '',
  );
  if (begin >= 0 && end >= 0)
    return { table: rowsOf(document.slice(begin, end), names, what), overflow: status.overflow };
  if (/<(BINARY2?|FITS)[\s>]/.test(document)) {
    throw new RetryLater('SERVICE_FORMAT', `${what} sends a serialisation that was not asked for.`);
  }
  if (/<TABLEDATA\s*\/>|<DATA\s*\/>/.test(document))
    return { table: rowsOf('', names, what), overflow: status.overflow };
  throw new RetryLater('SERVICE_NO_TABLE', `The answer of ${what} holds no rows: ${glimpse(text)}`);
}

/** DALI: an INFO before the table says OK or ERROR, one behind it OVERFLOW, or ERROR when it broke off half-way. */
function statusOf(document: string): { value: string; text: string; overflow: boolean } {
  let [value, text, overflow] = ['', '', false];
  for (const [, attributes, content] of document.matchAll(/<INFO\s([^>]*?)(?:\/>|>([^<]*)<\/INFO>)/g)) {
    if (attributeOf(attributes!, 'name') !== 'QUERY_STATUS') continue;
    const said = attributeOf(attributes!, 'value') ?? '';
    if (said === 'OVERFLOW') overflow = true;
    if (value !== 'ERROR') [value, text] = [said, unescaped(content ?? '').trim()];
  }
  return { value, text, overflow };
}

function attributeOf(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  return match ? unescaped(match[1] ?? match[2] ?? '') : undefined;
}

function rowsOf(body: string, names: readonly string[], what: string): TextTable {
  const cells = names.map(() => [] as string[]);
  let rows = 0;
  for (const [, row] of body.matchAll(/<TR(?:\s[^>]*)?>([\s\S]*?)<\/TR>/g)) {
    let column = 0;
    for (const [, cell] of row!.matchAll(/<TD(?:\s[^>]*?)?(?:\/>|>([^<]*)<\/TD>)/g)) {
      cells[column++]?.push(unescaped(cell ?? '').trim());
    }
    if (column !== names.length) {
      const found = `row ${rows + 1} of the answer has ${column} cells for ${names.length} columns`;
      throw new RetryLater('SERVICE_TRUNCATED', `The answer of ${what} is damaged: ${found}.`);
    }
    rows++;
  }
  return { rows, names, columns: new Map(names.map((name, column) => [name, cells[column]!])) };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.includes('&') ? text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name]!) : text;
}

/** The beginning of a document in one line, for an error. */
export function glimpse(text: string): string {
  const plain = text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? 'an empty answer' : plain.slice(0, 160);
}
