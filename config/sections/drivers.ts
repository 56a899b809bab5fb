import { z } from 'zod';

export const simulatorSchema = z
  .strictObject({
    kind: z.literal('simulator'),
    seed: z.number().int().default(1).describe('The same seed gives the same sky.'),
    widthPx: z.number().int().min(64).max(12000).default(1024),
    heightPx: z.number().int().min(64).max(12000).default(1024),
    scaleArcsecPerPx: z.number().positive().default(1),
    fwhmPx: z.number().min(1).max(20).default(3.2),
    starsPerFrame: z.number().int().min(0).max(100000).default(200),
    slewSeconds: z.number().min(0).default(2),
    timeFactor: z.number().min(1).default(1).describe('Exposures and slews take this many times less than they claim.'),
  })
  .describe('A simulated observatory: mount, camera, filter wheel, focuser, dome and weather.');
export const driversSchema = z.discriminatedUnion('kind', [simulatorSchema]);
export type DriversConfig = z.infer<typeof driversSchema>;
