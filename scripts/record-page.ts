import { z } from 'zod';
import { frameRecord } from '../protocol/frame-record.ts';

interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** The page of a frame's record, in Markdown: one row a key, made from the schema that readers check. */
export function recordPage(): string {
  const rows = rowsOf(z.toJSONSchema(frameRecord, { io: 'input' }) as Node, '');
  return `# The record of a frame

Made from the schema in \`protocol/frame-record.ts\` by \`npm run docs\`. The record is what \`reduce --json\` prints for a frame, what
the station keeps of it and what each catalogue carries as metadata. A value that is not known is null or absent. Readers
ignore keys that are not listed here and keep words that they do not know; a record without \`schema\` is of version 1.

| key | what it takes | what it is |
| --- | --- | --- |
${rows.join('\n')}
`;
}

function rowsOf(node: Node, prefix: string): string[] {
  const required = new Set(node.required);
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const name = `${prefix}${key}`;
    const always = required.has(key) ? ', always' : '';
    const row = `| \`${name}\` | ${kindOf(child)}${always} | ${(child.description ?? '').replaceAll('|', '\\|')} |`;
    return [row, ...rowsBelow(child, name)];
  });
}

/** The keys of what a group or a list holds. */
function rowsBelow(node: Node, name: string): string[] {
  if (node.items) return rowsBelow(node.items, `${name}[]`);
  return (node.anyOf ?? [node]).flatMap((one) => rowsOf(one, `${name}.`));
}

function kindOf(node: Node): string {
  if (node.anyOf) return [...new Set(node.anyOf.map(kindOf))].filter((kind) => kind !== '').join(' or ');
  if (node.items) return `list: ${kindOf(node.items)}`;
  const kinds = [node.type ?? 'anything'].flat().filter((kind) => kind !== 'null');
  return kinds.map((kind) => ({ string: 'text', integer: 'whole number', object: 'group' })[kind] ?? kind).join(' or ');
}
