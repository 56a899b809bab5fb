import type { DialectTable, KindRule } from './dialect.ts';
import type { Fact, FrameKind } from './facts.ts';
import type { Lookup } from './lookup.ts';
import { asText } from './values.ts';

/** An exposure this short holds no dark current: a `dark` of it is a bias frame. */
const longestBiasS = 0.001;

/**
 * What kind of frame this is: by its image type, checked against its exposure time and against the names that people give
 * to files and folders, because programs write `Light Frame` for whatever they were not told about.
 */
export function resolveKind(
  lookup: Lookup,
  table: DialectTable,
  exposureS: number | undefined,
  path: string | undefined,
): { kind: Fact<FrameKind>; isMaster: boolean; warnings: string[] } {
  const said = lookup.find('kind', (value) => {
    const text = asText(value);
    return text === undefined ? undefined : matchKind(text, table.kinds);
  });
  const named = path === undefined ? undefined : kindOfPath(path, table.kindsByName);
  const typeText = said ? String(lookup.header.value(said.card) ?? said.value) : '';
  const isMaster = /master/i.test(typeText) || (path !== undefined && /(^|[\\/_\-. ])master/i.test(path));
  const warnings: string[] = [];
  let kind: Fact<FrameKind> = said ?? { value: 'light', card: 'default', confidence: 'low' };
  if (named && said?.card !== 'configuration' && (said === undefined || disagrees(said, named))) {
    if (said)
      warnings.push(`${said.card} says ${said.value}, the ${named.card} says ${named.value}: taken as ${named.value}`);
    kind = named;
  }
  if (kind.value === 'dark' && exposureS !== undefined && exposureS <= longestBiasS && kind.card !== 'configuration') {
    warnings.push(`a dark of ${exposureS} s is taken as a bias frame`);
    kind = { value: 'bias', card: kind.card, confidence: 'medium' };
  }
  return { kind, isMaster, warnings };
}

function matchKind(text: string, rules: readonly KindRule[]): FrameKind | undefined {
  return rules.find((rule) => new RegExp(rule.pattern, 'i').test(text))?.kind;
}

/**
 * `light` in the header is what programs write by default, so any calibration name outweighs it; another image type was
 * chosen by somebody, and only the file's own name may refine it (a flat-dark among darks, a bias among darks).
 */
function disagrees(said: Fact<FrameKind>, named: Fact<FrameKind>): boolean {
  if (said.value === named.value || named.value === 'light') return false;
  if (said.value === 'light') return true;
  return said.value === 'dark' && named.value === 'flat-dark';
}

/** The kind that the name of the file, or else of its two innermost folders, tells as a word of its own. */
function kindOfPath(path: string, rules: readonly KindRule[]): Fact<FrameKind> | undefined {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  const file = parts.pop();
  const byName = (name: string): FrameKind | undefined =>
    rules.find((rule) => new RegExp(`(^|[^a-z])(master)?(${rule.pattern})([^a-z]|$)`, 'i').test(name))?.kind;
  if (file !== undefined) {
    const kind = byName(file);
    if (kind) return { value: kind, card: 'file name', confidence: 'medium' };
  }
  for (const folder of parts.slice(-2).reverse()) {
    const kind = byName(folder);
    if (kind) return { value: kind, card: 'folder name', confidence: 'medium' };
  }
  return undefined;
}
