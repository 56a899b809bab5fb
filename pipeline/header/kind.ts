import type { DialectTable, KindRule } from './dialect.ts';
import type { Fact, FrameKind } from './facts.ts';
import type { Lookup } from './lookup.ts';

/** An exposure this short holds no dark current: a `dark` of it is a bias frame. */
const longestBiasS = 0.001;

/** An exposure longer than this, in seconds, is no bias frame, whatever a name says. */
const longestNamedBiasS = 1;

/**
 * What kind of frame this is: what its image type says; where no card tells, what the names of its file and folders tell. Names
 * against the image type are a warning only: targets and settings are written into names, too. A `dark` of no exposure is a bias
 * frame, and a file that says it is a flat dark is one among darks.
 */
export function resolveKind(
  lookup: Lookup,
  table: DialectTable,
  exposureS: number | undefined,
  path: string | undefined,
): { kind: Fact<FrameKind>; isMaster: boolean; warnings: string[] } {
  const said = lookup.find('kind', (value, card) => matchKind(value, card, table.kinds));
  const named = path === undefined ? undefined : kindOfPath(path, table);
  const typeText = said ? String(lookup.header.value(said.card) ?? said.value) : '';
  const nCombined = lookup.header.number('NCOMBINE') ?? lookup.header.number('STACKCNT') ?? 1;
  const isNamed = path !== undefined && /(^|[\\/_\-. ])master/i.test(path);
  const isMaster = nCombined > 1 || isNamed || /master/i.test(typeText);
  const warnings: string[] = [];
  let kind: Fact<FrameKind> = said ?? { value: 'light', card: 'default', confidence: 'low' };
  if (named && said === undefined) {
    if (named.value === 'bias' && exposureS !== undefined && exposureS > longestNamedBiasS) {
      warnings.push(`the ${named.card} says bias, but the exposure is ${exposureS} s: taken as light, no card tells`);
    } else {
      kind = named;
      if (named.value !== 'light') {
        warnings.push(`no card tells the kind of the frame: taken as ${named.value}, as the ${named.card} says`);
      }
    }
  } else if (named && said?.value === 'dark' && named.value === 'flat-dark' && said.card !== 'configuration') {
    kind = named;
  } else if (named && said && said.card !== 'configuration' && isAgainst(said.value, named.value)) {
    warnings.push(`${said.card} says ${said.value}, the ${named.card} says ${named.value}: taken as ${said.value}`);
  }
  if (kind.value === 'dark' && exposureS !== undefined && exposureS <= longestBiasS && kind.card !== 'configuration') {
    warnings.push(`a dark of ${exposureS} s is taken as a bias frame`);
    kind = { value: 'bias', card: kind.card, confidence: 'medium' };
  }
  return { kind, isMaster: isMaster && kind.value !== 'light', warnings };
}

/** What the image type says, in words, or in the numbers that SBIG's PICTTYPE counts in. */
function matchKind(
  value: string | number | boolean | object,
  card: string,
  rules: readonly KindRule[],
): FrameKind | undefined {
  if (card === 'PICTTYPE') return ([undefined, 'light', 'bias', 'dark', 'flat'] as const)[Number(value)];
  const text = String(value).trim();
  return rules.find((rule) => new RegExp(rule.pattern, 'i').test(text))?.kind;
}

/** Whether a name contradicts the image type; a flat dark is a dark, and folders of lights hold anything. */
function isAgainst(said: FrameKind, named: FrameKind): boolean {
  return said !== named && named !== 'light' && !(said === 'flat-dark' && (named === 'dark' || named === 'flat'));
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
 * `Dark Horse Nebula`, `Flatiron`, `M13_dark-sky` or `OJ287_offset30`. A kind with a number behind it is a setting.
 */
function kindOfName(name: string, table: DialectTable): FrameKind | undefined {
  for (const { pattern, kind } of table.kindsByName) {
    const match = new RegExp(`(?<![a-z])(?:${pattern})(?![a-z])`, 'i').exec(name);
    if (!match) continue;
    const rest = `${name.slice(0, match.index)} ${name.slice(match.index + match[0].length)}`;
    const isSetting =
      /^=?-?\d/.test(name.slice(match.index + match[0].length)) && /[a-z]/i.test(name.slice(0, match.index));
    const others = rest.toLowerCase().match(/[a-z]{3,}/g) ?? [];
    if (!isSetting && !isDesignation(rest) && others.every((word) => table.neutralWords.includes(word))) return kind;
  }
  return undefined;
}

/** Whether a name holds a designation as catalogues give them: `M31`, `3C273`, `HD_189733`, `NGC 7000`, `OJ287`. */
function isDesignation(name: string): boolean {
  const settings =
    /(?<![a-z])(?:exp|gain|bin|iso|temp|ccd|cam|img|no|nr|g|o|t|b)[ _-]?-?\d+|\d(?:[.,]\d+)?[ _]?(?:s|ms|sec|c|deg|x\d)(?![a-z])/gi;
  const rest = name.replace(settings, ' ');
  return /(?<![a-z0-9])(?:m|ic|ngc|hd|hr|hip|sao|bd|gj|lp|wd|kic|tic|toi|wasp|hat|abell|sn|at|tcp|gaia\d\d|pks|mrk|\dc|oj|on|ao|bl|ogle|gsc|ugc|pgc)[ _-]?\d+/i.test(
    rest,
  );
}
