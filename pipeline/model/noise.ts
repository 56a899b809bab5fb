/**
 * The variance of a pixel, in electrons squared:
 *   V = sky variance + photonSlope * m + (modelError^2 + flatError^2) m^2,
 * m the light of the modelled stars in the pixel (never the raw pixel, whose own noise would bias weighted fits low).
 * In the fit of a star the error of its own model is spread as its light, e^2 m f sum(P^2): see `normal.ts`.
 * The sky variance is measured from the pixels, so an unknown pedestal does not enter.
 */
export interface NoiseModel {
  /** Variance per electron of star light: 1 when the gain is known. */
  readonly photonSlope: number;
  /** Relative error of the model and the flat field, squared and added. */
  readonly relativeVariance: number;
}
