import { z } from 'zod';

/**
 * How the protocol grows without a flag day (docs/protocol.md): a reader ignores keys and message types that it does not
 * know, keeps words that it does not know, and a writer names the version it speaks. So no schema of this room is strict.
 */

/** A word of a list that may grow: known ones for the compiler, any other by tolerance. */
export type Open<Word extends string> = Word | (string & {});

/** Reads a word of a list that may grow. The place that uses it says what a word it does not know stands for. */
export function openWord<const Word extends string>(known: readonly Word[]) {
  return z
    .string()
    .min(1)
    .max(64)
    .transform((word): Open<Word> => word)
    .meta({ examples: [...known], description: `one of ${known.join(', ')}, or a word added later` });
}

/** Versions that a program speaks, both included. A version is raised only for what an older reader would get wrong. */
export interface VersionRange {
  readonly oldest: number;
  readonly newest: number;
}

/** The newest version that both speak; undefined when there is none. */
export function commonVersion(ours: VersionRange, theirs: Iterable<number>): number | undefined {
  const common = [...theirs].filter((version) => version >= ours.oldest && version <= ours.newest);
  return common.length === 0 ? undefined : Math.max(...common);
}
