/**
 * The measured sources of one plane, one typed array a column, all of length `count`, ordered by descending flux
 * (saturated stars, which have no flux, first). NaN where a value is unknown. Positions are 0-based plane pixels.
 */
export interface SourceTable {
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** 1-sigma errors of the position, pixels. */
  readonly xErr: Float32Array;
  readonly yErr: Float32Array;
  /** Total electrons of the star by the PSF fit, normalised by the growth curve; NaN for a saturated star. */
  readonly flux: Float64Array;
  /** 1-sigma error with every term the frame can tell. */
  readonly fluxErr: Float64Array;
  /** Local sky, electrons per pixel. */
  readonly sky: Float32Array;
  /** Reduced chi square of the fit over its stamp. */
  readonly chi2: Float32Array;
  /** Residual width: 0 for a star, above for extended, below for sharp (definition in docs/photometry.md). */
  readonly sharp: Float32Array;
  /** Sum of `SourceFlag` bits. */
  readonly flags: Int32Array;
  /** Number of fitted sources whose stamps overlap this one's. */
  readonly nNeighbours: Int32Array;
  /** Share of the light under the source's own profile that is its own: 1 alone, towards 0 drowned. */
  readonly fracFlux: Float32Array;
  /** Aperture flux, neighbours subtracted, corrected to total by the growth curve; electrons. */
  readonly aperFlux: Float64Array;
  readonly aperFluxErr: Float64Array;
}

/** What a forced measurement at a given position yields; flux may be negative. */
export interface ForcedMeasurement {
  readonly x: number;
  readonly y: number;
  readonly flux: number;
  readonly fluxErr: number;
  readonly flags: number;
  /** Share of the light under the profile that is the target's: 0 without flux, NaN without any light. */
  readonly fracFlux: number;
  readonly chi2: number;
}

/** A table of `count` sources, all zero: to be filled. */
export function newSourceTable(count: number): SourceTable {
  const f64 = () => new Float64Array(count);
  const f32 = () => new Float32Array(count);
  const i32 = () => new Int32Array(count);
  return {
    count,
    x: f64(),
    y: f64(),
    xErr: f32(),
    yErr: f32(),
    flux: f64(),
    fluxErr: f64(),
    sky: f32(),
    chi2: f32(),
    sharp: f32(),
    flags: i32(),
    nNeighbours: i32(),
    fracFlux: f32(),
    aperFlux: f64(),
    aperFluxErr: f64(),
  };
}
