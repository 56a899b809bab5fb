import { z } from 'zod';
import { identifier } from './words.ts';

export const telescopeCapabilities = [
  'mount',
  'camera',
  'filterWheel',
  'focuser',
  'guider',
  'rotator',
  'flatPanel',
] as const;
export const siteCapabilities = ['dome', 'weather', 'safetyMonitor', 'power', 'conditions', 'switches'] as const;

const simulator = {
  kind: z.literal('simulator'),
  observatory: identifier
    .default('simulated')
    .describe('Which simulated observatory: telescopes and devices of the same one stand under the same roof.'),
  seed: z.number().int().default(1).describe('The same seed gives the same sky.'),
  slewSeconds: z.number().min(0).default(2),
  timeFactor: z.number().min(1).default(1).describe('Exposures and motions take this many times less than they claim.'),
};

export const telescopeSimulatorSchema = z
  .strictObject({
    ...simulator,
    provides: z
      .array(z.enum(telescopeCapabilities))
      .min(1)
      .default([...telescopeCapabilities]),
    widthPx: z.number().int().min(64).max(12000).default(1024),
    heightPx: z.number().int().min(64).max(12000).default(1024),
    scaleArcsecPerPx: z.number().positive().default(1),
    fwhmPx: z.number().min(1).max(20).default(3.2),
    starsPerFrame: z.number().int().min(0).max(100000).default(200),
  })
  .describe('A simulated telescope.');

export const siteSimulatorSchema = z
  .strictObject({ ...simulator, provides: z.array(z.enum(siteCapabilities)).min(1).default(['dome', 'weather']) })
  .describe('Simulated devices of a site.');

/** One entry a driver: what it reaches, and which capabilities are taken from it. */
export const telescopeDriversSchema = list(z.discriminatedUnion('kind', [telescopeSimulatorSchema]));
export const siteDriversSchema = list(z.discriminatedUnion('kind', [siteSimulatorSchema]));
export type TelescopeDriver = z.infer<typeof telescopeDriversSchema>[number];
export type SiteDriver = z.infer<typeof siteDriversSchema>[number];

/** A capability comes from one driver. */
function list<Entry extends z.ZodType<{ readonly provides: readonly string[] }>>(entry: Entry) {
  return z.array(entry).superRefine((entries, context) => {
    const seen = new Set<string>();
    entries.forEach(({ provides }, index) => {
      for (const capability of provides) {
        if (seen.has(capability))
          context.addIssue({
            code: 'custom',
            path: [index, 'provides'],
            message: `"${capability}" is provided by another driver already`,
          });
        seen.add(capability);
      }
    });
  });
}
