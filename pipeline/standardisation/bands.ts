/** One band on the sky that magnitudes can be given in. */
export interface Band {
  /** Its short name; case matters (i is SDSS, I is Cousins). */
  readonly name: string;
  /** Its name at BHTOM, survey and band. */
  readonly catalogue: string;
  /** `unstated`: of a catalogue that does not tell. */
  readonly system: 'AB' | 'Vega' | 'unstated';
  readonly wavelengthNm: number;
  /** Names that headers give to a filter of this band, in any case of letters, without spaces and punctuation. */
  readonly filterNames: readonly string[];
  /** Names that reference tables give to its column; case matters. */
  readonly columns: readonly string[];
  /**
   * How far, one sigma, the colour term of a usual filter of this kind lies from zero, magnitudes per magnitude of
   * BP-RP: the prior under which filters are told apart.
   */
  readonly colourTermSigma: number;
  /** False for bands that no filter on sale has: they get zero points but are never taken for the filter. */
  readonly isFilter: boolean;
}

/** Name of the band of catalogues that only say "magnitude". */
export const plainBand = 'mag';

/** The filters, and one more for catalogues that do not tell the band of their magnitudes. */
export function withPlainBand(filters: FilterTable): FilterTable {
  const plain: Band = {
    name: plainBand,
    catalogue: 'mag (band not stated)',
    system: 'unstated',
    wavelengthNm: Number.NaN,
    filterNames: [],
    columns: [],
    colourTermSigma: 0.12,
    isFilter: true,
  };
  return { ...filters, bands: [...filters.bands, plain] };
}

/** A colour that a fit may use: the difference of two bands, and its usual spread as a share of that of BP-RP. */
export interface Colour {
  readonly blue: string;
  readonly red: string;
  /** d(BP-RP) / d(this colour) along the stellar sequence: brings `colourTermSigma` to this colour. */
  readonly bpRpPerColour: number;
}

export interface FilterTable {
  readonly bands: readonly Band[];
  /** Most wanted first. */
  readonly colours: readonly Colour[];
}

/** What a filter's name in a header means: the band meant and, for names used for several things, with less trust. */
export interface FilterMeaning {
  readonly band: Band;
  readonly sure: boolean;
}

/** Names such as the letters of colour-imaging wheels, which stand for a band only loosely. */
const loose = new Set(['red', 'green', 'blue', 'luminance', 'lum', 'l', 'tr', 'tg', 'tb', 'cv', 'cr']);

/** The band that a filter's name in a header stands for, or undefined when the name is not known. */
export function bandOfFilter(table: FilterTable, headerName: string): FilterMeaning | undefined {
  const name = headerName.trim();
  const bare = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  for (const band of table.bands) {
    if (name === band.catalogue) return { band, sure: true };
  }
  // A lone G is the green of an LRGB wheel far more often than Gaia's band.
  if (name === 'G') return meaning(table, 'green', false);
  for (const band of table.bands) {
    if (name === band.name || name === `${band.name}'`) return { band, sure: true };
  }
  return meaning(table, bare, !loose.has(bare));
}

function meaning(table: FilterTable, bare: string, sure: boolean): FilterMeaning | undefined {
  const band = table.bands.find((one) => one.filterNames.includes(bare));
  return band && { band, sure };
}

/** The band whose magnitudes, or their errors, stand in a column of this name. */
export function bandOfColumn(table: FilterTable, column: string): { band: Band; isError: boolean } | undefined {
  for (const band of table.bands) {
    for (const name of [band.name, band.catalogue, ...band.columns]) {
      if (column === name) return { band, isError: false };
      if (column === `${name}_err` || column === `${name}err` || column === `e_${name}` || column === `${name}_error`)
        return { band, isError: true };
    }
  }
  return undefined;
}
