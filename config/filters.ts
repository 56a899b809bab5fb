import type { Band, Colour, FilterTable } from '../pipeline/standardisation/bands.ts';

/**
 * The bands that reference magnitudes come in, and the names filters go by. Wavelengths are effective ones: u g r i z
 * of Fukugita et al. (1996, AJ 111, 1748), U B V R I of Bessell, Castelli & Plez (1998, A&A 333, 231), G BP RP of the
 * Gaia DR3 passbands (Riello et al. 2021, A&A 649, A3). Gaia's synthetic photometry gives u g r i z as AB and
 * U B V R I as Vega magnitudes (Montegriffo et al. 2023, A&A 674, A33).
 */
const sloan = (name: string, wavelengthNm: number, colourTermSigma: number, more: readonly string[] = []): Band => ({
  name,
  catalogue: `GaiaSP/${name}`,
  system: 'AB',
  wavelengthNm,
  filterNames: [`${name}p`, `sdss${name}`, `sloan${name}`, `${name}sdss`, `${name}sloan`, `${name}prime`, ...more],
  columns: [`${name}mag`, `${name}_mag`, `${name}_sdss_mag`, `${name}_sdss`, `raw_${name}`],
  colourTermSigma,
  isFilter: true,
});

const johnson = (name: string, wavelengthNm: number, colourTermSigma: number, more: readonly string[] = []): Band => {
  const low = name.toLowerCase();
  const makers = ['johnson', 'cousins', 'bessell', 'bessel', 'johnsoncousins', 'kron', 'harris'];
  return {
    name,
    catalogue: `GaiaSP/${name}`,
    system: 'Vega',
    wavelengthNm,
    filterNames: [...makers.flatMap((maker) => [`${maker}${low}`, `${low}${maker}`]), ...more],
    columns: [`${name}mag`, `${name}_mag`, `${low}_jkc_mag`, `${name}_jkc`],
    colourTermSigma,
    isFilter: true,
  };
};

const gaia = (
  name: string,
  catalogue: string,
  wavelengthNm: number,
  columns: readonly string[],
  filterNames: readonly string[],
): Band => ({
  name,
  catalogue,
  system: 'Vega',
  wavelengthNm,
  filterNames,
  columns,
  // Clear cameras differ from Gaia's more than filters do from their bands.
  colourTermSigma: 0.12,
  isFilter: name === 'G',
});

const bands: readonly Band[] = [
  sloan('u', 355.1, 0.06),
  sloan('g', 468.6, 0.05),
  sloan('r', 616.5, 0.05),
  sloan('i', 748.1, 0.05),
  sloan('z', 893.1, 0.05, ['zs', 'z', 'sdsszs', 'pszs']),
  johnson('U', 366.0, 0.06),
  johnson('B', 438.0, 0.05, ['b', 'bj', 'blue', 'tb']),
  johnson('V', 545.0, 0.05, ['v', 'vj', 'green', 'tg', 'visual', 'cv']),
  johnson('R', 641.0, 0.05, ['rc', 'rj', 'red', 'tr', 'cr']),
  johnson('I', 798.0, 0.05, ['ic', 'ij', 'nir']),
  gaia('G', 'GaiaDR3/G', 622, ['Gmag', 'G_mag', 'phot_g_mean_mag', 'raw_G', 'gaia_g'], clearNames()),
  gaia('BP', 'GaiaDR3/GBP', 511, ['BPmag', 'BP_mag', 'GBP', 'phot_bp_mean_mag', 'raw_BP'], ['gaiabp', 'gbp']),
  gaia('RP', 'GaiaDR3/GRP', 777, ['RPmag', 'RP_mag', 'GRP', 'phot_rp_mean_mag', 'raw_RP'], ['gaiarp', 'grp']),
];

function clearNames(): string[] {
  return [
    ...['clear', 'clr', 'c', 'cl', 'w', 'white', 'none', 'nofilter', 'no', 'open', 'empty', 'air', 'unfiltered'],
    ...['l', 'lum', 'luminance', 'lps', 'uvir', 'uvircut', 'gaiag', 'ircut', '0', 'blank'],
  ];
}

/** Slopes along the unreddened dwarf sequence from F to K, from Pecaut & Mamajek (2013) and Jordi et al. (2006). */
const colours: readonly Colour[] = [
  { blue: 'BP', red: 'RP', bpRpPerColour: 1 },
  { blue: 'g', red: 'i', bpRpPerColour: 0.8 },
  { blue: 'V', red: 'I', bpRpPerColour: 1.15 },
  { blue: 'g', red: 'r', bpRpPerColour: 1.05 },
  { blue: 'B', red: 'V', bpRpPerColour: 1.2 },
  { blue: 'V', red: 'R', bpRpPerColour: 2.2 },
  { blue: 'r', red: 'i', bpRpPerColour: 3.5 },
];

export const filters: FilterTable = { bands, colours };
