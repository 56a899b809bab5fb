import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ObservingRequest, observingRequest } from '../../../protocol/request.ts';
import { positionOfText } from '../../../sky/position-text.ts';

/** A request as a person writes it: words and numbers by name, whatever the form of the file. */
export type Draft = Readonly<Record<string, unknown>>;

/** What the command line says for all requests of a file that leave it out. */
export interface DraftDefaults {
  readonly filter?: string | undefined;
  readonly exposureS?: number | undefined;
  readonly count?: number | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

const dayMs = 86_400_000;
/** A request that names no end is one of the coming month. */
const usualSpanMs = 30 * dayMs;
/** A cadence is a request a time; more than a year's nights are a mistake. */
const mostRepeats = 400;

const text = z.union([z.string(), z.number()]).transform((value) => String(value).trim());
const number = z.coerce.number();
const moment = z.union([z.string(), z.date()]).transform((value, context) => {
  const ms =
    value instanceof Date
      ? value.getTime()
      : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(value) || !value.includes('T') ? value : `${value}Z`);
  const year = new Date(ms).getUTCFullYear();
  if (!(year >= firstYear && year <= lastYear))
    context.addIssue({ code: 'custom', message: 'a date or a time, UTC, such as 2026-12-24 or 2026-12-24T20:00' });
  return ms;
});

/** Dates beyond these are slips of the pen. */
const [firstYear, lastYear] = [2000, 2100];

/** The keys of a draft, in lower case without blanks, hyphens and underscores; units are those of the names. */
const draftSchema = z.strictObject({
  name: text.pipe(z.string().min(1).max(50)),
  ra: text,
  dec: text,
  filter: text.optional(),
  exposures: number.positive().max(3600).optional(),
  count: number.int().min(1).max(1000).default(1),
  binning: number.int().min(1).max(8).default(1),
  priority: number.min(0).max(100).default(50),
  type: z
    .string()
    .transform((word) => word.trim().toUpperCase())
    .pipe(z.enum(['NORMAL', 'RAPID_RESPONSE', 'TIME_CRITICAL']))
    .default('NORMAL'),
  start: moment.optional(),
  end: moment.optional(),
  everydays: number.min(0).optional(),
  maxairmass: number.min(1).max(10).optional(),
  minmoondeg: number.min(0).max(180).optional(),
  instrument: text.optional(),
  comment: text.optional(),
});

/** Other words for the same. */
const synonyms: Readonly<Record<string, string>> = {
  target: 'name',
  targetname: 'name',
  object: 'name',
  radeg: 'ra',
  decdeg: 'dec',
  filters: 'filter',
  exposure: 'exposures',
  exptime: 'exposures',
  exposuretime: 'exposures',
  n: 'count',
  exposurecount: 'count',
  cadencedays: 'everydays',
  airmass: 'maxairmass',
  observationtype: 'type',
  note: 'comment',
};

/** Requests made of a draft, or all that is wrong with it. */
export type Drafted = { readonly requests: readonly ObservingRequest[] } | { readonly faults: readonly string[] };

/**
 * The requests that a draft asks for: one, or with a cadence one for each time. Their ids come from what is asked, so
 * that the same file read twice asks once. `ra` and `dec` are decimal degrees or sexagesimal; several filters stand with
 * commas or blanks between them.
 */
export function requestsOf(draft: Draft, defaults: DraftDefaults, nowMs: number): Drafted {
  const given = Object.fromEntries(Object.entries(draft).flatMap(([key, value]) => keyed(key, value)));
  const parsed = draftSchema.safeParse({
    ...defined({ ...defaults, exposures: defaults.exposureS, exposureS: undefined }),
    ...given,
  });
  if (!parsed.success) return { faults: parsed.error.issues.map((issue) => faultOf(issue)) };
  const { name, ra, dec, filter, exposures, count, binning, priority, type, everydays, ...rest } = parsed.data;
  const position = positionOfText(ra, dec);
  const startMs = rest.start ?? nowMs;
  const endMs = rest.end ?? startMs + usualSpanMs;
  const faults = [
    ...(position ? [] : [`ra and dec: "${ra}" and "${dec}" are no position; write degrees, or 05:34:31.9 +22:00:52`]),
    ...(filter === undefined ? ['filter: it names none; put one in the file, or give --filter'] : []),
    ...(exposures === undefined ? ['exposure: it names none; put seconds in the file, or give --exposure'] : []),
    ...(endMs > startMs ? [] : ['end: it is not after the start']),
  ];
  if (!position || filter === undefined || exposures === undefined || faults.length > 0) return { faults };
  const { maxairmass, minmoondeg, instrument } = rest;
  const windows = windowsOf(startMs, endMs, everydays);
  if (windows.length > mostRepeats)
    return { faults: [`every_days: that is ${windows.length} requests; ${mostRepeats} at most`] };
  const id = `local-${createHash('sha256').update(JSON.stringify(given)).digest('hex').slice(0, 16)}`;
  return {
    requests: windows.map((window, k) =>
      observingRequest.parse({
        id: windows.length === 1 ? id : `${id}-${String(k + 1).padStart(3, '0')}`,
        name,
        observationType: type,
        priority,
        target: { name, ...position },
        instrumentConfigs: filter
          .split(/[\s,;]+/)
          .map((one) => ({ filter: one, exposureS: exposures, exposureCount: count, binning })),
        constraints: defined({ maxAirmass: maxairmass, minLunarDistanceDeg: minmoondeg }),
        windows: [window],
        ...defined({ instrument }),
      }),
    ),
  };
}

function keyed(key: string, value: unknown): [string, unknown][] {
  if (value === null || value === '' || value === undefined) return [];
  const plain = key.toLowerCase().replace(/[\s_-]/g, '');
  return [[synonyms[plain] ?? plain, value]];
}

function defined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;
}

/** One window, or with a cadence one for each period, cut at the end. */
function windowsOf(startMs: number, endMs: number, everyDays = 0): { start: string; end: string }[] {
  const stepMs = everyDays > 0 ? everyDays * dayMs : endMs - startMs;
  const count = Math.ceil((endMs - startMs) / stepMs - 1e-9);
  const at = (ms: number) => new Date(Math.round(ms)).toISOString();
  // Counted and not walked: a cadence of a second must not fill the memory before it is refused.
  if (count > mostRepeats)
    return Array(count > 1e6 ? mostRepeats + 1 : count).fill({ start: at(startMs), end: at(endMs) });
  return Array.from({ length: count }, (_, k) => ({
    start: at(startMs + k * stepMs),
    end: at(Math.min(startMs + (k + 1) * stepMs, endMs)),
  }));
}

function faultOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no such key: ${issue.keys.join(', ')}`;
  const key = issue.path.join('.');
  return key === 'name' || key === 'ra' || key === 'dec'
    ? `${key}: must be given (${issue.message})`
    : `${key}: ${issue.message}`;
}
