import { z } from 'zod';

export const intakeSchema = z
  .strictObject({
    settleS: z.number().positive().default(2).describe('A file must be whole in two looks this far apart.'),
    rescanS: z.number().positive().default(120).describe('How often folders are compared with the ledger.'),
    maxFileMb: z.number().positive().default(1024),
    minFreeMb: z
      .number()
      .nonnegative()
      .default(500)
      .describe('Below this free space in dataDir intake pauses and says so.'),
  })
  .describe('How the watched folders are looked at.');
