import type { ArchivePoint } from '../../pipeline/targets/archive.ts';

/** The code of RetryLater for an answer that came whole and makes no sense: the centre is there, this question failed. */
export const answerFault = 'CENTRE_ANSWER';

/** A position that a centre cares for; ICRS, degrees. */
export interface NetworkTarget {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly interest?: TargetInterest;
}

/** How much a centre wants observations of a target, where it says so. */
export interface TargetInterest {
  /** From 0, no more observations, to 10, at once. */
  readonly importance: number | null;
  /** The centre's own order, the greatest first: how much time has passed for its cadence, by its importance. */
  readonly priority: number | null;
  /** One observation every so many days; 0 where none is asked for. */
  readonly cadenceDays: number | null;
}

/** What a centre's archive holds of a target, in the order of time. */
export interface ArchiveLightCurve {
  readonly points: readonly ArchivePoint[];
  /** What has to stand wherever these points are used, in the centre's own words; undefined where it asks for nothing. */
  readonly acknowledgement: string | undefined;
}

/**
 * What a centre tells of its targets. Each call is one polite try. They reject with RetryLater where no whole and
 * believable answer came, with TellOperator where a person has to mend something.
 */
export interface TargetSource {
  readonly destination: string;
  /** All targets of the centre. */
  targets(signal: AbortSignal): Promise<NetworkTarget[]>;
  /** The light curve that the centre's archive holds of a target; undefined when it does not know the name. */
  archive?(name: string, signal: AbortSignal): Promise<ArchiveLightCurve | undefined>;
}
