import { z } from 'zod';
import { identifier } from './words.ts';

const secret = {
  tokenFile: z.string().min(1).optional().describe('A file that holds the token and nothing else.'),
  tokenEnv: z.string().min(1).optional().describe('The environment variable that holds the token.'),
};

const oneSecret = [
  (d: { readonly tokenFile?: string | undefined; readonly tokenEnv?: string | undefined }) =>
    (d.tokenFile === undefined) !== (d.tokenEnv === undefined),
  { message: 'give exactly one of tokenFile and tokenEnv', path: ['tokenFile'] },
] satisfies [unknown, unknown];

const everyS = z
  .number()
  .min(0)
  .default(0)
  .describe('Shortest time between two points of one target, seconds; frames that were asked for all go.');

const userAndPassword = {
  user: z.string().min(1).optional().describe('Name of the user there, with passwordFile in the place of a token.'),
  passwordFile: z.string().min(1).optional().describe('A file that holds the password and nothing else.'),
};

interface Account {
  readonly tokenFile?: string | undefined;
  readonly tokenEnv?: string | undefined;
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
}

const wholeUser = [
  (d: Account) => (d.user === undefined) === (d.passwordFile === undefined),
  { message: 'user and passwordFile belong together', path: ['user'] },
] satisfies [unknown, unknown];

const oneAccount = [
  (d: Account) => [d.tokenFile, d.tokenEnv, d.user].filter((one) => one !== undefined).length === 1,
  { message: 'give exactly one of tokenFile, tokenEnv, and user with passwordFile', path: ['tokenFile'] },
] satisfies [unknown, unknown];

export const hubDestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('hub'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of the hub, for example https://hub.example.org.'),
    ...secret,
    requests: z.boolean().default(true).describe('Take observing requests from this hub.'),
    targets: z.boolean().default(true).describe('Measure the targets of its list in every frame that shows them.'),
  })
  .refine(...oneSecret);
export type HubDestinationConfig = z.infer<typeof hubDestinationSchema>;

export const bhtom2DestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('bhtom2'),
    url: z
      .url({ protocol: /^https?$/ })
      .default('https://bh-tom2.astrouw.edu.pl')
      .describe('Address of BHTOM.'),
    uploadUrl: z
      .url({ protocol: /^https?$/ })
      .default('https://uploadsvc2.bh-tom2.astrouw.edu.pl')
      .describe('Address of its upload service, apart from that of the web server.'),
    ...secret,
    ...userAndPassword,
    delivery: z
      .boolean()
      .default(true)
      .describe(
        'Upload what is measured of targets that were detected or asked for. Every instrument needs its oname.',
      ),
    uploads: z
      .enum(['photometry', 'photometry_csv'])
      .default('photometry')
      .describe(
        'What is uploaded: all stars of the frame, which BHTOM calibrates itself, or the magnitude or limit of this site.',
      ),
    everyS: z
      .number()
      .min(0)
      .default(0)
      .describe('Shortest time between two uploads of one target, seconds; frames that were asked for all go.'),
    observers: z
      .array(z.string().min(1))
      .default([])
      .describe('Observers, by their user names at BHTOM; case matters.'),
    matchRadiusArcsec: z
      .number()
      .positive()
      .optional()
      .describe('Radius of its match to the catalogue; its own if absent.'),
    plots: z.boolean().default(false).describe('Let it draw a plot of every calibration.'),
    dryRun: z.boolean().default(false).describe('Uploads are processed there and nothing is stored: for a trial.'),
    targets: z.boolean().default(true).describe('Measure the targets of its list in every frame that shows them.'),
    minImportance: z.number().min(0).max(10).default(0).describe('Only targets of at least this importance.'),
  })
  .refine(...wholeUser)
  .refine(...oneAccount)
  .describe('An account at BHTOM: measurements go there, targets and their light curves come from it.');
export type Bhtom2DestinationConfig = z.infer<typeof bhtom2DestinationSchema>;

const ocsDestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('ocs'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of the Observation Portal.'),
    ...secret,
    site: z.string().min(1).describe('Code of this site there, for example tst.'),
    enclosure: z.string().min(1).optional().describe('Code of the enclosure there; all of the site if absent.'),
    telescope: z.string().min(1).optional().describe('Code of the telescope there; all of the site if absent.'),
    instruments: z
      .record(z.string(), identifier)
      .default({})
      .describe('Its names of instruments and the ids of them here; a name that is not listed is taken for an id.'),
    filters: z
      .record(z.string(), z.string())
      .default({})
      .describe(
        'Its codes of filters and their names here, for example rp: r; a code that is not listed is taken as it is.',
      ),
    pollS: z
      .number()
      .min(5)
      .max(600)
      .default(10)
      .describe('How often it is asked whether anything was scheduled, seconds.'),
  })
  .refine(...oneSecret)
  .describe('An OCS Observation Portal, as Las Cumbres Observatory has it: it schedules requests for this site.');
export type OcsDestinationConfig = z.infer<typeof ocsDestinationSchema>;

export const tomDestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('tom'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of the TOM, for example https://tom.example.org.'),
    ...secret,
    ...userAndPassword,
    delivery: z
      .boolean()
      .default(true)
      .describe('Send the magnitude or limit of targets that were detected or asked for; the TOM has to know them.'),
    everyS,
    targets: z.boolean().default(true).describe('Measure the targets of its list in every frame that shows them.'),
  })
  .refine(...wholeUser)
  .refine(...oneAccount)
  .describe('A TOM built with the TOM Toolkit, BHTOM3 among them: measurements go there, targets come from it.');
export type TomDestinationConfig = z.infer<typeof tomDestinationSchema>;

/** The formats that points are written in (`agent/exports/formats.ts`). */
export const exportFormatNames = ['aavso', 'bhtom', 'tom', 'skyportal', 'ecsv', 'fits'] as const;
export type ExportFormatName = (typeof exportFormatNames)[number];

export const folderDestinationSchema = z
  .strictObject({
    id: identifier,
    kind: z.literal('folder'),
    folder: z
      .string()
      .min(1)
      .describe('Where files are written. It has to be there: name one within a share, which is missing without it.'),
    formats: z.array(z.enum(exportFormatNames)).min(1).describe('What is written of every point, a file each.'),
    obscode: z
      .string()
      .regex(/^[A-Za-z0-9]{1,10}$/)
      .optional()
      .describe('Code of the observer at the AAVSO, for the format aavso.'),
    skyPortalInstrument: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Number of the instrument at SkyPortal, for the format skyportal.'),
    everyS,
  })
  .refine((d) => d.obscode !== undefined || !d.formats.includes('aavso'), {
    message: 'the format aavso needs the code of the observer',
    path: ['obscode'],
  })
  .refine((d) => d.skyPortalInstrument !== undefined || !d.formats.includes('skyportal'), {
    message: 'the format skyportal needs the number of the instrument',
    path: ['skyPortalInstrument'],
  })
  .describe('A folder, on a share if you like: what is measured of targets that were detected or asked for, as files.');
export type FolderDestinationConfig = z.infer<typeof folderDestinationSchema>;

export const destinationSchema = z.discriminatedUnion('kind', [
  hubDestinationSchema,
  bhtom2DestinationSchema,
  ocsDestinationSchema,
  tomDestinationSchema,
  folderDestinationSchema,
]);
export type DestinationConfig = z.infer<typeof destinationSchema>;
