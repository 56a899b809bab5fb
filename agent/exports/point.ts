import type { Band } from '../../pipeline/standardisation/bands.ts';
import type { MeasuredPlace } from './measured-place.ts';

/** One measurement of a target on its way out of the house: whatever format it takes, this is what it says. */
export interface ExportPoint {
  readonly target: string;
  /** ICRS, degrees. */
  readonly raDeg: number;
  readonly decDeg: number;
  /** Mid-exposure, UTC, MJD. */
  readonly mjdMid: number;
  readonly exposureS: number;
  /** `mono`, or the plane of a colour camera. */
  readonly plane: string;
  readonly brightness: Brightness;
  /** Where it was found, of a moving target whose place was looked for. */
  readonly measured?: MeasuredPlace | undefined;
  readonly band: Band;
  /** The filter as the header names it; empty where there is none. */
  readonly filter: string;
  readonly airmass: number | undefined;
  readonly exposureId: string;
  /** Site and instrument, and the observer's name or code, where known. */
  readonly site: string;
  readonly instrument: string;
  readonly observer: string | undefined;
  readonly software: string;
}

/** Points in the format of somebody else. */
export interface Export {
  readonly content: string | Uint8Array;
  /** Points that the format has no place for, and why. */
  readonly leftOut: readonly { readonly point: ExportPoint; readonly reason: string }[];
}

/** Standard magnitudes; a limit is what a source of S/N 5 would have. */
export type Brightness =
  | { readonly kind: 'detected'; readonly mag: number; readonly magErr: number }
  | { readonly kind: 'limit'; readonly mag: number };

/** What a record tells of one target on one plane, as it stands in the database. */
export interface RecordedPoint extends Omit<ExportPoint, 'mjdMid' | 'exposureS' | 'brightness' | 'band'> {
  readonly mjdMid: number | null;
  readonly timeVerdict: 'good' | 'doubtful' | 'unusable';
  readonly timeReasons: readonly string[];
  readonly exposureS: number | null;
  readonly mag: number | null;
  readonly magErr: number | null;
  readonly limit: number | null;
  readonly band: Band | undefined;
}

/**
 * What may leave the house: a magnitude or a limit, in a known band, at a time that is sure. Everything else stays, and
 * the text says why: no export invents what a record does not hold.
 */
export function exportPointOf(recorded: RecordedPoint): ExportPoint | string {
  const { mjdMid, timeVerdict, timeReasons, exposureS, mag, magErr, limit, band, ...same } = recorded;
  if (mjdMid === null || exposureS === null) return 'nothing tells when its exposure was';
  if (timeVerdict !== 'good')
    return `its time is ${timeVerdict}${timeReasons.length > 0 ? `: ${timeReasons.join('; ')}` : ''}`;
  if (!band) return 'its zero point has no band';
  if (mag !== null && magErr !== null && magErr > 0) {
    return { ...same, mjdMid, exposureS, band, brightness: { kind: 'detected', mag, magErr } };
  }
  if (limit !== null) return { ...same, mjdMid, exposureS, band, brightness: { kind: 'limit', mag: limit } };
  return 'it has neither a standard magnitude nor a limit';
}

/** A word of a program to come is no promise that the time is good. */
export function timeVerdictOf(word: string): RecordedPoint['timeVerdict'] {
  return word === 'good' || word === 'unusable' ? word : 'doubtful';
}
