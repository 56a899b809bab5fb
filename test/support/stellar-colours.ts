import type { Random } from '../../base/random.ts';

/**
 * Synthetic stars with realistic magnitudes in all bands, seeded. Intrinsic colours of dwarfs: Pecaut & Mamajek (2013,
 * ApJS 208, 9, table 5 with the authors' later Gaia columns); u g r i z from U B V R I by Jordi, Grebel & Ammon (2006,
 * A&A 460, 339, table 3); extinction per E(B-V) at R_V = 3.1: Schlafly & Finkbeiner (2011, ApJ 737, 103, table 6), for
 * Gaia's bands Casagrande & VandenBerg (2018, MNRAS 479, L102). Metal-poor stars are bluer in U (ultraviolet excess),
 * and every band has a little scatter of its own.
 */
export type StarMagnitudes = Record<(typeof simulatedBands)[number], number>;

export const simulatedBands = ['u', 'g', 'r', 'i', 'z', 'U', 'B', 'V', 'R', 'I', 'G', 'BP', 'RP'] as const;

/** B-V, U-B, V-Rc, V-Ic, G-V, BP-RP from B9V to M4V. */
const dwarfs: readonly (readonly [number, number, number, number, number, number])[] = [
  [-0.07, -0.2, -0.028, -0.061, 0.02, -0.12],
  [0.0, -0.005, 0.001, 0.004, 0.015, -0.037],
  [0.07, 0.063, 0.042, 0.091, 0.0, 0.068],
  [0.16, 0.1, 0.089, 0.186, -0.015, 0.194],
  [0.25, 0.082, 0.14, 0.288, -0.04, 0.32],
  [0.33, 0.021, 0.19, 0.385, -0.07, 0.434],
  [0.41, -0.026, 0.236, 0.476, -0.1, 0.546],
  [0.486, -0.021, 0.276, 0.553, -0.13, 0.64],
  [0.56, 0.014, 0.312, 0.62, -0.14, 0.719],
  [0.622, 0.067, 0.34, 0.672, -0.158, 0.803],
  [0.68, 0.185, 0.377, 0.738, -0.16, 0.85],
  [0.73, 0.284, 0.404, 0.786, -0.2, 0.9],
  [0.816, 0.436, 0.443, 0.853, -0.21, 0.983],
  [0.884, 0.581, 0.482, 0.92, -0.25, 1.1],
  [0.99, 0.801, 0.56, 1.03, -0.31, 1.19],
  [1.09, 0.986, 0.635, 1.182, -0.39, 1.34],
  [1.15, 1.081, 0.685, 1.272, -0.43, 1.43],
  [1.24, 1.184, 0.759, 1.42, -0.49, 1.53],
  [1.34, 1.222, 0.802, 1.519, -0.59, 1.7],
  [1.42, 1.204, 0.889, 1.766, -0.69, 1.84],
  [1.485, 1.172, 0.956, 2.005, -0.81, 2.09],
  [1.53, 1.181, 1.079, 2.42, -1.1, 2.5],
  [1.65, 1.222, 1.241, 2.831, -1.4, 2.94],
];

const extinction: StarMagnitudes = {
  ...{ u: 4.239, g: 3.303, r: 2.285, i: 1.698, z: 1.263 },
  ...{ U: 4.334, B: 3.626, V: 2.742, R: 2.169, I: 1.505 },
  ...{ G: 2.74, BP: 3.374, RP: 2.035 },
};

const scatter: StarMagnitudes = {
  ...{ u: 0.02, g: 0.01, r: 0.01, i: 0.01, z: 0.012 },
  ...{ U: 0.02, B: 0.01, V: 0.01, R: 0.01, I: 0.01 },
  ...{ G: 0.005, BP: 0.006, RP: 0.006 },
};

/** `count` stars of a field with Gaia G from `brightG` to `faintG` and mean reddening `ebv`. */
export function drawStars(
  random: Random,
  count: number,
  brightG: number,
  faintG: number,
  ebv: number,
): StarMagnitudes[] {
  return Array.from({ length: count }, () => drawStar(random, brightG, faintG, ebv));
}

function drawStar(random: Random, brightG: number, faintG: number, ebv: number): StarMagnitudes {
  const [bv, ub, vr, vi, gv, bpRp] = dwarfAt(drawBv(random));
  const poor = Math.max(-1.5, Math.min(2.5, random.normal()));
  const U = ub - 0.04 * poor + bv;
  // Jordi et al. give differences to UBVRI magnitudes; V is 0 here.
  const B = bv;
  const R = -vr;
  const I = -vi;
  const g = 0.63 * bv - 0.124;
  const r = R + (vr <= 0.93 ? 0.267 * vr + 0.088 : 0.77 * vr - 0.37);
  const ri = I - R;
  const z = r - (1.584 * -ri - 0.386);
  const i = I + 0.247 * -ri + 0.329;
  const u = g + 0.75 * (U - B) + 0.77 * bv + 0.72;
  // G-BP and G-RP share BP-RP about as real stars do (Riello et al. 2021, fig. 25).
  const BP = gv + 0.4 * bpRp;
  const RP = gv - 0.6 * bpRp;
  const relative: StarMagnitudes = { u, g, r, i, z, U, B, V: 0, R, I, G: gv, BP, RP };
  // Numbers grow by about 10^(0.3 G), as they do off the Galactic plane.
  const steps = 10 ** (0.3 * (faintG - brightG)) - 1;
  const gMag = brightG + Math.log10(1 + random.uniform() * steps) / 0.3;
  const own = ebv * Math.max(0.2, 1 + 0.25 * random.normal());
  const shift = gMag - gv - own * extinction.G;
  const star = { ...relative };
  for (const band of simulatedBands)
    star[band] = relative[band] + shift + own * extinction[band] + scatter[band] * random.normal();
  return star;
}

/** B-V of a magnitude-limited field: mostly F to K, some A, a tail of K and M (and giants, which look alike here). */
function drawBv(random: Random): number {
  const kind = random.uniform();
  if (kind < 0.06) return -0.05 + 0.35 * random.uniform();
  if (kind < 0.2) return 1.05 + 0.5 * random.uniform();
  return Math.max(0.3, 0.72 + 0.2 * random.normal());
}

function dwarfAt(bv: number): readonly [number, number, number, number, number, number] {
  let k = 1;
  while (k < dwarfs.length - 1 && dwarfs[k]![0] < bv) k++;
  const [low, high] = [dwarfs[k - 1]!, dwarfs[k]!];
  const t = Math.max(0, Math.min(1, (bv - low[0]) / (high[0] - low[0])));
  return low.map((value, at) => value + t * (high[at]! - value)) as [number, number, number, number, number, number];
}
