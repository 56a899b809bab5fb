import { z } from 'zod';
import { identifier } from './words.ts';

const serviceId = identifier.describe('A name for it in the log.');
const catalogueServiceSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    id: serviceId,
    kind: z.literal('tap'),
    url: z.url({ protocol: /^https?$/ }).describe('Base address of the TAP service, above /sync.'),
    format: z.string().min(1).describe('How the service calls a VOTable with plain rows (TABLEDATA).'),
    tables: z
      .enum(['archive', 'archive without synthetic photometry', 'vizier'])
      .describe("Whose names its tables go by: those of ESA's archive or VizieR's."),
  }),
  z.strictObject({
    id: serviceId,
    kind: z.literal('vizier'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of a VizieR mirror, above /viz-bin.'),
  }),
]);
export type CatalogueServiceConfig = z.infer<typeof catalogueServiceSchema>;

export const catalogueSchema = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        "CSV of reference stars in the place of the site's own: ra,dec and mag or a column a band, epoch 2016.0.",
      ),
    online: z
      .boolean()
      .default(false)
      .describe('Fetch reference stars around targets and requests by itself, one polite query at a time.'),
    radiusDeg: z.number().positive().max(5).default(0.7).describe('How far around a target stars are fetched.'),
    depthMag: z.number().min(8).max(20).default(17).describe('Down to this magnitude in G.'),
    services: z
      .array(catalogueServiceSchema)
      .min(1)
      .optional()
      .describe('Where Gaia DR3 is fetched from, the next one when one fails; ESA, AIP, CDS and ARI when absent.'),
  })
  .describe('Reference stars, for solving and zero points.');
