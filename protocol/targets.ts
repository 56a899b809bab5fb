import { z } from 'zod';

/** A position that the network cares for. */
export const networkTarget = z
  .object({
    name: z.string().trim().min(1).max(200),
    raDeg: z.number().min(0).lt(360).describe('ICRS right ascension, degrees'),
    decDeg: z.number().min(-90).max(90).describe('ICRS declination, degrees'),
  })
  .strict();

/** The body of GET and PUT /v1/targets: all targets, each name once. */
export const targetList = z
  .object({ targets: z.array(networkTarget).max(100_000) })
  .strict()
  .refine(({ targets }) => new Set(targets.map(({ name }) => name)).size === targets.length, 'a name stands twice');
export type TargetList = z.infer<typeof targetList>;
