import { z } from 'zod';

export const linearitySchema = z
  .strictObject({
    coefficients: z
      .array(z.number())
      .min(1)
      .max(5)
      .optional()
      .describe('c1, c2, ... of true = m (1 + c1 m + c2 m^2 + ...), m the level above bias and dark in ADU.'),
    table: z
      .array(z.tuple([z.number().positive(), z.number().positive()]))
      .min(1)
      .max(1000)
      .refine((rows) => rows.every((row, i) => i === 0 || row[0] > rows[i - 1]![0]), 'levels must ascend')
      .optional()
      .describe('In place of coefficients: measured and true levels above bias and dark in ADU, ascending.'),
    limitAdu: z
      .number()
      .positive()
      .describe('Level above bias and dark that the correction holds up to, ADU; pixels beyond count as saturated.'),
  })
  .refine(({ coefficients, table }) => coefficients === undefined || table === undefined, {
    message: 'give coefficients or a table, not both',
  })
  .describe('How the detector departs from linearity; corrected after the dark and before the flat.');

export const cameraSchema = z
  .strictObject({
    gainEPerAdu: z.number().positive().max(1000).optional().describe('Electrons per ADU of the saved file.'),
    readNoiseE: z.number().nonnegative().max(1000).optional().describe('Read noise, electrons.'),
    saturationAdu: z
      .number()
      .positive()
      .optional()
      .describe('Level from which a pixel no longer tells the truth, ADU.'),
    linearity: linearitySchema.optional(),
    scaleArcsecPerPx: z.number().positive().max(600).optional().describe('Plate scale, for solving.'),
  })
  .describe('What is known of the camera; it wins over the header.');
export type CameraConfig = z.infer<typeof cameraSchema>;
