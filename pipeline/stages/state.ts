import type { StarCatalogue } from '../astrometry/catalogue.ts';
import type { FieldHint } from '../astrometry/problem.ts';
import type { Wcs } from '../astrometry/wcs.ts';
import type { CalibrationRecord } from '../calibration/calibrate.ts';
import type { DetectorSources } from '../calibration/detector.ts';
import type { MasterSet } from '../calibration/master.ts';
import type { Crew } from '../crew.ts';
import type { Header } from '../fits/header.ts';
import type { DecodedImage } from '../fits/image.ts';
import type { FrameFacts } from '../header/facts.ts';
import type { Kernels } from '../kernels.ts';
import type { PlaneMeasurement } from '../measure.ts';
import type { Plane } from '../plane.ts';
import type { Site } from '../time/barycentre.ts';

/** A named position that the network cares for; ICRS degrees. */
export interface Target {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
}

/** What the stages may use besides data. */
export interface ReduceTools {
  readonly crew: Crew<Kernels>;
  /** True once the time allowed for this frame has run out. */
  readonly isOver: () => boolean;
}

/** What solving may go by, besides the header. */
export interface SolveOptions {
  /** Reference stars; nothing is solved without them. */
  readonly catalogue: StarCatalogue | undefined;
  readonly hint: FieldHint | undefined;
  readonly scaleArcsecPerPx: number | undefined;
}

/** What the first stage starts from: a frame as read, and what is known of its instrument. */
export interface RawState {
  readonly header: Header;
  readonly facts: FrameFacts;
  readonly image: DecodedImage;
  readonly masters: MasterSet;
  readonly detector: Omit<DetectorSources, 'header'>;
  readonly thresholdSigma: number;
  readonly targets: readonly Target[];
  readonly solving: SolveOptions;
  /** Where the telescope stands, for the light's way to the barycentre. */
  readonly site: Site | undefined;
}

export interface CalibratedState {
  readonly planes: readonly Plane[];
  readonly calibration: CalibrationRecord;
}

/** A plane with what was measured on it. */
export interface MeasuredPlane {
  readonly plane: Plane;
  readonly measurement: PlaneMeasurement;
}

export interface MeasuredState {
  readonly measured: readonly MeasuredPlane[];
}

/** Where the frame looks, or why that is not known. */
export type Location =
  | {
      readonly kind: 'located';
      /** Of the full mosaic. */
      readonly wcs: Wcs;
      readonly from: 'solver' | 'header';
      readonly rmsArcsec: number | undefined;
      readonly nMatched: number | undefined;
    }
  | { readonly kind: 'not located'; readonly reason: string };

export interface LocatedState {
  readonly location: Location;
}

/** What was found at a target's position on one plane. */
export interface TargetResult extends Target {
  readonly plane: Plane['name'];
  /** FITS pixel (1-based) of the full mosaic; undefined when the position is unknown. */
  readonly pixel: { readonly x: number; readonly y: number } | undefined;
  readonly bjdTdb: number | undefined;
  /** Electrons, signed; undefined where nothing could be measured. */
  readonly flux: number | undefined;
  readonly fluxErr: number | undefined;
  readonly flags: number;
  /** detected: flux above 3 sigma · limit: below · else why there is no number. */
  readonly verdict: 'detected' | 'limit' | 'outside the frame' | 'on unusable pixels' | 'not located' | 'not measured';
  readonly reason: string | undefined;
}

export interface TargetState {
  readonly targetResults: readonly TargetResult[];
}
