import { stripTypeScriptTypes } from 'node:module';
import { type Node, parse } from 'acorn';

/** One small fault put into a file: the characters from `start` to `end` become `text`. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly kind: string;
}

type Tree = Node & Record<string, unknown>;

const comparisons: Record<string, string> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const equalities: Record<string, string> = { '===': '!==', '!==': '===' };
const arithmetic: Record<string, string> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' };
const extremes: Record<string, string> = { min: 'max', max: 'min', some: 'every', every: 'some' };

/**
 * The faults that can be put into a TypeScript file, by its text. Types are blanked before parsing, so places are those
 * of the text itself. What only words depend on is left alone: log lines, messages of errors, templates.
 * @throws SyntaxError when the text is no module whose types can be erased
 */
export function mutantsOf(source: string): Mutant[] {
  const code = stripTypeScriptTypes(source, { mode: 'strip' });
  const found: Mutant[] = [];
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }) as Node as Tree, code, found);
  return found.sort((a, b) => a.start - b.start || a.kind.localeCompare(b.kind));
}

function visit(node: Tree, code: string, found: Mutant[]): void {
  if (onlyWords(node)) return;
  mutate(node, code, found);
  for (const child of childrenOf(node)) visit(child, code, found);
}

function childrenOf(node: Tree): Tree[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Tree => typeof (value as Tree | null)?.type === 'string');
}

/** Log calls, thrown errors and texts: a fault there changes what is said, not what is done. */
function onlyWords(node: Tree): boolean {
  if (node.type === 'ImportDeclaration' || node.type === 'ThrowStatement' || node.type === 'TemplateLiteral')
    return true;
  if (node.type === 'NewExpression') return nameOf(node.callee as Tree).endsWith('Error');
  return node.type === 'CallExpression' && /(^|[.#])(log|logger)[.[]/i.test(textOf(node.callee as Tree));

  function textOf(callee: Tree): string {
    if (callee.type === 'MemberExpression')
      return `${textOf(callee.object as Tree)}.${nameOf(callee.property as Tree)}`;
    return nameOf(callee);
  }
}

function nameOf(node: Tree): string {
  return typeof node.name === 'string' ? node.name : '';
}

function mutate(node: Tree, code: string, found: Mutant[]): void {
  const put = (at: { start: number; end: number }, text: string, kind: string) =>
    found.push({ start: at.start, end: at.end, text, kind });
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      mutateOperator(node, code, put);
      return;
    case 'Literal':
      if (typeof node.value === 'boolean') put(node, String(!node.value), 'boolean');
      return;
    case 'UnaryExpression':
      if (node.operator === '!') put({ start: node.start, end: node.start + 1 }, '', 'negation');
      return;
    case 'IfStatement':
    case 'ConditionalExpression': {
      const test = node.test as Tree;
      put(test, 'true', 'condition true');
      put(test, 'false', 'condition false');
      return;
    }
    case 'ExpressionStatement': {
      const { type } = node.expression as Tree;
      const called =
        type === 'AwaitExpression' ? ((node.expression as Tree).argument as Tree) : (node.expression as Tree);
      const does = ['CallExpression', 'AssignmentExpression', 'UpdateExpression'].includes(called.type);
      if (does && !onlyWords(called) && nameOf((called.callee as Tree) ?? {}) !== 'super')
        put(node, ';', 'statement left out');
      return;
    }
    case 'MemberExpression': {
      const property = node.property as Tree;
      const other = extremes[nameOf(property)];
      if (other && !node.computed) put(property, other, 'extreme');
      return;
    }
    case 'ReturnStatement': {
      const argument = node.argument as Tree | null;
      if (argument?.type === 'ArrayExpression' || argument?.type === 'ObjectExpression')
        put(argument, 'undefined', 'return');
    }
  }
}

function mutateOperator(
  node: Tree,
  code: string,
  put: (at: { start: number; end: number }, text: string, kind: string) => void,
): void {
  const operator = node.operator as string;
  const [left, right] = [node.left as Tree, node.right as Tree];
  const offset = code.slice(left.end, right.start).indexOf(operator);
  const at = { start: left.end + offset, end: left.end + offset + operator.length };
  const swap = (table: Record<string, string>, kind: string) => {
    if (table[operator]) put(at, table[operator], kind);
  };
  swap(comparisons, 'boundary');
  swap(equalities, 'equality');
  if (![left, right].some(isText)) swap(arithmetic, 'arithmetic');
  if (operator === '&&' || operator === '||') put(at, operator === '&&' ? '||' : '&&', 'logic');
  if (operator === '??') put(node, code.slice(right.start, right.end), 'fallback always');
}

function isText(node: Tree): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}
