import { z } from 'zod';

/**
 * An observing request in the vocabulary of the LCO Observation Portal (request group, configuration, instrument
 * configuration, constraints, windows), so that a bridge to a portal or a TOM is a mapping of names.
 */

export const utc = z.iso.datetime({ offset: true }).describe('UTC, ISO 8601, for example 2026-11-22T21:04:05Z');

export const requestTarget = z
  .object({
    name: z.string().min(1).max(50),
    raDeg: z.number().min(0).lt(360).describe('ICRS right ascension, degrees'),
    decDeg: z.number().min(-90).max(90).describe('ICRS declination, degrees'),
    pmRaMasPerYr: z.number().optional().describe('proper motion in RA times cos Dec'),
    pmDecMasPerYr: z.number().optional(),
    epochYear: z.number().optional().describe('epoch of the position, Julian year'),
  })
  .strict();
export type RequestTarget = z.infer<typeof requestTarget>;

export const instrumentConfig = z
  .object({
    filter: z.string().max(40).describe('name of a filter of the instrument; empty for a camera without filters'),
    exposureS: z.number().positive().max(3600),
    exposureCount: z.number().int().min(1).max(1000).default(1),
    binning: z.number().int().min(1).max(8).default(1),
  })
  .strict();

export const constraints = z
  .object({
    maxAirmass: z.number().min(1).max(10).default(2.5),
    minLunarDistanceDeg: z.number().min(0).max(180).default(20),
  })
  .strict();

export const observingRequest = z
  .object({
    id: z.string().min(1).max(64).describe('sortable by time of issue, the same for ever'),
    name: z.string().max(50),
    observationType: z.enum(['NORMAL', 'RAPID_RESPONSE', 'TIME_CRITICAL']).default('NORMAL'),
    priority: z.number().min(0).max(100).default(50).describe('higher is more urgent'),
    target: requestTarget,
    instrumentConfigs: z.array(instrumentConfig).min(1).max(20),
    constraints: constraints.prefault({}),
    windows: z
      .array(z.object({ start: utc, end: utc }).strict())
      .min(1)
      .max(100),
    instrument: z.string().optional().describe('id of one instrument of the site; any suitable one when absent'),
    test: z.boolean().default(false).describe('a test request is answered in every way but never moves hardware'),
  })
  .strict();
export type ObservingRequest = z.infer<typeof observingRequest>;

/** States of a request as the portal names them. */
export const requestState = z.enum([
  'PENDING',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
  'NOT_ATTEMPTED',
  'ABORTED',
  'CANCELED',
  'WINDOW_EXPIRED',
]);
export type RequestState = z.infer<typeof requestState>;

/** States after which nothing more happens to a request. */
export const terminalStates: ReadonlySet<RequestState> = new Set([
  'COMPLETED',
  'FAILED',
  'NOT_ATTEMPTED',
  'CANCELED',
  'WINDOW_EXPIRED',
]);
