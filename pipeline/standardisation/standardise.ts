import { medianOf } from '../numeric/statistics.ts';
import type { Band, Colour, FilterTable } from './bands.ts';
import { type CrossMatch, crossMatch, type SkyList } from './cross-match.ts';
import { completeFromGaia } from './gaia-relations.ts';
import { type BandVerdict, type Candidate, type FilterPrior, identifyBand } from './identify.ts';
import type { BandMagnitudes, ReferenceStars } from './reference.ts';
import {
  fitZeroPoint,
  hasColour,
  heldOutDensity,
  leadOf,
  type MagnitudePairs,
  type ZeroPointFit,
  type ZeroPointModel,
  zeroPointError,
} from './zero-point.ts';

/** Instrumental magnitudes on the sky; NaN where unknown (such stars take no part). */
export interface InstrumentalList extends SkyList {
  readonly magErr: Float64Array;
}

export interface StandardiseOptions {
  readonly filters: FilterTable;
  readonly searchRadiusArcsec?: number;
  readonly epochYear?: number | undefined;
  /** What header and history say of the filter. */
  readonly priors?: readonly FilterPrior[];
}

/** A colour term: magnitudes per magnitude of `colour`, e.g. `BP-RP`, and the colour at which the zero point holds. */
export interface ColourTerm {
  readonly colour: string;
  readonly value: number;
  readonly error: number;
  readonly pivot: number;
}

/** One zero point with all that was fitted beside it: standard = instrumental + zeroPoint + terms. */
export interface BandFit {
  readonly band: string;
  readonly catalogue: string;
  readonly system: Band['system'];
  readonly model: ZeroPointModel;
  readonly zeroPoint: number;
  readonly zeroPointErr: number;
  /** Weighted rms of the good stars about the fit. */
  readonly scatter: number;
  /** What of it the errors do not explain. */
  readonly intrinsicScatter: number;
  readonly outlierFraction: number;
  readonly nUsed: number;
  readonly colourTerm?: ColourTerm;
  /** Coefficients of u, v[, u^2 - 1/3, uv, v^2 - 1/3]; u, v as in `place`. */
  readonly spatial?: readonly number[];
}

/** How u and v (-1 to 1) follow from the tangent plane at the list's centre: u = east / halfSideArcsec, v = north / it. */
export interface StandardField {
  readonly centreRaDeg: number;
  readonly centreDecDeg: number;
  readonly halfSideArcsec: number;
}

/** A constant-only fit in one band, as the central server makes it. */
export interface BandResult extends BandFit {
  /** From the fit by which filters are told apart, under the prior of a usual filter; not part of the zero point. */
  readonly colourTerm?: ColourTerm;
  /** Stars of the reference whose magnitude in this band comes from a colour relation. */
  readonly nDerived: number;
}

export type Standardisation =
  | { readonly outcome: 'no reference stars' | 'not matched' | 'too few stars'; readonly reason: string }
  | Standardised;

export interface Standardised {
  readonly outcome: 'standardised';
  readonly match: Pick<CrossMatch, 'count' | 'offset' | 'radiusArcsec' | 'logOdds'>;
  readonly place: StandardField;
  /** By row of the list: the reference's colour of the matched star, as `ColourTerm` has it; NaN where unknown. */
  readonly colours: Float64Array;
  readonly verdict: BandVerdict;
  /** In the order of the filter table, every band with enough stars. */
  readonly bands: readonly BandResult[];
  /** The verdict's band, constant only: the zero point that products carry. */
  readonly constant: BandResult;
  /** The verdict's band, with the terms that foretell held-out stars best. */
  readonly best: BandFit;
}

export const DEFAULT_SEARCH_RADIUS_ARCSEC = 5;
/** Fewer stars give no zero point (the central server asks for five). */
const MIN_STARS = 5;
/** A known error below this is not believed. */
const MIN_ERROR = 0.002;
/** Filters are told apart by this many of the best measured stars at most: more only cost time. */
const MAX_STARS_TO_IDENTIFY = 300;
/** Stars needed by the models beyond a constant, and the gain in -2 ln held-out likelihood that each must bring. */
const richer: readonly { model: ZeroPointModel; minStars: number }[] = [
  { model: 'colour', minStars: 15 },
  { model: 'plane', minStars: 60 },
  { model: 'colour+plane', minStars: 60 },
  { model: 'quadratic', minStars: 100 },
  { model: 'colour+quadratic', minStars: 100 },
];
const MIN_GAIN = 10;

/**
 * Puts instrumental magnitudes on a known system: cross-match, robust zero points in every band of the reference, and
 * the band told from the stars themselves. Positions in degrees (ICRS), magnitudes -2.5 log10 of flux on any constant.
 */
export function standardise(
  list: InstrumentalList,
  catalogue: ReferenceStars,
  options: StandardiseOptions,
): Standardisation {
  const { filters, epochYear, searchRadiusArcsec = DEFAULT_SEARCH_RADIUS_ARCSEC, priors = [] } = options;
  const reference = completeFromGaia(catalogue);
  const present = filters.bands.filter(({ name }) => reference.bands.has(name));
  if (reference.raDeg.length === 0 || present.length === 0)
    return { outcome: 'no reference stars', reason: 'the reference holds no star with a magnitude in a known band' };
  const nMeasured = list.mag.filter(Number.isFinite).length;
  if (nMeasured < MIN_STARS) {
    const reason = `only ${nMeasured} stars are measured well enough, and ${MIN_STARS} are the least`;
    return { outcome: 'too few stars', reason };
  }
  const stars = { ...reference, mag: brightness(reference) };
  const match = crossMatch(measuredOnly(list), stars, { searchRadiusArcsec, epochYear });
  if (!match) {
    const reason = 'no common offset brings the list onto the reference: wrong field, wrong solution or too few stars';
    return { outcome: 'not matched', reason };
  }
  const colour = commonColour(filters.colours, reference, match);
  const place = fieldOf(match);
  const bands: BandResult[] = [];
  const candidates: Candidate[] = [];
  const pairsOfBand = new Map<string, MagnitudePairs>();
  for (const band of present) {
    const magnitudes = reference.bands.get(band.name)!;
    const pairs = pairsOf(list, magnitudes, match, colour, place);
    const constant = fitZeroPoint(pairs, 'constant');
    if (!constant || constant.nUsed < MIN_STARS) continue;
    pairsOfBand.set(band.name, pairs);
    const { candidate, colourTerm } = caseFor(band, pairs, colour, magnitudes.derived > magnitudes.mag.length / 2);
    if (candidate && band.isFilter) candidates.push(candidate);
    const extra = { ...(colourTerm && { colourTerm }), nDerived: magnitudes.derived };
    bands.push({ ...describe(band, constant, colour), ...extra });
  }
  if (bands.length === 0) {
    const reason = `${match.count} stars matched, and no band has magnitudes of ${MIN_STARS} of them`;
    return { outcome: 'too few stars', reason };
  }
  const verdict = identifyBand(candidates, priors) ?? untold(bands, priors);
  const constant = bands.find(({ band }) => band === verdict.band)!;
  const chosen = filters.bands.find(({ name }) => name === verdict.band)!;
  const best = bestFit(chosen, pairsOfBand.get(verdict.band)!, constant, colour);
  const { count, offset, radiusArcsec, logOdds } = match;
  const colours = coloursOf(list, match, colour);
  return {
    outcome: 'standardised',
    match: { count, offset, radiusArcsec, logOdds },
    ...{ place, colours, verdict, bands, constant, best },
  };
}

/** The colour that most matched stars have, less its median among them; undefined where hardly any has one. */
interface StarColours {
  readonly name: string;
  readonly pivot: number;
  readonly bpRpPerColour: number;
  /** By row of the reference. */
  readonly values: Float64Array;
}

const MIN_COLOUR_SHARE = 0.7;

function commonColour(
  colours: readonly Colour[],
  { bands }: ReferenceStars,
  match: CrossMatch,
): StarColours | undefined {
  for (const { blue, red, bpRpPerColour } of colours) {
    const blueMags = bands.get(blue)?.mag;
    const redMags = bands.get(red)?.mag;
    if (!blueMags || !redMags) continue;
    const values = blueMags.map((mag, row) => mag - redMags[row]!);
    const known = Float64Array.from(match.referenceRow, (row) => values[row]!).filter(Number.isFinite);
    if (known.length < MIN_COLOUR_SHARE * match.count || known.length < MIN_STARS) continue;
    const pivot = medianOf(known);
    return { name: `${blue}-${red}`, pivot, bpRpPerColour, values: values.map((value) => value - pivot) };
  }
  return undefined;
}

function coloursOf(
  list: SkyList,
  { listRow, referenceRow }: CrossMatch,
  colour: StarColours | undefined,
): Float64Array {
  const colours = new Float64Array(list.raDeg.length).fill(Number.NaN);
  if (colour) for (const [k, row] of listRow.entries()) colours[row] = colour.values[referenceRow[k]!]! + colour.pivot;
  return colours;
}

function fieldOf({ centre, eastArcsec, northArcsec }: CrossMatch): StandardField {
  let halfSideArcsec = 1;
  for (const values of [eastArcsec, northArcsec])
    for (const value of values) halfSideArcsec = Math.max(halfSideArcsec, Math.abs(value));
  return { centreRaDeg: centre.raDeg, centreDecDeg: centre.decDeg, halfSideArcsec };
}

/** The list without the stars that have no magnitude: they must not take a better one's place in the match. */
function measuredOnly(list: InstrumentalList): SkyList {
  const blank = (values: Float64Array): Float64Array =>
    values.map((value, k) => (Number.isFinite(list.mag[k]!) ? value : Number.NaN));
  return { raDeg: blank(list.raDeg), decDeg: blank(list.decDeg), mag: list.mag };
}

/** Any magnitude of each star, to order the reference by. */
function brightness({ bands, raDeg }: ReferenceStars): Float64Array {
  const mag = new Float64Array(raDeg.length).fill(Number.NaN);
  for (const band of bands.values())
    for (let row = 0; row < mag.length; row++) if (Number.isNaN(mag[row]!)) mag[row] = band.mag[row]!;
  return mag;
}

function pairsOf(
  list: InstrumentalList,
  { mag, magErr }: BandMagnitudes,
  { count, listRow, referenceRow, eastArcsec, northArcsec }: CrossMatch,
  colour: StarColours | undefined,
  { halfSideArcsec }: StandardField,
): MagnitudePairs {
  const difference = new Float64Array(count);
  const variance = new Float64Array(count);
  const colours = new Float64Array(count).fill(Number.NaN);
  for (let k = 0; k < count; k++) {
    const here = listRow[k]!;
    const there = referenceRow[k]!;
    difference[k] = mag[there]! - list.mag[here]!;
    variance[k] = Math.max(list.magErr[here]! || 0, MIN_ERROR) ** 2 + Math.max(magErr[there]! || 0, MIN_ERROR) ** 2;
    if (colour) colours[k] = colour.values[there]!;
  }
  const u = eastArcsec.map((value) => value / halfSideArcsec);
  const v = northArcsec.map((value) => value / halfSideArcsec);
  return { count, difference, variance, colour: colours, u, v };
}

/** The band's case for being the filter: its brightest stars only, since more change nothing but the time it takes. */
function caseFor(
  band: Band,
  pairs: MagnitudePairs,
  colour: StarColours | undefined,
  isDerived: boolean,
): { candidate?: Candidate; colourTerm?: ColourTerm } {
  const few = { ...pairs, count: Math.min(pairs.count, MAX_STARS_TO_IDENTIFY) };
  if (!colour) {
    const heldOut = heldOutDensity(few, 'constant');
    return heldOut ? { candidate: { band: band.name, heldOut, colourPenalty: 0, isDerived } } : {};
  }
  const sigma = band.colourTermSigma * colour.bpRpPerColour;
  const fit = fitZeroPoint(few, 'colour', sigma);
  const heldOut = heldOutDensity(few, 'colour', sigma);
  if (!fit || !heldOut) return {};
  const colourTerm = colourTermOf(fit, colour);
  const colourPenalty = (colourTerm.value / sigma) ** 2;
  return { candidate: { band: band.name, heldOut, colourPenalty, isDerived }, colourTerm };
}

function colourTermOf({ coefficients, covariance }: ZeroPointFit, { name, pivot }: StarColours): ColourTerm {
  const error = Math.sqrt(covariance[coefficients.length + 1]!);
  return { colour: name, value: coefficients[1]!, error, pivot };
}

/** With too few stars to tell bands apart: what is believed beforehand, else the least scatter, and no certainty. */
function untold(bands: readonly BandResult[], priors: readonly FilterPrior[]): BandVerdict {
  const steadiest = [...bands].sort((a, b) => a.scatter / Math.sqrt(a.nUsed) - b.scatter / Math.sqrt(b.nUsed))[0]!;
  const believed = [...priors]
    .sort((a, b) => b.odds - a.odds)
    .find((prior) => bands.some((b) => b.band === prior.band));
  const names = bands.map(({ band }) => band);
  const others = (band: string): string[] => names.filter((name) => name !== band);
  const band = believed?.band ?? steadiest.band;
  const fromStars = { band: steadiest.band, ambiguousWith: others(steadiest.band) };
  return { band, ambiguousWith: others(band), fromStars, margin: 0 };
}

/** The richest model that earns its terms on stars it did not see. */
function bestFit(band: Band, pairs: MagnitudePairs, constant: BandFit, colour: StarColours | undefined): BandFit {
  const few = { ...pairs, count: Math.min(pairs.count, MAX_STARS_TO_IDENTIFY) };
  let held = heldOutDensity(few, 'constant');
  let best = constant;
  for (const { model, minStars } of richer) {
    if (!held || constant.nUsed < minStars || (hasColour(model) && !colour)) continue;
    const trial = heldOutDensity(few, model);
    const fit = fitZeroPoint(pairs, model);
    if (!trial || !fit || leadOf(trial, held).lead < MIN_GAIN) continue;
    best = describe(band, fit, colour);
    held = trial;
  }
  return best;
}

function describe(band: Band, fit: ZeroPointFit, colour: StarColours | undefined): BandFit {
  const { coefficients, model } = fit;
  const withColour = hasColour(model) && colour;
  const spatial = Array.from(coefficients.subarray(withColour ? 2 : 1));
  return {
    band: band.name,
    catalogue: band.catalogue,
    system: band.system,
    model,
    zeroPoint: coefficients[0]!,
    zeroPointErr: zeroPointError(fit),
    scatter: fit.scatter,
    intrinsicScatter: fit.intrinsicScatter,
    outlierFraction: fit.outlierFraction,
    nUsed: fit.nUsed,
    ...(withColour && { colourTerm: colourTermOf(fit, colour) }),
    ...(spatial.length > 0 && { spatial }),
  };
}
