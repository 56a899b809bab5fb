import { z } from 'zod';

export const observingSchema = z
  .strictObject({
    minAltitudeDeg: z.number().min(0).max(89).default(25),
    maxSunAltitudeDeg: z.number().min(-18).max(0).default(-12),
    minMoonDistanceDeg: z.number().min(0).max(180).default(15),
    maxExposureS: z.number().positive().max(3600).default(600),
    reductionWaitS: z.number().positive().default(600).describe('How long a visit waits for its photometry.'),
  })
  .describe("The owner's limits for requests from outside.");
export type ObservingConfig = z.infer<typeof observingSchema>;
