/**
 * The flux, electrons, of a star that would be measured at `sigma` times its error at a place where nothing is seen
 * and the error is `fluxErr`: its own photons add to the noise, so that f^2 = sigma^2 (fluxErr^2 + kappa f). For a
 * profile p fitted by least squares on a sky that outshines it kappa is the sum of p^3 over that of p^2 squared, which is
 * (2 beta - 1)^2 / ((beta - 1) (3 beta - 1)) for Moffat's and 4/3 for Gauss's.
 */
export function limitFluxE(fluxErr: number, sigma: number, beta: number): number {
  const kappa = beta > 1 ? (2 * beta - 1) ** 2 / ((beta - 1) * (3 * beta - 1)) : 4 / 3;
  const half = (sigma ** 2 * kappa) / 2;
  return half + Math.sqrt(half ** 2 + (sigma * fluxErr) ** 2);
}
