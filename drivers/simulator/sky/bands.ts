/**
 * Magnitudes of a star of given Gaia G and BP-RP colour in other bands: the polynomials G - X = sum c_i (BP-RP)^i of
 * the Gaia DR3 documentation, sect. 5.5.1 (tables 5.8 and 5.9; Riello et al. 2021, A&A 649, A3, table C.2). B V R I are
 * Johnson-Cousins (Vega), g r i z SDSS (AB). For the simulated sky they hold exactly.
 */
const gMinusBand = {
  G: [0],
  B: [0.01448, -0.6874, -0.3604, 0.06718, -0.006061],
  V: [-0.02704, 0.01424, -0.2156, 0.01426],
  R: [-0.02275, 0.3961, -0.1243, -0.01396, 0.003775],
  I: [0.01753, 0.76, -0.0991],
  g: [0.2199, -0.6365, -0.1548, 0.0064],
  r: [-0.09837, 0.08592, 0.1907, -0.1701, 0.02263],
  i: [-0.293, 0.6404, -0.09609, -0.002104],
  z: [-0.4619, 0.8992, -0.08271, 0.005029],
} as const;

export type Band = keyof typeof gMinusBand;
export const bands = Object.keys(gMinusBand) as readonly Band[];

export function isBand(name: string): name is Band {
  return Object.hasOwn(gMinusBand, name);
}

/** Magnitude in `band` of a star with Gaia magnitude `gMag` and colour `bpRp`. */
export function magnitudeIn(band: Band, gMag: number, bpRp: number): number {
  return gMag - gMinusBand[band].reduceRight((sum: number, coefficient) => sum * bpRp + coefficient, 0);
}
