import { z } from 'zod';

/** A position that the network cares for. Keys that this version does not know are kept and passed on. */
export const networkTarget = z.looseObject({
  name: z.string().trim().min(1).max(200),
  raDeg: z.number().min(0).lt(360).describe('ICRS right ascension, degrees'),
  decDeg: z.number().min(-90).max(90).describe('ICRS declination, degrees'),
});
export type NetworkTarget = z.infer<typeof networkTarget>;

const longestList = 100_000;

/** The body of GET and PUT /v1/targets as it is written: all targets, each name once. */
export const targetList = z
  .object({ targets: z.array(networkTarget).max(longestList) })
  .refine(({ targets }) => new Set(targets.map(({ name }) => name)).size === targets.length, 'a name stands twice');
export type TargetList = z.infer<typeof targetList>;

const anyList = z.object({ targets: z.array(z.unknown()).max(longestList) });

/**
 * Reads a list of targets as a site does: a target that this version cannot read (a moving one, say, or a name that
 * stands twice) is left out and counted, the others stand. Undefined for what is no list at all, and for one of which not
 * a single target can be read: a stranger must not empty a site's list.
 */
export function readTargetList(value: unknown): { targets: NetworkTarget[]; skipped: number } | undefined {
  const list = anyList.safeParse(value);
  if (!list.success) return undefined;
  const byName = new Map<string, NetworkTarget>();
  for (const one of list.data.targets) {
    const target = networkTarget.safeParse(one);
    if (target.success && !byName.has(target.data.name)) byName.set(target.data.name, target.data);
  }
  if (list.data.targets.length > 0 && byName.size === 0) return undefined;
  return { targets: [...byName.values()], skipped: list.data.targets.length - byName.size };
}
