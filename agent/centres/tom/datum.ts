import { z } from 'zod';
import type { ExportPoint } from '../../exports/point.ts';

/** The body of `POST /api/reduceddatums/`. */
export interface ReducedDatum {
  readonly target: number;
  readonly data_type: 'photometry';
  /** Who measured; at most 100 characters there. */
  readonly source_name: string;
  /** What tells one of our parcels from any other datum; at most 200 characters there. */
  readonly source_location: string;
  readonly timestamp: string;
  readonly value: Readonly<Record<string, string | number>>;
}

/** A point as a datum: mid-exposure in UTC to the millisecond, a magnitude with its error or a limit. */
export function reducedDatum(point: ExportPoint, target: number, key: string): ReducedDatum {
  const { brightness, band, site, instrument, exposureS, exposureId, software } = point;
  return {
    target,
    data_type: 'photometry',
    source_name: sourceName(site),
    source_location: sourceLocation(key),
    timestamp: new Date(unixMsOf(point)).toISOString(),
    value: {
      ...(brightness.kind === 'limit'
        ? { limit: rounded(brightness.mag) }
        : { magnitude: rounded(brightness.mag), error: rounded(brightness.magErr) }),
      ...{ filter: band.catalogue, telescope: site, instrument, exposure_time: exposureS },
      ...{ exposure_id: exposureId, software },
    },
  };
}

/** To a hundredth of a millimagnitude. */
const rounded = (mag: number): number => Number(mag.toFixed(5));

export const sourceName = (site: string): string => site.slice(0, 100);
export const sourceLocation = (key: string): string => `bhtom-edge:${key}`;
export const unixMsOf = ({ mjdMid }: ExportPoint): number => Math.round((mjdMid - 40_587) * 86_400_000);

const number = z.number().nullish().catch(null).optional();

/** A datum as a list shows it; the names of what is in `value` depend on the version, and older ones take any. */
export const listedDatum = z.object({
  target: z.number().int(),
  data_type: z.string(),
  source_name: z.string(),
  source_location: z.string(),
  timestamp: z.string(),
  value: z
    .looseObject({
      ...{ filter: z.string().optional().catch(undefined), bandpass: z.string().optional().catch(undefined) },
      ...{ magnitude: number, brightness: number, error: number, brightness_error: number },
      ...{ magnitude_error: number, limit: number },
    })
    .catch({}),
});
export type ListedDatum = z.infer<typeof listedDatum>;

export const bandOf = ({ value }: ListedDatum): string | undefined => value.bandpass ?? value.filter;
