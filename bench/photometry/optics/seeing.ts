/** Gamma(5/6). */
const GAMMA_5_6 = 1.128787029908126;

/** K_5/6(x), the modified Bessel function, by its integral of exp(-x cosh t) cosh(5 t / 6) (Abramowitz & Stegun 9.6.24). */
function bessel(x: number): number {
  const step = 0.02;
  let sum = 0.5 * Math.exp(-x);
  for (let t = step; x * Math.cosh(t) < 700; t += step) sum += Math.exp(-x * Math.cosh(t)) * Math.cosh((5 * t) / 6);
  return step * sum;
}

/**
 * Structure function of the phase behind von Karman turbulence, rad^2, over a baseline of `metres`:
 *   D = 0.17253 (L0 / r0)^(5/3) (1 - 2^(1/6) / Gamma(5/6) z^(5/6) K_5/6(z)),  z = 2 pi r / L0
 * (Conan 2000, thesis; Tokovinin 2002, PASP 114, 1156). It is 6.88 (r / r0)^(5/3) for r far below the outer scale L0.
 */
export function phaseStructure(metres: number, r0M: number, outerScaleM: number): number {
  if (metres === 0) return 0;
  const z = (2 * Math.PI * metres) / outerScaleM;
  return 0.17253 * (outerScaleM / r0M) ** (5 / 3) * (1 - (2 ** (1 / 6) / GAMMA_5_6) * z ** (5 / 6) * bessel(z));
}

/** Fried's parameter at 550 nm of a seeing (FWHM without outer scale, arcsec): 0.976 lambda / seeing. */
export function friedM(seeingArcsec: number): number {
  return (0.976 * 550e-9) / (seeingArcsec * ARCSEC);
}

/** Radians. */
export const ARCSEC = Math.PI / 648_000;
