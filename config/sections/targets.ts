import { z } from 'zod';

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
