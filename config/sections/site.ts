import { z } from 'zod';
import { identifier } from './words.ts';

export const siteSchema = z
  .strictObject({
    name: identifier.describe('The name of this site at its centres; one site, one agent.'),
    latitudeDeg: z.number().min(-90).max(90).describe('Geodetic latitude, north positive.'),
    longitudeDeg: z.number().min(-180).max(360).describe('Longitude, EAST positive.'),
    heightM: z.number().min(-500).max(9000).default(0).describe('Height above the ellipsoid, metres.'),
  })
  .describe('Where the telescope stands.');
export type SiteConfig = z.infer<typeof siteSchema>;
