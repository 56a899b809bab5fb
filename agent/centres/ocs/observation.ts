import { z } from 'zod';
import { type ObservingRequest, observingRequest } from '../../../protocol/request.ts';

/**
 * An observation as an OCS Observation Portal schedules it (its `/api/schedule/`): a request with a place in time, and
 * inside each configuration the id and the state of its status. Only what is used here is looked at.
 */
export const scheduledObservation = z.looseObject({
  id: z.number().int(),
  state: z.string(),
  start: z.string(),
  end: z.string(),
  priority: z.number().nullish().describe('the lower the more urgent'),
  name: z.string().nullish(),
  observation_type: z.string().nullish(),
  request: z.looseObject({
    configuration_repeats: z.number().int().min(1).max(1000).nullish(),
    configurations: z.array(
      z.looseObject({
        type: z.string(),
        configuration_status: z.number().int(),
        state: z.string(),
        instrument_name: z.string().nullish(),
        repeat_duration: z.number().nullish(),
        target: z.looseObject({
          name: z.string(),
          type: z.string(),
          ra: z.number().nullish(),
          dec: z.number().nullish(),
          proper_motion_ra: z.number().nullish(),
          proper_motion_dec: z.number().nullish(),
          epoch: z.number().nullish(),
        }),
        constraints: z
          .looseObject({ max_airmass: z.number().nullish(), min_lunar_distance: z.number().nullish() })
          .nullish(),
        guiding_config: z.looseObject({ mode: z.string().nullish(), optional: z.boolean().nullish() }).nullish(),
        instrument_configs: z.array(
          z.looseObject({
            optical_elements: z.looseObject({ filter: z.string().nullish() }).nullish(),
            exposure_time: z.number(),
            exposure_count: z.number().int(),
            extra_params: z.looseObject({ bin_x: z.number().nullish() }).nullish(),
          }),
        ),
      }),
    ),
  }),
});
export type ScheduledObservation = z.infer<typeof scheduledObservation>;
type Configuration = ScheduledObservation['request']['configurations'][number];

/** How the portal's names are called here. */
export interface LocalNames {
  /** By the portal's name of an instrument, the id of it in this configuration. */
  readonly instruments: Readonly<Record<string, string>>;
  /** By the portal's code of a filter, the name of it at this site. */
  readonly filters: Readonly<Record<string, string>>;
}

export type ReadObservation = { readonly request: ObservingRequest } | { readonly refusal: string };

/** States of an observation in which the site is to execute it. */
const wanted = new Set(['PENDING', 'IN_PROGRESS']);
const exposing = new Set(['EXPOSE', 'REPEAT_EXPOSE', 'STANDARD']);

/** Under which id the request of an observation is kept. */
export function requestIdOf(observationId: number): string {
  return `ocs-${observationId}`;
}

export function observationIdOf(requestId: string): number | undefined {
  const digits = /^ocs-(\d+)$/.exec(requestId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether the portal still wants it executed. A block that is reserved for a person at the telescope is nobody's request. */
export function isWanted({ state, observation_type }: ScheduledObservation): boolean {
  return wanted.has(state) && observation_type !== 'REAL_TIME';
}

/**
 * The request that a scheduled observation makes of this site: its own start and end as the window, its configurations one
 * after the other, as often as it repeats them. What this program cannot do is refused with the reason: several targets,
 * targets without a fixed position, configurations that are no exposures of the sky.
 */
export function requestOf(observation: ScheduledObservation, names: LocalNames): ReadObservation {
  const { configurations, configuration_repeats } = observation.request;
  const [first] = configurations;
  if (first === undefined) return { refusal: 'it has no configuration' };
  const unusual = configurations.find(({ type }) => !exposing.has(type));
  if (unusual) return { refusal: `configurations of the type ${unusual.type} are not executed here` };
  const { target } = first;
  if (target.type !== 'ICRS' || target.ra == null || target.dec == null)
    return { refusal: `targets of the type ${target.type} are not executed here` };
  if (configurations.some(({ target: { ra, dec } }) => ra !== target.ra || dec !== target.dec))
    return { refusal: 'observations of several targets are not executed here' };
  const instruments = new Set(configurations.map(({ instrument_name }) => instrument_name ?? ''));
  if (instruments.size > 1) return { refusal: 'observations with several instruments are not executed here' };
  const [instrument] = instruments;
  const once = configurations.flatMap((configuration) => exposuresOf(configuration, names));
  const { observation_type, priority } = observation;
  const read = observingRequest.safeParse({
    id: requestIdOf(observation.id),
    name: (observation.name ?? target.name).slice(0, 50),
    ...(isUrgent(observation_type) && { observationType: observation_type }),
    ...(priority != null && { priority: Math.max(0, Math.min(100, 100 - priority)) }),
    target: {
      name: target.name.slice(0, 50),
      raDeg: target.ra,
      decDeg: target.dec,
      ...(target.proper_motion_ra && { pmRaMasPerYr: target.proper_motion_ra }),
      ...(target.proper_motion_dec && { pmDecMasPerYr: target.proper_motion_dec }),
      ...(target.epoch != null && { epochYear: target.epoch }),
    },
    instrumentConfigs: Array.from({ length: configuration_repeats ?? 1 }, () => once).flat(),
    constraints: constraintsOf(configurations),
    windows: [{ start: utcOf(observation.start), end: utcOf(observation.end) }],
    ...(instrument && { instrument: names.instruments[instrument] ?? instrument }),
    ...(configurations.some(needsGuiding) && { requires: ['guiding'] }),
  });
  if (read.success) return { request: read.data };
  const { path, message } = read.error.issues[0]!;
  return { refusal: `${path.join('.')}: ${message}` };
}

function isUrgent(type: string | null | undefined): boolean {
  return type === 'RAPID_RESPONSE' || type === 'TIME_CRITICAL';
}

function exposuresOf({ type, repeat_duration, instrument_configs }: Configuration, { filters }: LocalNames): object[] {
  const sequenceS = instrument_configs.reduce((sum, one) => sum + one.exposure_time * one.exposure_count, 0);
  // The portal repeats the sequence for as long as it says; readout is in that time too, so that it rounds down.
  const repeats = type === 'REPEAT_EXPOSE' ? Math.max(1, Math.floor((repeat_duration ?? 0) / sequenceS)) : 1;
  return instrument_configs.map(({ optical_elements, exposure_time, exposure_count, extra_params }) => {
    const code = optical_elements?.filter ?? '';
    return {
      filter: filters[code] ?? code,
      exposureS: exposure_time,
      exposureCount: exposure_count * repeats,
      ...(extra_params?.bin_x != null && { binning: extra_params.bin_x }),
    };
  });
}

/** The strictest of the configurations. */
function constraintsOf(configurations: readonly Configuration[]): object {
  const airmasses = configurations.flatMap(({ constraints }) => constraints?.max_airmass ?? []);
  const distances = configurations.flatMap(({ constraints }) => constraints?.min_lunar_distance ?? []);
  return {
    ...(airmasses.length > 0 && { maxAirmass: Math.min(...airmasses) }),
    ...(distances.length > 0 && { minLunarDistanceDeg: Math.max(...distances) }),
  };
}

function needsGuiding({ guiding_config }: Configuration): boolean {
  return guiding_config?.mode === 'ON' && guiding_config.optional === false;
}

/** The portal writes UTC with a Z; older ones without. */
function utcOf(time: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`;
}
