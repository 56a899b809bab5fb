import assert from 'node:assert/strict';
import { dirname, relative, resolve, sep } from 'node:path';
import { describe, it } from 'node:test';
import { importsOf, root, sources } from '../../support/imports.ts';

/**
 * Folders of a room that still import each other in a circle, by way of the import that closes it. The list may only
 * shrink. Types count: who knows another's types cannot be understood, moved or tested without it.
 */
const knots: Record<string, readonly string[]> = {
  pipeline: [],
  drivers: [],
  hub: [],
  config: [],
  agent: [],
};

/** Imports between the folders of a room. What lies in the room itself (its lists, its shared types) is in no folder. */
function edgesOf(room: string): Set<string> {
  const folderOf = (path: string) => {
    const [top, folder, file] = relative(root, path).split(sep);
    return top === room && file !== undefined ? folder : undefined;
  };
  const edges = new Set<string>();
  for (const { from, specifier } of sources(resolve(root, room)).flatMap(importsOf)) {
    if (!specifier.startsWith('.')) continue;
    const [a, b] = [folderOf(from), folderOf(resolve(dirname(from), specifier))];
    if (a !== undefined && b !== undefined && a !== b) edges.add(`${a} -> ${b}`);
  }
  return edges;
}

/** The edges that lie on a circle. */
function circular(edges: ReadonlySet<string>): string[] {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    const [a, b] = edge.split(' -> ') as [string, string];
    next.set(a, [...(next.get(a) ?? []), b]);
  }
  const reaches = (from: string, to: string): boolean => {
    const seen = new Set<string>();
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === to) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...(next.get(at) ?? []));
    }
    return false;
  };
  return [...edges].filter((edge) => {
    const [a, b] = edge.split(' -> ') as [string, string];
    return reaches(b, a);
  });
}

describe('the folders of each room', () => {
  for (const [room, allowed] of Object.entries(knots)) {
    it(`${room}: import each other in one direction only, types included`, () => {
      const edges = edgesOf(room);
      for (const edge of allowed) assert.ok(edges.has(edge), `${edge} is gone: take it off the list`);
      const open = new Set([...edges].filter((edge) => !allowed.includes(edge)));
      assert.deepEqual(circular(open).sort(), []);
    });
  }
});
