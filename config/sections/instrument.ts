import { z } from 'zod';
import { filters } from '../filters.ts';
import { headerOverridesSchema } from '../header-overrides.ts';
import { cameraSchema } from './camera.ts';
import { telescopeDriversSchema } from './drivers.ts';
import { identifier } from './words.ts';

export const instrumentSchema = z
  .strictObject({
    id: identifier.default('main').describe('The name of this telescope with this camera.'),
    oname: z.string().min(1).max(100).optional().describe('Its ONAME at BHTOM.'),
    folders: z
      .array(z.string().min(1))
      .min(1)
      .describe('The folders the camera program writes to, sub-folders included.'),
    polling: z
      .boolean()
      .default(false)
      .describe('Look at the folders every few seconds: needed on network shares, where no events arrive.'),
    filters: z.array(z.string().min(1)).default([]).describe('Filters in the wheel, by the names the headers use.'),
    filterBands: z
      .record(z.string().min(1).max(100), z.enum([...filters.bands.map(({ name }) => name), 'none']))
      .default({})
      .describe(
        'What filter names of this site stand for: a band by name, `none` for narrow ones and others without a band.',
      ),
    camera: cameraSchema.prefault({}),
    header: headerOverridesSchema.prefault({}).describe('What this site states against the headers of its frames.'),
    drivers: telescopeDriversSchema
      .min(1)
      .optional()
      .describe('Where the devices of a robotic unit come from, a driver an entry; absent at a manual telescope.'),
  })
  .describe('One telescope with one camera.');
export type InstrumentConfig = z.infer<typeof instrumentSchema>;
