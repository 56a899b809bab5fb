import type { Site } from '../../sky/site.ts';
import type { StarCatalogue } from '../astrometry/catalogue.ts';
import type { FieldHint } from '../astrometry/problem.ts';
import type { Wcs } from '../astrometry/wcs.ts';
import type { JoinedAmplifiers } from '../calibration/amplifiers.ts';
import type { CalibrationRecord } from '../calibration/calibrate.ts';
import type { DetectorSources } from '../calibration/detector.ts';
import type { Linearity } from '../calibration/linearity.ts';
import type { MasterSet } from '../calibration/master.ts';
import type { Crew } from '../crew.ts';
import type { Header } from '../fits/header.ts';
import type { DecodedImage } from '../fits/image.ts';
import type { FrameFacts, TimeVerdict } from '../header/facts.ts';
import type { Kernels } from '../kernels.ts';
import type { PlaneMeasurement } from '../measure.ts';
import type { Plane, PlaneName } from '../plane.ts';
import type { FilterTable } from '../standardisation/bands.ts';
import type { SetupHistory, Transparency } from '../standardisation/history.ts';
import type { ReferenceStars } from '../standardisation/reference.ts';
import type { Standardisation, Standardised } from '../standardisation/standardise.ts';
import type { ArchivePoint } from '../targets/archive.ts';
import type { Counterpart } from '../targets/counterpart.ts';
import type { LeapTable } from '../time/leap.ts';

/** A named position that the network cares for; ICRS degrees. */
export interface Target {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
  /** Of a long list: nothing is said of it by frames that do not show it. */
  readonly onlyInside?: boolean;
  /** What a centre's archive holds of it. */
  readonly archive?: readonly ArchivePoint[];
  /** Of a target that moves; its position is that of mid exposure. */
  readonly motion?: Motion;
}

/** How a target moves among the stars. */
export interface Motion {
  readonly arcsecPerMin: number;
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
  /** Whether `hint` and scale are all that is tried: what the header says has failed before. */
  readonly isHintAlone?: boolean;
}

/** What zero points may go by. */
export interface StandardKnowledge {
  /** Reference stars with magnitudes; there is no zero point without them. */
  readonly reference: ReferenceStars | undefined;
  readonly filters: FilterTable;
  /** What earlier frames of this setup and filter name told, by plane. */
  readonly history: Partial<Readonly<Record<PlaneName, SetupHistory>>>;
}

/** What the first stage starts from: a frame as read, and what is known of its instrument. */
export interface RawState {
  readonly header: Header;
  readonly facts: FrameFacts;
  readonly image: DecodedImage;
  /** Where the file holds the image of each amplifier apart. */
  readonly joined: JoinedAmplifiers | undefined;
  /** Pixels of the full mosaic. */
  readonly size: { readonly width: number; readonly height: number };
  readonly masters: MasterSet;
  readonly detector: Omit<DetectorSources, 'header'>;
  readonly linearity: Linearity | undefined;
  readonly thresholdSigma: number;
  readonly targets: readonly Target[];
  readonly solving: SolveOptions;
  readonly knowledge: StandardKnowledge;
  /** Where the telescope stands, for the light's way to the barycentre. */
  readonly site: Site | undefined;
  /** When the file was written, Unix milliseconds, and only if that was when it was taken: files are copied, too. */
  readonly writtenMs: number | undefined;
  readonly leapTable: LeapTable;
}

/** What remains of it when its pixels are spent. */
export type FrameState = Omit<RawState, 'image'>;

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
      /** Why the solver has not confirmed the header's. */
      readonly reason?: string;
      /** What the header says wrongly. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'not located'; readonly reason: string };

export interface LocatedState {
  readonly location: Location;
}

/** Time and sky of an exposure. */
export interface Circumstances {
  /** How far the time can be trusted, after all that can be held against it. */
  readonly time: TimeVerdict;
  /** Over the site in the middle of the exposure; undefined where site or time are unknown. True altitudes. */
  readonly sky:
    | {
        /** Of the centre of the frame; undefined, as the airmass, where it is not located. */
        readonly altDeg: number | undefined;
        readonly airmass: number | undefined;
        readonly airmassPerHour: number | undefined;
        readonly moonDistanceDeg: number | undefined;
        readonly sunAltDeg: number;
        readonly moonAltDeg: number;
        readonly moonLitFraction: number;
      }
    | undefined;
  readonly warnings: readonly string[];
}

export interface CircumstancesState {
  readonly circumstances: Circumstances;
}

/** One plane's zero points, or why it has none. */
export type PlaneStandard =
  | (Standardised & {
      /** Standard magnitude of forced S/N 5; NaN when unknown. */
      readonly limitingMag: number;
      /** Beside earlier frames of the setup; undefined without a habit. */
      readonly transparency: Transparency | undefined;
      readonly warnings: readonly string[];
    })
  | {
      readonly outcome: Exclude<Standardisation['outcome'], 'standardised'> | 'not located' | 'not measured';
      readonly reason: string;
      readonly warnings?: readonly string[];
    };

export interface StandardisedState {
  /** Of the middle of the frame at mid exposure; undefined where neither sky and site nor header tell. */
  readonly airmass: number | undefined;
  /** In the order of `measured`. */
  readonly standards: readonly PlaneStandard[];
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
  /** Standard magnitude by the plane's constant zero point, its error included; undefined without one or unless detected. */
  readonly mag: number | undefined;
  readonly magErr: number | undefined;
  /** The same by the plane's best fit, colour and place in the field counted; undefined where that is the constant one. */
  readonly magBest: number | undefined;
  readonly magBestErr: number | undefined;
  /** Standard magnitude of S/N 5 at this very place, where it is not detected. */
  readonly limit: number | undefined;
  readonly flags: number;
  /** Share of the light under the target's profile that is its own. */
  readonly fracFlux: number | undefined;
  /** A source broader than the PSF under or near the position: a host galaxy, it may be. */
  readonly host: { readonly where: 'under' | 'near'; readonly separationArcsec: number } | undefined;
  /** What spoils the place, in plain words: edge, bad pixels, a saturated star. */
  readonly remarks: readonly string[];
  /** What stands there; undefined where nothing was measured. */
  readonly counterpart: Counterpart | undefined;
  /** detected: flux above 3 sigma · limit: below · else why there is no number. */
  readonly verdict: 'detected' | 'limit' | 'outside the frame' | 'on unusable pixels' | 'not located' | 'not measured';
  readonly reason: string | undefined;
}

export interface TargetState {
  readonly targetResults: readonly TargetResult[];
}
