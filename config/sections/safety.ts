import { z } from 'zod';

export const safetySchema = z
  .strictObject({
    weatherMaxAgeS: z.number().positive().default(120).describe('An older weather reading counts as unsafe.'),
    reopenAfterS: z.number().nonnegative().default(600).describe('Safe again only after this long without a pause.'),
    pollS: z.number().positive().default(5),
    maxWindMPerS: z.number().positive().default(12),
    maxHumidityPercent: z.number().positive().max(100).default(88),
    roof: z
      .enum(['interlocked', 'independent', 'none'])
      .default('none')
      .describe('interlocked: the roof may close only over a parked mount; independent: it may close at any time.'),
  })
  .describe('Local safety; nothing from outside overrides it.');
export type SafetyConfig = z.infer<typeof safetySchema>;
