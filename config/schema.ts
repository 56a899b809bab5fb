import { z } from 'zod';
import { calibrationSchema } from './sections/calibration.ts';
import { catalogueSchema } from './sections/catalogue.ts';
import { destinationSchema } from './sections/destinations.ts';
import { capabilitiesOf, siteDriversSchema } from './sections/drivers.ts';
import { instrumentSchema } from './sections/instrument.ts';
import { intakeSchema } from './sections/intake.ts';
import { logSchema } from './sections/log.ts';
import { noticesSchema } from './sections/notices.ts';
import { observingSchema } from './sections/observing.ts';
import { pageSchema } from './sections/page.ts';
import { reductionSchema } from './sections/reduction.ts';
import { safetySchema } from './sections/safety.ts';
import { siteSchema } from './sections/site.ts';
import { solvingSchema } from './sections/solving.ts';
import { movingTargetSchema, targetSchema } from './sections/targets.ts';

export type { CalibrationConfig } from './sections/calibration.ts';
export type { CameraConfig } from './sections/camera.ts';
export type { CatalogueServiceConfig } from './sections/catalogue.ts';
export type {
  Bhtom2DestinationConfig,
  DestinationConfig,
  FolderDestinationConfig,
  HubDestinationConfig,
  OcsDestinationConfig,
  TomDestinationConfig,
} from './sections/destinations.ts';
export type { SiteDriver, TelescopeDriver } from './sections/drivers.ts';
export type { InstrumentConfig } from './sections/instrument.ts';
export type { NoticeChannelConfig, NoticesConfig } from './sections/notices.ts';
export type { ObservingConfig } from './sections/observing.ts';
export type { SafetyConfig } from './sections/safety.ts';
export type { SiteConfig } from './sections/site.ts';
export type { SolvingConfig } from './sections/solving.ts';
export type { MovingTargetConfig } from './sections/targets.ts';

/**
 * The configuration, defined once: types, defaults, validation, the JSON Schema for editors and the reference page
 * all come from here and the sections. Secrets never stand in it: a token is named by a file or an environment variable.
 */
export const configSchema = z
  .strictObject({
    site: siteSchema,
    dataDir: z
      .string()
      .min(1)
      .default('./bhtom-edge-data')
      .describe('Where the agent keeps its database and products.'),
    instruments: z.array(instrumentSchema).min(1),
    devices: siteDriversSchema
      .default([])
      .describe('Where roof, weather, safety monitor and power of the site come from: one for all telescopes.'),
    targets: z.array(targetSchema).default([]).describe('Positions measured in every frame that holds them.'),
    movingTargets: z
      .array(movingTargetSchema)
      .default([])
      .describe('Minor planets and comets, measured where they stand in the middle of each exposure.'),
    destinations: z.array(destinationSchema).default([]),
    catalogue: catalogueSchema.prefault({}),
    solving: solvingSchema.prefault({}),
    calibration: calibrationSchema.prefault({}),
    reduction: reductionSchema.prefault({}),
    observing: observingSchema.prefault({}),
    safety: safetySchema.prefault({}),
    intake: intakeSchema.prefault({}),
    notices: noticesSchema.prefault({}),
    page: pageSchema.prefault({}),
    log: logSchema.prefault({}),
  })
  .superRefine((config, context) => {
    for (const list of ['instruments', 'destinations'] as const) {
      const seen = new Set<string>();
      config[list].forEach((entry, index) => {
        if (seen.has(entry.id))
          context.addIssue({ code: 'custom', path: [list, index, 'id'], message: `"${entry.id}" is used twice` });
        seen.add(entry.id);
      });
    }
    const channels = config.notices.channels.map(({ id }) => id);
    channels.forEach((id, index) => {
      if (channels.indexOf(id) < index)
        context.addIssue({
          code: 'custom',
          path: ['notices', 'channels', index, 'id'],
          message: `"${id}" is used twice`,
        });
    });
    const local = config.destinations.findIndex(({ id }) => id === 'local');
    if (local >= 0)
      context.addIssue({
        code: 'custom',
        path: ['destinations', local, 'id'],
        message: '"local" is the name under which requests of the site itself are kept; choose another',
      });
    const nameless = config.instruments.findIndex(({ oname }) => oname === undefined);
    config.destinations.forEach((destination, index) => {
      if (destination.kind === 'bhtom2' && destination.delivery && nameless >= 0)
        context.addIssue({
          code: 'custom',
          path: ['destinations', index, 'delivery'],
          message: `BHTOM takes measurements of registered cameras only: give instrument "${config.instruments[nameless]!.id}" its oname, or set delivery to false`,
        });
    });
    const { devices, safety } = config;
    if (safety.roof === undefined && devices.some((entry) => capabilitiesOf(entry).includes('dome')))
      context.addIssue({
        code: 'custom',
        path: ['safety', 'roof'],
        message:
          'there is a roof among the devices: say interlocked (it may close only over parked mounts), independent or none',
      });
  });
export type Config = z.infer<typeof configSchema>;
