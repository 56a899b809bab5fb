import { Parked } from '../../base/errors.ts';
import { readCsv } from './read-csv.ts';

export interface EcsvTable {
  readonly rows: number;
  /** Numeric columns; NaN where blank. */
  readonly numbers: ReadonlyMap<string, Float64Array>;
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** What the header's `meta` holds, as plain data; undefined when there is none. */
  readonly meta: unknown;
}

interface EcsvHeader {
  delimiter?: unknown;
  datatype?: unknown;
  meta?: unknown;
}

/**
 * Reads a table in the Enhanced Character-Separated Values format 1.0 (Astropy Proposal for Enhancement 6), as this
 * program, astropy and TOPCAT write it. `parseYaml` turns the header into plain data. `what` names the file in errors.
 * Throws `Parked` when it is not such a table.
 */
export function readEcsv(text: string, what: string, parseYaml: (yaml: string) => unknown): EcsvTable {
  if (!/^\uFEFF?# %ECSV \d/.test(text))
    throw new Parked('NOT_ECSV', `${what} is not an ECSV table: it does not begin with "# %ECSV".`);
  const headerLines = /^(#[^\n]*\n)+/.exec(text.replace(/^\uFEFF/, ''))?.[0] ?? '';
  const header = parseHeader(headerLines, what, parseYaml);
  const table = readCsv(text, what, header.delimiter === ',' ? ',' : ' ');
  const types = typesOf(header);
  const numbers = new Map<string, Float64Array>();
  const texts = new Map<string, readonly string[]>();
  for (const [name, cells] of table.columns) {
    if (types.get(name) === 'string') texts.set(name, cells);
    else
      numbers.set(
        name,
        Float64Array.from(cells, (cell) => (cell === '' ? Number.NaN : Number(cell))),
      );
  }
  return { rows: table.rows, numbers, texts, meta: header.meta };
}

function parseHeader(lines: string, what: string, parseYaml: (yaml: string) => unknown): EcsvHeader {
  const yaml = lines
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^# ?/, '').trimEnd())
    .filter((line) => line !== '---')
    .join('\n');
  try {
    const header = parseYaml(yaml);
    if (typeof header === 'object' && header !== null) return header;
  } catch (cause) {
    throw new Parked('NOT_ECSV', `The header of ${what} is not YAML: the file is damaged.`, { cause });
  }
  throw new Parked('NOT_ECSV', `The header of ${what} describes no columns: the file is damaged.`);
}

function typesOf({ datatype }: EcsvHeader): Map<string, string> {
  const types = new Map<string, string>();
  for (const column of Array.isArray(datatype) ? datatype : []) {
    const { name, datatype: type } = (column ?? {}) as { name?: unknown; datatype?: unknown };
    if (typeof name === 'string' && typeof type === 'string') types.set(name, type);
  }
  return types;
}
