import type { SkyPosition } from '../../sky/sphere.ts';
import type { Allowed } from './constraints.ts';
import type { Exposures } from './duration.ts';

export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** Something that could be observed in a night: a request, or a target that the site or a centre cares for. */
export interface Candidate {
  readonly kind: 'request' | 'target';
  /** The destination that it comes from, or `site` for a target of the configuration. */
  readonly source: string;
  /** Of a request its id, of a target its name; unique within kind and source. */
  readonly id: string;
  readonly name: string;
  readonly position: SkyPosition;
  readonly urgency: 'RAPID_RESPONSE' | 'TIME_CRITICAL' | 'NORMAL';
  /** 0 to 1, greatest first. */
  readonly priority: number;
  readonly exposures: readonly Exposures[];
  /** A visit lies within one of them; none for any time. */
  readonly windows: readonly Interval[];
  readonly allowed: Allowed;
  /** One observation every so many days; null where nobody says. */
  readonly cadenceDays: number | null;
  /** When it was last observed, here or by the network; null when that is not known. */
  readonly lastObservedMs: number | null;
  /** Why this telescope cannot observe it on any night; null when it can. */
  readonly obstacle: string | null;
  /** What to know of its exposures, in plain words. */
  readonly notes: readonly string[];
}
