/** One column of a table: its values are numbers (NaN = blank) or text. */
export interface Column {
  readonly name: string;
  readonly datatype: 'int32' | 'int64' | 'float32' | 'float64' | 'string';
  readonly unit?: string;
  readonly description?: string;
  /** Digits after the point for floats; shortest exact notation when absent. */
  readonly digits?: number;
  readonly values: ArrayLike<number> | readonly string[];
}

/** What may stand in a table's metadata: plain data. */
export type Meta = string | number | boolean | null | undefined | readonly Meta[] | { readonly [key: string]: Meta };

/**
 * A table as text in the Enhanced Character-Separated Values format, version 1.0 (Astropy Proposal for Enhancement 6,
 * Aldcroft 2013): comma separated, blank where a value is unknown, the metadata in the YAML header. Columns must be of
 * equal length.
 */
export function toEcsv(columns: readonly Column[], meta: Meta): string {
  const lines = ['%ECSV 1.0', '---', "delimiter: ','", 'datatype:'];
  for (const column of columns) {
    const parts = [`name: ${yamlScalar(column.name)}`];
    if (column.unit) parts.push(`unit: ${yamlScalar(column.unit)}`);
    parts.push(`datatype: ${column.datatype}`);
    if (column.description) parts.push(`description: ${yamlScalar(column.description)}`);
    lines.push(`- {${parts.join(', ')}}`);
  }
  lines.push(`meta: ${yamlFlow(meta)}`, 'schema: astropy-2.0');
  const header = lines.map((line) => `# ${line}`).join('\n');
  const names = columns.map((column) => column.name).join(',');
  return `${header}\n${names}\n${rowsOf(columns)}`;
}

/** The plain table that any program reads: `# base=1`, a line of names, then the rows. */
export function toPlainCsv(columns: readonly Column[]): string {
  return `# base=1\n${toCsv(columns)}`;
}

/** A line of names, then the rows; blank where a value is unknown. */
export function toCsv(columns: readonly Column[]): string {
  return `${columns.map((column) => column.name).join(',')}\n${rowsOf(columns)}`;
}

function rowsOf(columns: readonly Column[]): string {
  const count = columns[0]?.values.length ?? 0;
  const rows: string[] = [];
  for (let i = 0; i < count; i++) rows.push(columns.map((column) => cell(column, i)).join(','));
  return rows.length > 0 ? `${rows.join('\n')}\n` : '';
}

function cell(column: Column, i: number): string {
  const value = column.values[i]!;
  if (typeof value === 'string')
    return /[",\n\r]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;
  if (!Number.isFinite(value)) return '';
  if (column.datatype === 'int32' || column.datatype === 'int64') return String(Math.round(value));
  if (column.digits === undefined) return String(value);
  return Math.abs(value) < 1e21 ? value.toFixed(column.digits) : value.toExponential(6);
}

/**
 * Plain data in YAML's flow style on one line. YAML 1.1 readers take `1e-7` for text, so an exponent always follows a
 * decimal point.
 */
function yamlFlow(value: Meta): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return yamlNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return yamlScalar(value);
  if (Array.isArray(value)) return `[${(value as readonly Meta[]).map(yamlFlow).join(', ')}]`;
  const entries = Object.entries(value as { readonly [key: string]: Meta }).filter(([, inner]) => inner !== undefined);
  return `{${entries.map(([key, inner]) => `${yamlScalar(key)}: ${yamlFlow(inner)}`).join(', ')}}`;
}

function yamlNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return String(value).replace(/^(-?\d+)e/, '$1.0e');
}

/** JSON's quoted strings are YAML's double-quoted ones, except that YAML has no escape for a lone surrogate. */
function yamlScalar(text: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text.toWellFormed()).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
