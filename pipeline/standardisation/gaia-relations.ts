import type { BandMagnitudes, ReferenceStars } from './reference.ts';

/** G - X = sum c_i (BP-RP)^i within a range of BP-RP, with the scatter of real stars about it. */
export interface GaiaRelation {
  readonly band: string;
  readonly coefficients: readonly number[];
  readonly minBpRp: number;
  readonly maxBpRp: number;
  readonly sigma: number;
}

/**
 * Relations from Gaia's own photometry to other bands: Gaia DR3 documentation, section 5.5.1, tables 5.8 and 5.9
 * (Riello et al. 2021, A&A 649, A3, table C.2). Ranges end where the relation holds for dwarfs and giants alike. There
 * is none for u and U. The scatter of z is not published: 0.06 is taken, above that of its neighbours.
 */
const gaiaRelations: readonly GaiaRelation[] = [
  relation('B', [0.01448, -0.6874, -0.3604, 0.06718, -0.006061], -0.5, 1.75, 0.0633),
  relation('V', [-0.02704, 0.01424, -0.2156, 0.01426], -0.5, 5, 0.03017),
  relation('R', [-0.02275, 0.3961, -0.1243, -0.01396, 0.003775], 0, 4, 0.03167),
  relation('I', [0.01753, 0.76, -0.0991], -0.5, 4.5, 0.03765),
  relation('g', [0.2199, -0.6365, -0.1548, 0.0064], 0.3, 2.25, 0.0745),
  relation('r', [-0.09837, 0.08592, 0.1907, -0.1701, 0.02263], 0, 3, 0.03776),
  relation('i', [-0.293, 0.6404, -0.09609, -0.002104], 0.5, 2, 0.04092),
  relation('z', [-0.4619, 0.8992, -0.08271, 0.005029], 0.5, 2, 0.06),
];

function relation(
  band: string,
  coefficients: readonly number[],
  minBpRp: number,
  maxBpRp: number,
  sigma: number,
): GaiaRelation {
  return { band, coefficients, minBpRp, maxBpRp, sigma };
}

/**
 * The reference with magnitudes put in from G, BP and RP where a star has none in a band; their errors carry the
 * scatter of the relation. The same object when it holds no Gaia photometry.
 */
export function completeFromGaia(
  reference: ReferenceStars,
  relations: readonly GaiaRelation[] = gaiaRelations,
): ReferenceStars {
  const g = reference.bands.get('G');
  const bp = reference.bands.get('BP');
  const rp = reference.bands.get('RP');
  if (!g || !bp || !rp) return reference;
  const bands = new Map(reference.bands);
  for (const one of relations) bands.set(one.band, complete(one, bands.get(one.band), g, bp, rp));
  return { ...reference, bands };
}

function complete(
  { coefficients, minBpRp, maxBpRp, sigma }: GaiaRelation,
  own: BandMagnitudes | undefined,
  g: BandMagnitudes,
  bp: BandMagnitudes,
  rp: BandMagnitudes,
): BandMagnitudes {
  const n = g.mag.length;
  const mag = own ? own.mag.slice() : new Float64Array(n).fill(Number.NaN);
  const magErr = own ? own.magErr.slice() : new Float64Array(n).fill(Number.NaN);
  let derived = own?.derived ?? 0;
  for (let k = 0; k < n; k++) {
    const colour = bp.mag[k]! - rp.mag[k]!;
    if (Number.isFinite(mag[k]!) || !(colour >= minBpRp && colour <= maxBpRp) || !Number.isFinite(g.mag[k]!)) continue;
    let polynomial = 0;
    let slope = 0;
    for (let i = coefficients.length - 1; i >= 0; i--) {
      slope = slope * colour + polynomial;
      polynomial = polynomial * colour + coefficients[i]!;
    }
    mag[k] = g.mag[k]! - polynomial;
    const colourErr = Math.hypot(bp.magErr[k]! || 0, rp.magErr[k]! || 0);
    magErr[k] = Math.hypot(sigma, g.magErr[k]! || 0, slope * colourErr);
    derived++;
  }
  return { mag, magErr, derived };
}
