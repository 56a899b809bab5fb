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
  const named = path === undefined ? undefined : kindOfPath(path, table);
  const typeText = said ? String(lookup.header.value(said.card) ?? said.value) : '';
  const nCombined = lookup.header.number('NCOMBINE') ?? lookup.header.number('STACKCNT') ?? 1;
  const isNamed = path !== undefined && /(^|[\\/_\-. ])master/i.test(path);
  const isMaster = nCombined > 1 || isNamed || /master/i.test(typeText);
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
  return { kind, isMaster: isMaster && kind.value !== 'light', warnings };
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

/** The kind that the name of the file, or else of one of its two innermost folders, tells. */
function kindOfPath(path: string, table: DialectTable): Fact<FrameKind> | undefined {
  const parts = path.split(/[\\/]/).filter((part) => part !== '');
  const file = parts.pop()?.replace(/(\.[a-z]+\d?)+$/i, '') ?? '';
  const byFile = kindOfName(file, table);
  if (byFile) return { value: byFile, card: 'file name', confidence: 'medium' };
  for (const folder of parts.slice(-2).reverse()) {
    const byFolder = kindOfName(folder, table);
    if (byFolder) return { value: byFolder, card: 'folder name', confidence: 'medium' };
  }
  return undefined;
}

/**
 * The kind a name tells, if it holds nothing else that could be the name of a target: `flats R`, `Dark_300s_gain100`, but not
 * `Dark Horse Nebula` or `Flatiron`.
 */
function kindOfName(name: string, table: DialectTable): FrameKind | undefined {
  for (const { pattern, kind } of table.kindsByName) {
    const match = new RegExp(`(^|[^a-z])(${pattern})(?![a-z])`, 'i').exec(name);
    if (!match) continue;
    const rest = `${name.slice(0, match.index)} ${name.slice(match.index + match[0].length)}`;
    const others = rest.toLowerCase().match(/[a-z]{3,}/g) ?? [];
    if (others.every((word) => table.neutralWords.includes(word))) return kind;
  }
  return undefined;
}
