import { z } from 'zod';

export const reductionSchema = z
  .strictObject({
    threads: z
      .number()
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('Worker threads; one less than the cores when absent.'),
    deadlineS: z.number().positive().default(300).describe('A frame that takes longer is given up for now.'),
    memoryMb: z.number().int().min(256).default(2048).describe('The reduction process is killed above this.'),
    thresholdSigma: z.number().min(2).max(50).default(4.5).describe('Detection threshold, in units of significance.'),
    maxAttempts: z.number().int().min(1).max(20).default(3).describe('Tries before a frame is called failed.'),
    leapSecondsFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A leap-seconds.list of the IERS, where neither this program's own list nor the system's is new enough any more.",
      ),
  })
  .describe('How frames are reduced.');
