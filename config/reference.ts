import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The JSON Schema of the configuration, for editors that complete and check YAML. */
export function configJsonSchema(): Record<string, unknown> {
  return {
    title: 'BHTOM Edge configuration',
    ...z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }),
  };
}

interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  oneOf?: SchemaNode[];
  anyOf?: SchemaNode[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

/** The reference page of the configuration, in Markdown: one row a key. */
export function configReference(): string {
  const rows: string[] = [];
  describe(configJsonSchema() as SchemaNode, '', rows);
  return `# Configuration reference

Made from the schema in \`config/schema.ts\` by \`npm run docs\`. The file is YAML; relative paths are relative to it.
Secrets stand in files or environment variables, never here. Put this line first to have an editor check it:
\`# yaml-language-server: $schema=./config.schema.json\`

| key | what it takes | default | what it is |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function describe(node: SchemaNode, name: string, rows: string[]): void {
  const required = new Set(node.required ?? []);
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const full = name === '' ? key : `${name}.${key}`;
    const fallback =
      child.default === undefined || isGroup(child)
        ? required.has(key)
          ? 'required'
          : ''
        : `\`${JSON.stringify(child.default)}\``;
    rows.push(`| \`${full}\` | ${kindOf(child)} | ${fallback} | ${cell(child.description ?? '')} |`);
    descend(child, full, rows);
  }
}

function descend(node: SchemaNode, name: string, rows: string[]): void {
  if (node.properties) describe(node, name, rows);
  if (node.items) descend(node.items, `${name}[]`, rows);
  for (const option of node.oneOf ?? node.anyOf ?? []) descend(option, name, rows);
}

function isGroup(node: SchemaNode): boolean {
  return node.properties !== undefined;
}

function kindOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  const options = node.oneOf ?? node.anyOf;
  if (options) return [...new Set(options.map(kindOf))].join(' or ');
  if (node.type === 'array') return node.items ? `list of ${kindOf(node.items)}` : 'list';
  if (node.type === 'number' || node.type === 'integer') {
    const low = node.minimum ?? node.exclusiveMinimum;
    const high = node.maximum ?? node.exclusiveMaximum;
    const whole = node.type === 'integer' ? 'whole number' : 'number';
    const lowText =
      low === undefined || low <= Number.MIN_SAFE_INTEGER
        ? ''
        : ` ${node.minimum === undefined ? 'above' : 'from'} ${low}`;
    const highText =
      high === undefined || high >= Number.MAX_SAFE_INTEGER
        ? ''
        : ` ${node.maximum === undefined ? 'below' : 'to'} ${high}`;
    return `${whole}${lowText}${highText}`;
  }
  return isGroup(node) ? 'group' : (node.type ?? 'anything');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
