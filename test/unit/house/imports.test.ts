import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, it } from 'node:test';
import { importsOf, root, sources } from '../../support/imports.ts';

/** Whom each room may import, besides itself. `types` are allowed for `import type` only. */
const rules: Record<string, { values: string[]; types: string[] }> = {
  base: { values: [], types: [] },
  sky: { values: ['base'], types: [] },
  protocol: { values: ['base'], types: [] },
  config: { values: ['base'], types: ['pipeline'] },
  pipeline: { values: ['base', 'sky'], types: ['config', 'protocol'] },
  drivers: { values: ['base', 'sky'], types: [] },
  hub: { values: ['base', 'protocol'], types: [] },
  agent: { values: ['base', 'sky', 'protocol', 'config', 'pipeline', 'drivers'], types: [] },
};
const free = ['cli', 'bench', 'scripts', 'test'];

/** pipeline and sky: no clock, no disk, no network, no database, no threads. */
const bareModulesOf: Record<string, RegExp> = {
  sky: /^(astronomy-engine|suncalc)$/,
  pipeline: /^(node:(crypto|zlib|util)|astronomy-engine|seek-bzip|fzstd|pako)$/,
};

const room = (path: string) => relative(root, path).split(sep)[0]!;
const all = [...Object.keys(rules), ...free]
  .filter((name) => readdirSync(root).includes(name))
  .flatMap((name) => sources(join(root, name)))
  .flatMap(importsOf);

describe('the walls of the house', () => {
  it('sees the imports it judges', () => {
    assert.ok(all.length > 50, `only ${all.length} imports were found: the search itself is broken`);
  });

  it('lets each folder import only what the design allows', () => {
    const faults = all.flatMap((one) => {
      const rule = rules[room(one.from)];
      if (!rule) return [];
      const name = relative(root, one.from);
      if (!one.specifier.startsWith('.')) {
        const allowed = bareModulesOf[room(one.from)];
        return allowed && !one.typeOnly && !allowed.test(one.specifier) ? [`${name} imports ${one.specifier}`] : [];
      }
      const to = room(resolve(dirname(one.from), one.specifier));
      if (to === room(one.from) || rule.values.includes(to) || (one.typeOnly && rule.types.includes(to))) return [];
      return [`${name} imports ${one.specifier}`];
    });
    assert.deepEqual(faults, []);
  });

  it('has no cycle of imports', () => {
    const edges = new Map<string, string[]>();
    for (const one of all) {
      if (!one.specifier.startsWith('.') || one.typeOnly) continue;
      edges.set(one.from, [...(edges.get(one.from) ?? []), resolve(dirname(one.from), one.specifier)]);
    }
    const done = new Set<string>();
    const walk = (file: string, way: string[]): string[] | undefined => {
      if (way.includes(file)) return [...way.slice(way.indexOf(file)), file].map((path) => relative(root, path));
      if (done.has(file)) return undefined;
      for (const next of edges.get(file) ?? []) {
        const cycle = walk(next, [...way, file]);
        if (cycle) return cycle;
      }
      done.add(file);
      return undefined;
    };
    for (const file of edges.keys()) assert.equal(walk(file, []), undefined);
  });

  it('keeps SQL in the stores', () => {
    const sql = /['"`]\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b/i;
    const faults = [...Object.keys(rules), 'cli']
      .filter((name) => readdirSync(root).includes(name))
      .flatMap((name) => sources(join(root, name)))
      .filter(
        (path) =>
          !/^(agent\/store|hub\/(sqlite|postgres)|base\/sqlite\.ts)/.test(relative(root, path).replaceAll(sep, '/')),
      )
      .filter((path) => sql.test(readFileSync(path, 'utf8')))
      .map((path) => relative(root, path));
    assert.deepEqual(faults, []);
  });
});
