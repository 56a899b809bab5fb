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
  /** What a site's own names stand for, in lower case: a band's name, or `none` where it is known to be no band. */
  readonly taught?: ReadonlyMap<string, string>;
}

/** The filters with the names that a site teaches: a band's name by filter name, or `none`. */
export function withTaughtNames(filters: FilterTable, bandByName: Readonly<Record<string, string>>): FilterTable {
  return { ...filters, taught: new Map(Object.entries(bandByName).map(([name, band]) => [taughtKey(name), band])) };
}

function taughtKey(name: string): string {
  return name.trim().toLowerCase();
}

/** Told of a filter name of which nothing says whether a band is meant. */
export function unknownFilter(table: FilterTable, headerName: string): string | undefined {
  if (table.taught?.has(taughtKey(headerName)) || bandOfFilter(table, headerName)) return undefined;
  return `the filter name "${headerName}" stands for no known band, so that the stars alone tell it: instruments[].filterBands in the configuration says what it is`;
}

/** What a filter's name in a header means: the band meant and, for names used for several things, with less trust. */
export interface FilterMeaning {
  readonly band: Band;
  readonly sure: boolean;
}

/** Names such as the letters of colour-imaging wheels, which stand for a band only loosely. */
const loose = new Set(['red', 'green', 'blue', 'luminance', 'lum', 'l', 'tr', 'tg', 'tb', 'cv', 'cr']);

/** Words beside the name of a band: makers, kinds of glass, sizes, places. They say nothing of the band. */
const fillers = new Set(
  (
    'filter filtre filtro filtr filters band passband photometric photometry phot astrodon baader chroma optolong zwo asi schuler edmund andover ' +
    'asahi omega custom astronomik sbig fli moravian qhy atik antlia astro physics slot pos position wheel fw mm inch in gen gen2 ii ccd cmos ' +
    'standard std sc the ultra deep uvbri ubvri ubvri'
  ).split(' '),
);
const johnsonWords = new Set(
  'johnson johnsons bessell bessel bessels cousins kron harris landolt jc jkc kc johnsoncousins'.split(' '),
);
const sloanWords = new Set('sdss sloan ps1 ps panstarrs prime ab'.split(' '));
/** Colours in the languages that observers write them in. */
const colourWords: Readonly<Record<string, string>> = {
  ...words('red', 'rouge rojo roja rosso rot rood czerwony czerwona vermelho punainen'),
  ...words('green', 'vert verde grun gruen groen zielony zielona vihrea'),
  ...words('blue', 'bleu azul blu blau blauw niebieski niebieska sininen'),
  ...words('luminance', 'lumi lumin luminosity luminanz luminancia luminanza luminancja'),
  ...words('clear', 'klar clair claro chiaro leer vide vacio vuoto vazio pusty bezbarwny libre ohne sans sin'),
};

function words(meaning: string, list: string): Record<string, string> {
  return Object.fromEntries(list.split(' ').map((word) => [word, meaning]));
}

/**
 * The band that a filter's name in a header stands for, or undefined when the name is not known: names that the site taught, those of the table, else by
 * rules of words (`g_band`, `Photometric V`, `SDSS-g'`, `Baader R`, `Vert`). Of filters in a row, as `Clear + V` or `air,rp`, the
 * one that is no clear glass; two that are make no band.
 */
export function bandOfFilter(table: FilterTable, headerName: string): FilterMeaning | undefined {
  const taught = table.taught?.get(taughtKey(headerName));
  if (taught !== undefined) {
    const band = table.bands.find(({ name }) => name === taught);
    return band && { band, sure: true };
  }
  const whole = bandOfName(table, headerName);
  const parts = headerName.split(/[+,;|&]/).filter((part) => part.trim() !== '');
  if (whole || parts.length < 2) return whole;
  const meanings = parts.map((part) => bandOfName(table, part));
  const real = meanings.filter((one) => one === undefined || one.band.name !== 'G');
  return real.length === 0 ? meanings[0] : real.length === 1 ? real[0] : undefined;
}

function bandOfName(table: FilterTable, headerName: string): FilterMeaning | undefined {
  const name = headerName.trim();
  return knownName(table, name) ?? bandOfWords(table, name);
}

/** By the names of the table alone. */
function knownName(table: FilterTable, name: string): FilterMeaning | undefined {
  const bare = plain(name).replace(/[^a-z0-9]/g, '');
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

/** Lower case without accents. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
}

/** What is left of a name without fillers: the system, if it is told, and one letter or colour. */
function bandOfWords(table: FilterTable, name: string): FilterMeaning | undefined {
  const spaced = name.replace(/(?<=[a-z])(?=[A-Z](?![a-z]))/g, ' ').replace(/['\u2019\u2032]/g, ' prime ');
  const all = spaced
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .split(/[^A-Za-z0-9]+/);
  const said = all.filter((word) => word !== '' && !/^\d/.test(word) && !fillers.has(word.toLowerCase()));
  const isJohnson = said.some((word) => johnsonWords.has(word.toLowerCase()));
  const isSloan = said.some((word) => sloanWords.has(word.toLowerCase()));
  const rest = said.filter((word) => !johnsonWords.has(word.toLowerCase()) && !sloanWords.has(word.toLowerCase()));
  if (rest.length !== 1 || (isJohnson && isSloan)) return undefined;
  const word = rest[0]!;
  const low = word.toLowerCase();
  if (isSloan) {
    const letter = /^([ugriz])p?$/.exec(low)?.[1];
    return letter === undefined ? undefined : meaning(table, `sdss${letter}`, true);
  }
  if (isJohnson) return meaning(table, `johnson${colourLetter(low)}`, true);
  // The case of a lone letter tells Sloan from Johnson; makers of imaging filters write R and B as well.
  if (low.length === 1) {
    const found = knownName(table, word);
    return found && { band: found.band, sure: found.sure && !/^[RB]$/.test(word) };
  }
  const colour = colourWords[low] ?? low;
  return meaning(table, colour, !loose.has(colour));
}

function colourLetter(word: string): string {
  const colour = colourWords[word] ?? word;
  return { red: 'r', green: 'v', blue: 'b', visual: 'v', rc: 'r', ic: 'i' }[colour] ?? colour;
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
