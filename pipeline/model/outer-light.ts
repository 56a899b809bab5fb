/**
 * The light of a star beyond the square it is fitted on that the PSF's profile does not have: diffraction spikes, rings and
 * the true slope of the wings. A share of the star's flux per pixel, row-major, 2 half + 1 on a side, the star at the
 * middle; zero within the fitted square, negative where the profile has too much.
 */
export interface OuterPsf {
  readonly half: number;
  readonly share: Float32Array;
  /** By distance in pixels, the largest share (of either sign) from there on. */
  readonly envelope: Float32Array;
  /** By distance in pixels, by how much the shares of a pixel differ from star to star beyond their noise: standard deviation. */
  readonly spread: Float32Array;
  readonly nStars: number;
}

/** Outer light that is subtracted from a residual image: the stars and fluxes as they were when it was. */
export interface OuterLight {
  readonly psf: OuterPsf;
  readonly stars: readonly { readonly x: number; readonly y: number; readonly flux: number; readonly reach: number }[];
}

/** Takes the light from an image, row-major, or with `sign` -1 puts it back. Bilinear between the pixels of the stack. */
export function subtractLight(
  image: Float32Array,
  width: number,
  height: number,
  { psf: { half, share }, stars }: OuterLight,
  sign: 1 | -1 = 1,
): void {
  const side = 2 * half + 1;
  for (const { x, y, flux, reach } of stars) {
    const [x0, y0] = [Math.round(x), Math.round(y)];
    // The star lies (u, v) off the middle of its pixel: all its pixels have the same weights on the stack.
    const [u, v] = [x0 - x, y0 - y];
    const [i, j] = [Math.floor(u), Math.floor(v)];
    const [p, q] = [u - i, v - j];
    const [w00, w10] = [sign * flux * (1 - p) * (1 - q), sign * flux * p * (1 - q)];
    const [w01, w11] = [sign * flux * (1 - p) * q, sign * flux * p * q];
    const [left, right] = [Math.max(0, x0 - reach), Math.min(width - 1, x0 + reach)];
    for (let row = Math.max(0, y0 - reach); row <= Math.min(height - 1, y0 + reach); row++) {
      let at = (row - y0 + half + j) * side + left - x0 + half + i;
      for (let pixel = row * width + left; pixel <= row * width + right; pixel++, at++) {
        image[pixel]! -=
          w00 * share[at]! + w10 * share[at + 1]! + w01 * share[at + side]! + w11 * share[at + side + 1]!;
      }
    }
  }
}

/**
 * By distance in pixels, the share of a star's flux that the profile of the PSF may be given of it by what its outer light
 * differs from the stack, one standard deviation. Such differences are as wide as the PSF, so that they add up over it.
 */
export function strayShare({ spread }: OuterPsf, fwhmPx: number): Float32Array {
  const pixels = 2.27 * fwhmPx * fwhmPx; // 1 / sum(P^2) of a Gaussian
  return spread.map((one) => one * pixels);
}
