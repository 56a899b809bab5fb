import type { FrameRecord } from '../../protocol/frame-record.ts';
import type { Exposures } from '../planning/duration.ts';
import type { Status } from '../status/status.ts';
import type { FrameState } from '../store/frame.ts';
import type { FrameQuality, NightQuality } from '../store/frame-quality.ts';
import type { MasterKind, RejectedMember } from '../store/master.ts';
import type { MasterState } from '../store/masters.ts';
import type { MeasuredTarget, TargetPoint } from '../store/target-points.ts';

/**
 * What the API answers. The page is written against these, and so may anything else be: nothing that stands here is taken
 * away. Times are Unix milliseconds unless the name says otherwise; what is not known is null.
 */
export interface StatusAnswer extends Status {
  /** What is wrong, the gravest first. */
  readonly repairs: readonly Repair[];
  /** Since the last noon (solar). */
  readonly today: TodayCounts;
}

/** Something that is wrong, and what to do about it. */
export interface Repair {
  readonly what: string;
  readonly words: string;
  readonly remedy: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly sinceMs: number | null;
  /** A frame that shows it. */
  readonly frameId: number | null;
}

/** Light frames that came, and what became of them. */
export interface TodayCounts {
  lights: number;
  measured: number;
  refused: number;
}

/** A target in a frame. */
export interface TargetOfFrame {
  readonly name: string;
  readonly verdict: string;
  readonly mag: number | null;
  readonly magErr: number | null;
  readonly limit: number | null;
  readonly x: number | null;
  readonly y: number | null;
}

/** A frame in a list. */
export interface FrameLine {
  readonly id: number;
  readonly instrument: string;
  readonly path: string;
  readonly state: FrameState;
  readonly kind: string | null;
  readonly mtimeMs: number;
  readonly reason: string | null;
  /** What can be done about it. */
  readonly advice: string | null;
  readonly object: string | null;
  readonly filter: string | null;
  readonly exposureS: number | null;
  /** How its measurement ended; null for what was not measured. */
  readonly outcome: string | null;
  readonly nSources: number | null;
  readonly fwhmArcsec: number | null;
  readonly fwhmPx: number | null;
  readonly zeroPoint: number | null;
  readonly band: string | null;
  readonly limitingMag: number | null;
  readonly airmass: number | null;
  readonly nWarnings: number;
  readonly targets: readonly TargetOfFrame[];
}

export interface FramesAnswer {
  /** The newest first. */
  readonly frames: readonly FrameLine[];
  /** Ask for those before this id; null where there are none. */
  readonly before: number | null;
}

export interface FrameAnswer {
  readonly frame: FrameLine;
  readonly record: FrameRecord | null;
  /** Why the record cannot be read, where it cannot. */
  readonly unreadable: string | null;
  readonly warnings: readonly string[];
  /** What became of its parcels. */
  readonly parcels: readonly {
    readonly destination: string;
    readonly state: string;
    readonly lastError: string | null;
    /** What the centre said of it. */
    readonly verdict: string | null;
  }[];
}

export interface TargetsAnswer {
  readonly targets: readonly MeasuredTarget[];
}

export interface TargetAnswer {
  readonly name: string;
  readonly points: readonly TargetPoint[];
}

export interface RequestsAnswer {
  readonly requests: readonly {
    readonly source: string;
    readonly id: string;
    readonly target: string | null;
    readonly what: string;
    readonly state: string;
    readonly reason: string;
    readonly receivedAtMs: number;
  }[];
}

export interface QueueAnswer {
  readonly counts: readonly { readonly destination: string; readonly state: string; readonly count: number }[];
  readonly parcels: readonly {
    readonly id: number;
    readonly destination: string;
    readonly key: string;
    readonly target: string | null;
    readonly state: string;
    readonly failures: number;
    readonly lastError: string | null;
    readonly createdAtMs: number;
    readonly nextAtMs: number;
  }[];
}

export interface TonightAnswer {
  /** What would be observed if the sky stayed clear and nothing new came. */
  readonly prediction: true;
  readonly instruments: readonly {
    readonly instrument: string;
    readonly sunsetMs: number | null;
    readonly darkFromMs: number | null;
    readonly darkUntilMs: number | null;
    readonly sunriseMs: number | null;
    readonly visits: readonly {
      readonly name: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly exposures: readonly Exposures[];
      /** At its start. */
      readonly altitudeDeg: number;
      readonly airmass: number;
      readonly moonDistanceDeg: number;
      readonly why: string;
    }[];
    readonly leftOut: readonly { readonly name: string; readonly why: string }[];
  }[];
}

export interface NightsAnswer {
  /** The newest first; the date is that of the evening, at the site. */
  readonly nights: readonly (Omit<NightQuality, 'night'> & { readonly date: string })[];
}

/** A night, from noon to noon. */
export interface NightAnswer {
  readonly date: string;
  readonly startMs: number;
  readonly endMs: number;
  /** What came on that day, whenever it was exposed. */
  readonly came: TodayCounts;
  /** Products that reached a centre. */
  readonly delivered: number;
  /** The measured frames that were exposed then, in the order of time. */
  readonly frames: readonly FrameQuality[];
}

export interface MastersAnswer {
  readonly instruments: readonly {
    readonly instrument: string;
    /** Sets of which what is stored cannot be read, and why. */
    readonly unreadable: readonly string[];
    /** The newest first. */
    readonly masters: readonly {
      readonly setKey: string;
      readonly id: string | null;
      readonly kind: MasterKind;
      readonly state: MasterState;
      readonly reason: string | null;
      readonly setup: string;
      readonly takenMs: number;
      readonly exposureS: number | null;
      readonly temperatureC: number | null;
      readonly filter: string | null;
      readonly nCombined: number;
      /** rms error of a pixel: ADU, for flats relative. */
      readonly noise: number;
      readonly nBad: number;
      readonly rejected: readonly RejectedMember[];
      readonly gainEPerAdu: number | null;
      readonly readNoiseE: number | null;
      readonly builtAtMs: number;
    }[];
  }[];
}
