import { z } from 'zod';
import { headerOverridesSchema } from './header-overrides.ts';
import { usualTimeoutS } from './solving.ts';

/**
 * The configuration, defined once: types, defaults, validation, the JSON Schema for editors and the reference page
 * all come from here. Secrets never stand in it: a token is named by a file or an environment variable.
 */

const identifier = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,39}$/,
    'lower-case letters, digits and hyphens, at most 40, starting with a letter or digit',
  );
const folder = z.string().min(1);

export const siteSchema = z
  .strictObject({
    name: identifier.describe('The name of this site at its centres; one site, one agent.'),
    latitudeDeg: z.number().min(-90).max(90).describe('Geodetic latitude, north positive.'),
    longitudeDeg: z.number().min(-180).max(360).describe('Longitude, EAST positive.'),
    heightM: z.number().min(-500).max(9000).default(0).describe('Height above the ellipsoid, metres.'),
  })
  .describe('Where the telescope stands.');
export type SiteConfig = z.infer<typeof siteSchema>;

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

export const simulatorSchema = z
  .strictObject({
    kind: z.literal('simulator'),
    seed: z.number().int().default(1).describe('The same seed gives the same sky.'),
    widthPx: z.number().int().min(64).max(12000).default(1024),
    heightPx: z.number().int().min(64).max(12000).default(1024),
    scaleArcsecPerPx: z.number().positive().default(1),
    fwhmPx: z.number().min(1).max(20).default(3.2),
    starsPerFrame: z.number().int().min(0).max(100000).default(200),
    slewSeconds: z.number().min(0).default(2),
    timeFactor: z.number().min(1).default(1).describe('Exposures and slews take this many times less than they claim.'),
  })
  .describe('A simulated observatory: mount, camera, filter wheel, focuser, dome and weather.');
export const driversSchema = z.discriminatedUnion('kind', [simulatorSchema]);
export type DriversConfig = z.infer<typeof driversSchema>;

export const instrumentSchema = z
  .strictObject({
    id: identifier.default('main').describe('The name of this telescope with this camera.'),
    oname: z.string().min(1).max(100).optional().describe('Its ONAME at BHTOM.'),
    folders: z.array(folder).min(1).describe('The folders the camera program writes to, sub-folders included.'),
    polling: z
      .boolean()
      .default(false)
      .describe('Look at the folders every few seconds: needed on network shares, where no events arrive.'),
    filters: z.array(z.string().min(1)).default([]).describe('Filters in the wheel, by the names the headers use.'),
    camera: cameraSchema.prefault({}),
    header: headerOverridesSchema.prefault({}).describe('What this site states against the headers of its frames.'),
    drivers: driversSchema.optional().describe('Devices of a robotic unit; absent at a manual telescope.'),
  })
  .describe('One telescope with one camera.');
export type InstrumentConfig = z.infer<typeof instrumentSchema>;

export const targetSchema = z.strictObject({
  name: z.string().min(1).max(50),
  raDeg: z.number().min(0).lt(360).describe('ICRS, degrees.'),
  decDeg: z.number().min(-90).max(90).describe('ICRS, degrees.'),
});

const orbitSchema = z
  .strictObject({
    eccentricity: z.number().min(0).max(100),
    perihelionAu: z.number().positive().max(1000).describe('Distance at perihelion, q.'),
    inclinationDeg: z.number().min(0).max(180),
    nodeDeg: z.number().min(0).max(360).describe('Longitude of the ascending node.'),
    perihelionDeg: z.number().min(0).max(360).describe('Argument of perihelion.'),
    perihelionMjdTt: z
      .number()
      .min(-1e7)
      .max(1e7)
      .describe('Passage of the perihelion, MJD (TT); of a closed orbit any passage.'),
  })
  .describe('Ecliptic and equinox of J2000. Good for days to weeks about the epoch of the elements.');

const ephemerisFile = z
  .string()
  .min(1)
  .describe(
    'CSV of mjd, jd or utc, and ra, dec, for the place of the telescope; files of Horizons are read as they are.',
  );

export const movingTargetSchema = z
  .strictObject({
    name: z.string().min(1).max(50),
    orbit: orbitSchema.optional(),
    ephemeris: ephemerisFile.optional(),
  })
  .refine(({ orbit, ephemeris }) => (orbit === undefined) !== (ephemeris === undefined), {
    message: 'give exactly one of orbit and ephemeris',
    path: ['orbit'],
  });
export type MovingTargetConfig = z.infer<typeof movingTargetSchema>;

const secret = {
  tokenFile: z.string().min(1).optional().describe('A file that holds the token and nothing else.'),
  tokenEnv: z.string().min(1).optional().describe('The environment variable that holds the token.'),
};

const oneSecret = [
  (d: { readonly tokenFile?: string | undefined; readonly tokenEnv?: string | undefined }) =>
    (d.tokenFile === undefined) !== (d.tokenEnv === undefined),
  { message: 'give exactly one of tokenFile and tokenEnv', path: ['tokenFile'] },
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
    ...secret,
    targets: z.boolean().default(true).describe('Measure the targets of its list in every frame that shows them.'),
    minImportance: z.number().min(0).max(10).default(0).describe('Only targets of at least this importance.'),
  })
  .refine(...oneSecret)
  .describe('An account at BHTOM; targets and their light curves are read from it.');
export type Bhtom2DestinationConfig = z.infer<typeof bhtom2DestinationSchema>;

export const destinationSchema = z.discriminatedUnion('kind', [hubDestinationSchema, bhtom2DestinationSchema]);
export type DestinationConfig = z.infer<typeof destinationSchema>;

export const reductionSchema = z
  .strictObject({
    threads: z
      .number()
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('Worker threads; one less than the cores when absent.'),
    deadlineS: z.number().positive().default(300).describe('A frame that takes longer is given up for now.'),
    memoryMb: z.number().int().min(256).default(2048).describe('The reduction process is killed above this.'),
    thresholdSigma: z.number().min(2).max(50).default(4.5).describe('Detection threshold, in units of significance.'),
    maxAttempts: z.number().int().min(1).max(20).default(3).describe('Tries before a frame is called failed.'),
    leapSecondsFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A leap-seconds.list of the IERS, where neither this program's own list nor the system's is new enough any more.",
      ),
  })
  .describe('How frames are reduced.');

export const solvingSchema = z
  .strictObject({
    fallback: z
      .array(
        z.strictObject({
          program: z.enum(['solve-field', 'astap']).describe('astrometry.net, or the command line of ASTAP.'),
          path: z.string().min(1).optional().describe('Where it is; found on the PATH when absent.'),
        }),
      )
      .default([])
      .describe(
        'Programs asked where a frame looks that our own solver cannot place; those not installed are left out.',
      ),
    timeoutS: z.number().positive().max(600).default(usualTimeoutS).describe('Each of them is killed after this.'),
  })
  .describe('Plate solving.');
export type SolvingConfig = z.infer<typeof solvingSchema>;
/** For those who ask for any program outside that there is. */

export const calibrationSchema = z
  .strictObject({
    fewestFrames: z.number().int().min(3).max(100).default(5).describe('A set of fewer frames makes no master.'),
    quietMinutes: z
      .number()
      .nonnegative()
      .default(5)
      .describe('A set is complete when no frame has joined it for this long; a frame that needs it does not wait.'),
    biasMaxAgeDays: z.number().positive().default(365).describe('Older: used, flagged as stale in every product.'),
    darkMaxAgeDays: z.number().positive().default(90).describe('Also for flat-darks.'),
    flatMaxAgeDays: z.number().positive().default(30),
    redoNights: z
      .number()
      .nonnegative()
      .default(3)
      .describe(
        'Frames of the last nights are reduced again when a clearly better master arrives, or reference stars that they lacked; 0 never.',
      ),
    keepDays: z
      .number()
      .positive()
      .default(60)
      .describe('Files of older masters are removed once a newer one serves the same end.'),
    memoryMb: z.number().int().min(16).default(256).describe('For the rows that are combined together.'),
  })
  .describe('The library of bias, dark and flat frames.');
export type CalibrationConfig = z.infer<typeof calibrationSchema>;

export const observingSchema = z
  .strictObject({
    minAltitudeDeg: z.number().min(0).max(89).default(25),
    maxSunAltitudeDeg: z.number().min(-18).max(0).default(-12),
    minMoonDistanceDeg: z.number().min(0).max(180).default(15),
    maxExposureS: z.number().positive().max(3600).default(600),
    reductionWaitS: z.number().positive().default(600).describe('How long a visit waits for its photometry.'),
  })
  .describe("The owner's limits for requests from outside.");
export type ObservingConfig = z.infer<typeof observingSchema>;

export const safetySchema = z
  .strictObject({
    weatherMaxAgeS: z.number().positive().default(120).describe('An older weather reading counts as unsafe.'),
    reopenAfterS: z.number().nonnegative().default(600).describe('Safe again only after this long without a pause.'),
    pollS: z.number().positive().default(5),
    maxWindMPerS: z.number().positive().default(12),
    maxHumidityPercent: z.number().positive().max(100).default(88),
    roof: z
      .enum(['interlocked', 'independent', 'none'])
      .default('none')
      .describe('interlocked: the roof may close only over a parked mount; independent: it may close at any time.'),
  })
  .describe('Local safety; nothing from outside overrides it.');
export type SafetyConfig = z.infer<typeof safetySchema>;

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

export const configSchema = z
  .strictObject({
    site: siteSchema,
    dataDir: folder.default('./bhtom-edge-data').describe('Where the agent keeps its database and products.'),
    instruments: z.array(instrumentSchema).min(1),
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
    intake: z
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
      .prefault({}),
    log: z
      .strictObject({
        level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
        format: z.enum(['auto', 'pretty', 'json']).default('auto').describe('auto: readable in a terminal, else JSON.'),
      })
      .prefault({}),
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
  });
export type Config = z.infer<typeof configSchema>;
