/** Reference stars with magnitudes, one array a column, all of the same length; NaN stands for unknown. */
export interface ReferenceStars {
  /** ICRS at `epochYear`, degrees. */
  readonly raDeg: Float64Array;
  readonly decDeg: Float64Array;
  /** Proper motion, mas per year; that in RA includes cos(dec). */
  readonly pmRaMasYr?: Float64Array;
  readonly pmDecMasYr?: Float64Array;
  readonly epochYear: number;
  /** By the short name of the band. */
  readonly bands: ReadonlyMap<string, BandMagnitudes>;
  /** 1 where the source calls a star variable. */
  readonly variable?: Uint8Array;
  /**
   * Magnitudes as the source gives them, those of variable and doubtful stars too: no zero point may rest on them, but
   * they tell what is known of a place. Those of `bands` when absent.
   */
  readonly asGiven?: ReadonlyMap<string, Pick<BandMagnitudes, 'mag' | 'magErr'>>;
}

export interface BandMagnitudes {
  readonly mag: Float64Array;
  /** One sigma; NaN where the catalogue does not tell. */
  readonly magErr: Float64Array;
  /** How many of the magnitudes come from a colour relation instead of a measurement in this band. */
  readonly derived: number;
}
