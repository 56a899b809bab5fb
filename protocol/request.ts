import { z } from 'zod';
import { openWord } from './growth.ts';

/**
 * An observing request in the vocabulary of the LCO Observation Portal (request group, configuration, instrument
 * configuration, constraints, windows), so that a bridge to a portal or a TOM is a mapping of names. Keys that this
 * version does not know are kept and passed on: an old hub may stand between a new operator and a new site.
 */

export const utc = z.iso.datetime({ offset: true }).describe('UTC, ISO 8601, for example 2026-11-22T21:04:05Z');

export const requestTarget = z.looseObject({
  name: z.string().min(1).max(50),
  raDeg: z.number().min(0).lt(360).describe('ICRS right ascension, degrees'),
  decDeg: z.number().min(-90).max(90).describe('ICRS declination, degrees'),
  pmRaMasPerYr: z.number().optional().describe('proper motion in RA times cos Dec'),
  pmDecMasPerYr: z.number().optional(),
  epochYear: z.number().optional().describe('epoch of the position, Julian year'),
});
export type RequestTarget = z.infer<typeof requestTarget>;

export const instrumentConfig = z.looseObject({
  filter: z.string().max(40).describe('name of a filter of the instrument; empty for a camera without filters'),
  exposureS: z.number().positive().max(3600),
  exposureCount: z.number().int().min(1).max(1000).default(1),
  binning: z.number().int().min(1).max(8).default(1),
});

export const constraints = z.looseObject({
  maxAirmass: z.number().min(1).max(10).default(2.5),
  minLunarDistanceDeg: z.number().min(0).max(180).default(20),
});

export const observingRequest = z.looseObject({
  id: z.string().min(1).max(64).describe('sortable by time of issue, the same for ever'),
  name: z.string().max(50),
  observationType: openWord(['NORMAL', 'RAPID_RESPONSE', 'TIME_CRITICAL']).default('NORMAL'),
  priority: z.number().min(0).max(100).default(50).describe('higher is more urgent'),
  target: requestTarget,
  instrumentConfigs: z.array(instrumentConfig).min(1).max(20),
  constraints: constraints.prefault({}),
  windows: z
    .array(z.looseObject({ start: utc, end: utc }))
    .min(1)
    .max(100),
  instrument: z.string().optional().describe('id of one instrument of the site; any suitable one when absent'),
  requires: z
    .array(z.string().min(1).max(64))
    .max(20)
    .optional()
    .describe('additions to this schema that must not be ignored; a site that does not know one of them declines'),
  test: z.boolean().default(false).describe('a test request is answered in every way but never moves hardware'),
});
export type ObservingRequest = z.infer<typeof observingRequest>;

/** States of a request as the portal names them. */
export const requestStates = [
  'PENDING',
  'IN_PROGRESS',
  'COMPLETED',
  'FAILED',
  'NOT_ATTEMPTED',
  'ABORTED',
  'CANCELED',
  'WINDOW_EXPIRED',
] as const;
export type RequestState = (typeof requestStates)[number];

/** Whether this version knows a state by its name. */
export function isRequestState(word: string): word is RequestState {
  return (requestStates as readonly string[]).includes(word);
}

/** States after which nothing more happens to a request. */
export const terminalStates: ReadonlySet<RequestState> = new Set([
  'COMPLETED',
  'FAILED',
  'NOT_ATTEMPTED',
  'CANCELED',
  'WINDOW_EXPIRED',
]);
