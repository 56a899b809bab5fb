import { z } from 'zod';
import type { CalibrationFacts, MeasuredDetector, RejectedMember } from './master.ts';

/** What the ledger of masters keeps as JSON, as it is checked when read back. Keys of a later program are ignored. */

const text = z.string().nullable().default(null);
const number = z.number().nullable().default(null);

export const calibrationFacts: z.ZodType<CalibrationFacts> = z.object({
  setup: z.object({
    ...{ camera: text, gainSetting: number, offsetSetting: number, binning: text, readoutMode: text, bayer: text },
    ...{ subframe: text, widthPx: number, heightPx: number },
  }),
  ...{ exposureS: number, temperatureC: number, filter: text, rotatorDeg: number, takenMs: z.number() },
});

export const rejectedMembers: z.ZodType<RejectedMember[]> = z.array(z.object({ name: z.string(), reason: z.string() }));

export const measuredDetector: z.ZodType<MeasuredDetector> = z.object({
  ...{ gainEPerAdu: z.number(), gainErr: z.number(), readNoiseE: z.number(), readNoiseErrE: z.number() },
  linearToAdu: number,
  linearity: z
    .object({
      coefficients: z.array(z.number()).optional(),
      table: z.array(z.tuple([z.number(), z.number()])).optional(),
      limitAdu: z.number(),
      from: z.string(),
    })
    .nullable()
    .default(null),
});
