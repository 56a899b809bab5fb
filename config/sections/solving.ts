import { z } from 'zod';
import { usualTimeoutS } from '../solving.ts';

export const solvingSchema = z
  .strictObject({
    fallback: z
      .array(
        z.strictObject({
          program: z.enum(['solve-field', 'astap']).describe('astrometry.net, or the command line of ASTAP.'),
          path: z.string().min(1).optional().describe('Where it is; found on the PATH when absent.'),
        }),
      )
      .default([])
      .describe(
        'Programs asked where a frame looks that our own solver cannot place; those not installed are left out.',
      ),
    timeoutS: z.number().positive().max(600).default(usualTimeoutS).describe('Each of them is killed after this.'),
  })
  .describe('Plate solving.');
export type SolvingConfig = z.infer<typeof solvingSchema>;
