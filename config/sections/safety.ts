import { z } from 'zod';

export const safetySchema = z
  .strictObject({
    weatherMaxAgeS: z.number().positive().default(120).describe('An older weather reading counts as unsafe.'),
    reopenAfterS: z.number().nonnegative().default(600).describe('Safe again only after this long without a pause.'),
    pollS: z.number().positive().default(5),
    maxWindMPerS: z.number().positive().default(12),
    maxGustMPerS: z.number().positive().default(17),
    maxHumidityPercent: z.number().positive().max(100).default(88),
    roof: z
      .enum(['interlocked', 'independent', 'none'])
      .optional()
      .describe(
        'Must be given where there is a roof. interlocked: it may close only over parked mounts; independent: it may close at any time; none: it is not commanded.',
      ),
    onStop: z
      .enum(['leave', 'secure'])
      .optional()
      .describe('When the program stops: park and close, or leave all as it is. secure where there is a roof.'),
  })
  .describe('Local safety; nothing from outside overrides it.');
export type SafetyConfig = z.infer<typeof safetySchema>;
