import { z } from 'zod';

export const observingSchema = z
  .strictObject({
    minAltitudeDeg: z.number().min(0).max(89).default(25),
    horizon: z
      .array(z.tuple([z.number().min(0).max(360), z.number().min(-10).max(89)]))
      .max(360)
      .default([])
      .describe(
        'What stands around the telescope: azimuth (north through east) and altitude of its upper edge, degrees; straight lines between.',
      ),
    maxSunAltitudeDeg: z.number().min(-18).max(0).default(-12),
    minMoonDistanceDeg: z.number().min(0).max(180).default(15),
    fullMoonDistanceDeg: z
      .number()
      .min(0)
      .max(120)
      .default(30)
      .describe('The same for a full Moon high up; less with its phase, and for a Moon below 30 degrees.'),
    meridianMarginMin: z
      .number()
      .min(0)
      .max(120)
      .optional()
      .describe(
        'Visits neither cross the meridian nor come nearer to it than these minutes; absent for a mount that tracks through.',
      ),
    maxExposureS: z.number().positive().max(3600).default(600),
    reductionWaitS: z.number().positive().default(600).describe('How long a visit waits for its photometry.'),
  })
  .describe("The owner's limits for requests from outside, and for the plan of a night.");
export type ObservingConfig = z.infer<typeof observingSchema>;
