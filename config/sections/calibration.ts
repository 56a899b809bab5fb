import { z } from 'zod';

export const calibrationSchema = z
  .strictObject({
    fewestFrames: z.number().int().min(3).max(100).default(5).describe('A set of fewer frames makes no master.'),
    quietMinutes: z
      .number()
      .nonnegative()
      .default(5)
      .describe('A set is complete when no frame has joined it for this long; a frame that needs it does not wait.'),
    biasMaxAgeDays: z.number().positive().default(365).describe('Older: used, flagged as stale in every product.'),
    darkMaxAgeDays: z.number().positive().default(90).describe('Also for flat-darks.'),
    flatMaxAgeDays: z.number().positive().default(30),
    redoNights: z
      .number()
      .nonnegative()
      .default(3)
      .describe(
        'Frames of the last nights are reduced again when a clearly better master arrives, or reference stars that they lacked; 0 never.',
      ),
    keepDays: z
      .number()
      .positive()
      .default(60)
      .describe('Files of older masters are removed once a newer one serves the same end.'),
    memoryMb: z.number().int().min(16).default(256).describe('For the rows that are combined together.'),
  })
  .describe('The library of bias, dark and flat frames.');
export type CalibrationConfig = z.infer<typeof calibrationSchema>;
