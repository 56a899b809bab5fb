import type { Workspace } from '../model/workspace.ts';
import type { ForcedMeasurement, SourceTable } from '../sources.ts';
import type { Growth } from './growth.ts';
import type { HeldStars } from './hold.ts';
import type { PlainAperture } from './plain-apertures.ts';

/** What the caller of `measurePlane` decides. */
export interface MeasureOptions {
  /** Positions (0-based plane pixels) at which the flux is wanted whether or not a star was found. */
  readonly positions?: readonly { readonly x: number; readonly y: number }[];
  /** Detection threshold in sigma of the matched filter; by default the one that yields `falsePerMegapixel`. */
  readonly thresholdSigma?: number;
  /** False detections of pure noise accepted on a million pixels; 1 by default. */
  readonly falsePerMegapixel?: number;
  /**
   * Whether artificial stars are injected to learn what crowding costs beyond the joint covariance; false by default:
   * it takes a third of the time again and widens errors by some 5 to 10 per cent in the Galactic plane.
   */
  readonly artificialStars?: boolean;
  /** True when the time for this plane is used up: asked between passes; what stands by then is reported. */
  readonly deadlinePassed?: () => boolean;
  /** A clock for `timings`; without it they are zero. */
  readonly nowMs?: () => number;
}

/** Whether a plane could be measured. Every kind but `measured` has an empty table and says why. */
export type MeasureOutcome =
  | { readonly kind: 'measured' }
  | {
      readonly kind: 'no pixels' | 'no stars' | 'all saturated' | 'defocused' | 'trailed' | 'not star-like';
      readonly reason: string;
    };

/** The point spread function as it was found. */
export interface PsfSummary {
  /** `moffat+table` where an empirical table was needed on top of the Moffat profile. */
  readonly model: 'moffat' | 'moffat+table';
  /** Stars that it was built from. */
  readonly nStars: number;
  /** Degree of the polynomial over the plane. */
  readonly degree: number;
  /** At the middle of the plane, as the pixels see it. */
  readonly fwhmPx: number;
  /** Smallest and largest FWHM over the plane. */
  readonly fwhmRangePx: readonly [number, number];
  /** 1 - b/a. */
  readonly ellipticity: number;
  /** Major axis, degrees from +x towards +y. */
  readonly paDeg: number;
  /** Moffat exponent. */
  readonly beta: number;
  /** Relative rms error of the model over the cores of its stars, beyond noise. */
  readonly modelError: number;
}

export interface PlaneMeasurement {
  readonly outcome: MeasureOutcome;
  readonly sources: SourceTable;
  /** Of the bright sources, in the order of `sources`. */
  readonly apertures: readonly PlainAperture[];
  readonly psf: PsfSummary | undefined;
  /** Median sky level, electrons per pixel (with the pedestal where that is unknown). */
  readonly skyE: number;
  /** Median noise of a pixel of sky, electrons. */
  readonly skyRmsE: number;
  /** One for each position asked for, in that order. */
  readonly forced: readonly ForcedMeasurement[];
  /**
   * Measures more positions (0-based plane pixels) later, when they are known only after the frame was solved; in the
   * order given, empty when nothing was measured. It holds the plane's residual image in memory until it is dropped.
   */
  readonly force: (positions: readonly { readonly x: number; readonly y: number }[]) => readonly ForcedMeasurement[];
  /**
   * What the plane was modelled by, for whoever measures on images that are made of it; it holds a residual image too.
   * `errorFactor` is what forced errors are multiplied by.
   */
  readonly model: { readonly work: Workspace; readonly growth: Growth; readonly errorFactor: number };
  /**
   * Measures the plane anew with its stars held at given places, and stars added that it did not find: what another plane
   * of the same frame knows. The measurement that it is called on is spent. Undefined when nothing was measured.
   */
  readonly hold: ((held: HeldStars) => Promise<PlaneMeasurement>) | undefined;
  /** Flux of a star that the forced measurement sees at 5 sigma at the median blank place; NaN when not measured. */
  readonly limitFluxE: number;
  /** Factor from PSF fluxes to growth-curve totals, already applied to every flux here. */
  readonly normalisation: number;
  /** The threshold that was used, sigma. */
  readonly thresholdSigma: number;
  readonly warnings: readonly string[];
  /** Milliseconds by stage. */
  readonly timings: ReadonlyMap<string, number>;
}
