/** Magnitudes by which a flux changes that changes by its own size, to first order. */
export const MAG_PER_RELATIVE_FLUX = 2.5 / Math.LN10;

/** -2.5 log10 of electrons per second (per exposure where its length is unknown); NaN where flux is not positive. */
export function instrumentalMag(flux: number, exposureS: number | undefined): number {
  return flux > 0 ? -2.5 * Math.log10(flux / (exposureS !== undefined && exposureS > 0 ? exposureS : 1)) : Number.NaN;
}

/** 1-sigma error of a magnitude, to first order: 2.5 / ln 10 * fluxErr / flux. */
export function magError(flux: number, fluxErr: number): number {
  return flux > 0 ? (MAG_PER_RELATIVE_FLUX * fluxErr) / flux : Number.NaN;
}
