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

/** Devices of an INDI server by capability, each by its INDI name. */
function indi<Name extends string>(capabilities: readonly Name[], what: string) {
  const names = Object.fromEntries(capabilities.map((one) => [one, deviceName])) as Record<Name, typeof deviceName>;
  return z
    .strictObject({
      kind: z.literal('indi'),
      host: z.string().min(1).default('localhost').describe('Computer on which indiserver runs.'),
      port: z.number().int().min(1).max(65535).default(7624),
      devices: z
        .strictObject(names)
        .refine((devices) => Object.values(devices).some((name) => name !== undefined), 'name at least one device')
        .describe('By capability, the INDI name of the device, such as "CCD Simulator".'),
    })
    .describe(what);
}
const deviceName = z.string().min(1).max(100).optional();
const telescopeIndiSchema = indi(
  ['mount', 'camera', 'filterWheel', 'focuser', 'rotator', 'flatPanel'],
  'Devices of a telescope that an INDI server drives.',
);
const siteIndiSchema = indi(['dome', 'weather', 'safetyMonitor'], 'Devices of a site that an INDI server drives.');

/** Devices of Alpaca servers by capability, each by its number or its UniqueID. */
function alpaca<Name extends string>(capabilities: readonly Name[], what: string) {
  const names = Object.fromEntries(capabilities.map((one) => [one, alpacaName])) as Record<Name, typeof alpacaName>;
  return z
    .strictObject({
      kind: z.literal('alpaca'),
      host: z
        .string()
        .min(1)
        .optional()
        .describe('Computer of the Alpaca server; without it the local networks are asked for the UniqueIDs.'),
      port: z.number().int().min(1).max(65535).default(11111),
      devices: z
        .strictObject(names)
        .refine((devices) => Object.values(devices).some((name) => name !== undefined), 'name at least one device')
        .describe('By capability, which device of that type: `number` at the server, or `uniqueId` wherever it is.'),
    })
    .refine(
      ({ host, devices }) =>
        host !== undefined || !Object.values(devices).some((name) => typeof name === 'object' && 'number' in name!),
      'a device known by its number needs the host of its server',
    )
    .describe(what);
}
const alpacaName = z
  .union([
    z.strictObject({ number: z.number().int().min(0).max(0xffff_ffff) }),
    z.strictObject({ uniqueId: z.string().min(1).max(200) }),
  ])
  .optional();
const telescopeAlpacaSchema = alpaca(
  ['mount', 'camera', 'filterWheel', 'focuser', 'rotator', 'flatPanel'],
  'Devices of a telescope behind ASCOM Alpaca servers.',
);
const siteAlpacaSchema = alpaca(
  ['dome', 'weather', 'safetyMonitor', 'conditions', 'switches'],
  'Devices of a site behind ASCOM Alpaca servers.',
);

/** One entry a driver: what it reaches, and which capabilities are taken from it. */
export const telescopeDriversSchema = list(
  z.discriminatedUnion('kind', [telescopeSimulatorSchema, telescopeIndiSchema, telescopeAlpacaSchema]),
);
export const siteDriversSchema = list(
  z.discriminatedUnion('kind', [siteSimulatorSchema, siteIndiSchema, siteAlpacaSchema]),
);
export type TelescopeDriver = z.infer<typeof telescopeDriversSchema>[number];
export type SiteDriver = z.infer<typeof siteDriversSchema>[number];

/** A capability comes from one driver. */
function list<Entry extends z.ZodType<ProvidingEntry>>(entry: Entry) {
  return z.array(entry).superRefine((entries, context) => {
    const seen = new Set<string>();
    entries.forEach((one, index) => {
      for (const capability of capabilitiesOf(one)) {
        if (seen.has(capability))
          context.addIssue({
            code: 'custom',
            path: [index, 'devices' in one ? 'devices' : 'provides'],
            message: `"${capability}" is provided by another driver already`,
          });
        seen.add(capability);
      }
    });
  });
}

type ProvidingEntry =
  | { readonly provides: readonly string[] }
  | { readonly devices: Readonly<Record<string, unknown>> };

/** What is taken from a driver. */
export function capabilitiesOf(entry: ProvidingEntry): string[] {
  if ('provides' in entry) return [...entry.provides];
  return Object.entries(entry.devices).flatMap(([capability, name]) => (name === undefined ? [] : [capability]));
}
