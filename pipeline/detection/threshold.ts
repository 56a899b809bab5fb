/**
 * The significance above which an image of pure noise yields `falsePerMegapixel` peaks a million pixels.
 * Density of maxima of a Gaussian field smoothed by a star image of FWHM w (Bond & Efstathiou 1987, MNRAS 226, 655,
 * high-threshold limit): n = nu exp(-nu^2 / 2) / ((2 pi)^1.5 2 sigma^2) a pixel, sigma = w / 2.355. Sampling on pixels
 * loses a quarter of the peaks, so the true rate is lower.
 */
export function thresholdFor(falsePerMegapixel: number, fwhmPx: number): number {
  const sigma = fwhmPx / 2.3548;
  const rate = (nu: number) => (1e6 * nu * Math.exp((-nu * nu) / 2)) / ((2 * Math.PI) ** 1.5 * 2 * sigma * sigma);
  let low = 2;
  let high = 10;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (rate(middle) > falsePerMegapixel) low = middle;
    else high = middle;
  }
  return high;
}
