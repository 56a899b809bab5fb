import type { Pairs } from '../model/normal.ts';

/** Stars that are linked by pairs, group by group: those of group g are members[start[g]] .. members[start[g + 1] - 1]. */
export interface Groups {
  readonly count: number;
  readonly start: Int32Array;
  /** Star numbers, ascending within a group. */
  readonly members: Int32Array;
}

/** The connected groups of `count` stars, in the order of their first stars; a star without a pair is a group of its own. */
export function groupsOf(count: number, { start: pairStart, second }: Pairs): Groups {
  // Each star points to an earlier one of its group, the first to itself (Galler & Fischer 1964, CACM 7, 301).
  const earlier = new Int32Array(count);
  for (let s = 0; s < count; s++) earlier[s] = s;
  for (let s = 0; s < count; s++) for (let p = pairStart[s]!; p < pairStart[s + 1]!; p++) join(earlier, s, second[p]!);
  const group = new Int32Array(count);
  const size = new Int32Array(count + 1);
  let n = 0;
  for (let s = 0; s < count; s++) {
    const first = firstOf(earlier, s);
    group[s] = first === s ? n++ : group[first]!;
    size[group[s]! + 1]!++;
  }
  const start = size.subarray(0, n + 1);
  for (let g = 0; g < n; g++) start[g + 1]! += start[g]!;
  const next = start.slice();
  const members = new Int32Array(count);
  for (let s = 0; s < count; s++) members[next[group[s]!]!++] = s;
  return { count: n, start, members };
}

function firstOf(earlier: Int32Array, star: number): number {
  let s = star;
  while (earlier[s] !== s) {
    // The way is halved for whoever comes next.
    earlier[s] = earlier[earlier[s]!]!;
    s = earlier[s]!;
  }
  return s;
}

function join(earlier: Int32Array, a: number, b: number): void {
  const first = firstOf(earlier, a);
  const other = firstOf(earlier, b);
  if (first < other) earlier[other] = first;
  else earlier[first] = other;
}
