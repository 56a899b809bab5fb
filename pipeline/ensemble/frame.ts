import type { Patches } from '../blend/cut-patches.ts';

/** The stars of one frame (one plane of it) as an ensemble takes them; NaN where unknown. All arrays of one length. */
export interface EnsembleFrame {
  readonly file: string;
  /** What the frame was taken through: frames of one series have the same. */
  readonly filter: string;
  readonly mjdMid: number;
  readonly exposureS: number | undefined;
  readonly airmass: number | undefined;
  /** FITS pixels. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Instrumental, by the fit of the PSF. */
  readonly mag: Float64Array;
  readonly magErr: Float64Array;
  /** The same stars by apertures, where the frame has such. */
  readonly apertures: readonly ApertureMagnitudes[];
  readonly flags: Int32Array;
  /** Brings instrumental magnitudes to `system`, where the frame has been standardised. */
  readonly zeroPoint: { readonly value: number; readonly error: number; readonly band: string } | undefined;
  /** Instrumental magnitude of forced signal to noise 5, where known. */
  readonly limitMag: number | undefined;
  /** What was measured at the targets' positions whether or not a source was found there. */
  readonly targets: readonly ForcedTarget[];
  /** Pixels about the targets, where the frame itself is at hand and not its catalogue alone. */
  readonly patches?: Patches | undefined;
}

/** Magnitudes in a circle: of a radius in pixels, as it is, or of one that follows the seeing, `corrected` to total. */
export interface ApertureMagnitudes {
  readonly radiusPx: number | 'corrected';
  readonly mag: Float64Array;
  readonly magErr: Float64Array;
}

export interface ForcedTarget {
  readonly name: string;
  readonly raDeg: number;
  readonly decDeg: number;
  readonly bjdTdb: number | undefined;
  /** Instrumental; undefined when the flux is not positive. */
  readonly mag: number | undefined;
  readonly magErr: number | undefined;
  /** Flux over its error; undefined when nothing could be measured. */
  readonly snr: number | undefined;
  readonly flags: number;
}
