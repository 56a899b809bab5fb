import type { Card } from '../fits/card.ts';
import type { Confidence, Fact, FrameFacts } from './facts.ts';
import { type Lookup, quoteReading, type Reading } from './lookup.ts';
import { lengthUnits, scaleUnits, unitOf } from './units.ts';
import { asBinning, asNumber, asNumberOf, asPositive } from './values.ts';

type Value = string | number | boolean;
type Binning = { readonly x: number; readonly y: number };
type Optics = Pick<FrameFacts, 'binning' | 'pixelSizeUm' | 'focalLengthMm' | 'apertureMm' | 'scaleArcsecPerPx'>;

/** Scales agree within this: focal lengths are the maker's, and change with reducer and temperature. */
const sameFraction = 0.1;
/** No telescope is shorter, so a smaller number without a unit is its focal ratio. */
const shortestMm = 25;
const arcsecPerRad = 206264.806;

/**
 * Binning, pixel size (after binning), focal length and plate scale, each in the unit that its card states. The scale of the cards
 * is held against the one that pixel and focal length give, which also shows whether the pixel size was binned already.
 */
export function resolveOptics(lookup: Lookup, warnings: string[]): Optics {
  const binning = resolveBinning(lookup, warnings);
  const bin = binning?.value.x ?? 1;
  const apertureMm = lookup.find('apertureMm', (value, _card, source) => positiveLength(value, source, 1e3, 1e-3));
  const focalLengthMm = resolveFocalLength(lookup, apertureMm, warnings);
  const pixel = resolvePixelSize(lookup, bin);
  const scales = [
    ...lookup.findAll('scaleArcsecPerPx', (value, _card, source) => scaleOf(value, source, pixel?.value)),
    ...scaleOfMatrix(lookup),
  ];
  const pixelSizeUm = pixel && settlePixelSize(pixel, focalLengthMm, scales, bin, warnings);
  const scaleArcsecPerPx = scales.find(({ card }) => card !== 'CD1_1' && card !== 'CDELT1');
  return {
    binning,
    pixelSizeUm,
    focalLengthMm,
    apertureMm,
    scaleArcsecPerPx: scaleArcsecPerPx && {
      value: scaleArcsecPerPx.value,
      card: scaleArcsecPerPx.card,
      confidence: disagreement(scaleArcsecPerPx, scales, pixelSizeUm, focalLengthMm, warnings),
    },
  };
}

function resolveBinning(lookup: Lookup, warnings: string[]): Fact<Binning> | undefined {
  const x = lookup.findAll('binningX', asPositive);
  const y = lookup.find('binningY', asPositive);
  const [inX] = x;
  const single: Reading<Binning>[] = inX ? [{ ...inX, value: { x: inX.value, y: y?.value ?? inX.value } }] : [];
  const [first, ...others] = [...single, ...lookup.findAll('binning', asBinning)];
  if (!first) return undefined;
  const other = others.find(({ value }) => value.x !== first.value.x || value.y !== first.value.y);
  if (other) warnings.push(`${quoteReading(other)} contradicts ${quoteReading(first)}: ${first.card} is taken`);
  return { value: first.value, card: first.card, confidence: other ? 'low' : first.confidence };
}

/** Micrometres after binning; a comment may say that it is before. */
function resolvePixelSize(lookup: Lookup, bin: number): Reading<number> | undefined {
  const read = (value: Value, source: Card | undefined) => positiveLength(value, source, 1e6, 1e-6);
  const [size] = lookup.findAll('pixelSizeUm', (value, card, source) => {
    const micrometres = read(value, source);
    const comment = source?.comment ?? '';
    const isSensor = /un-?binned|(without|before|excluding|no) binning|physical/i.test(comment);
    const isDone = /(after|with|incl\w*) binning|\bbinned pixel/i.test(comment) && !isSensor;
    const isUnbinned = card !== 'configuration' && (isSensor || (lookup.dialect.pixelSizeUnbinned === true && !isDone));
    return micrometres === undefined ? undefined : micrometres * (isUnbinned ? bin : 1);
  });
  const unbinned = lookup.findAll('unbinnedPixelSizeUm', (value, _card, source) => read(value, source))[0];
  return size ?? (unbinned && { ...unbinned, value: unbinned.value * bin });
}

/** The pixel size of the other binning, where only that gives the scale that a card tells. */
function settlePixelSize(
  pixel: Reading<number>,
  focal: Fact<number> | undefined,
  scales: readonly Reading<number>[],
  bin: number,
  warnings: string[],
): Fact<number> {
  const { value, card, confidence } = pixel;
  const plain = { value, card, confidence };
  const told = scales[0];
  if (!told || !focal || bin === 1 || card === 'configuration') return plain;
  const fits = (micrometres: number) => isSame((micrometres / focal.value / 1e3) * arcsecPerRad, told.value);
  if (fits(value)) return plain;
  const other = [value * bin, value / bin].find(fits);
  if (other === undefined) return plain;
  const which = other > value ? 'before' : 'after';
  warnings.push(`${quoteReading(pixel)} is the size ${which} binning by ${bin}, by ${quoteReading(told)}`);
  return { value: other, card, confidence: 'medium' };
}

/** Millimetres, from a length or from focal ratio and aperture. */
function resolveFocalLength(
  lookup: Lookup,
  apertureMm: Fact<number> | undefined,
  warnings: string[],
): Fact<number> | undefined {
  const length = lookup.find('focalLengthMm', (value, card, source) => {
    const millimetres = positiveLength(value, source, 1e3, 1e-3);
    if (card === 'configuration') return millimetres;
    if (millimetres === undefined || isFocalRatio(value, source)) return undefined;
    return millimetres;
  });
  if (length) return length;
  const ratios = [
    ...lookup.findAll('focalRatio', ratioOf),
    ...lookup.findAll('focalLengthMm', (value, _card, source) =>
      isFocalRatio(value, source) ? ratioOf(value) : undefined,
    ),
  ];
  const [ratio] = ratios;
  if (ratio && !apertureMm)
    warnings.push(`${quoteReading(ratio)} is a focal ratio: without the aperture it tells no scale`);
  if (!ratio || !apertureMm) return undefined;
  return { value: ratio.value * apertureMm.value, card: `${ratio.card}, ${apertureMm.card}`, confidence: 'medium' };
}

/** A focal ratio where a focal length is expected, by comment, text, or size. */
function isFocalRatio(value: Value, source: Card | undefined): boolean {
  const comment = source?.comment ?? '';
  if (/focal ?-?ratio|\bf ?[-/] ?(ratio|number|stop)|\bf\/|relative aperture/i.test(comment)) return true;
  if (typeof value === 'string' && /^\s*f\s*\/?\s*\d/i.test(value)) return true;
  const number = asNumber(value);
  return number !== undefined && number < shortestMm && unitOf(comment, lengthUnits) === undefined;
}

function ratioOf(value: Value): number | undefined {
  const number = asNumber(value) ?? Number(/^\s*f?\s*\/?\s*(\d+(?:\.\d*)?)\s*$/i.exec(String(value))?.[1]);
  return number > 0.5 && number < 100 ? number : undefined;
}

/** A length in the unit of which a metre holds `perMetre`; by custom one of `worth` metres. */
function positiveLength(value: Value, source: Card | undefined, perMetre: number, worth: number): number | undefined {
  const metres = asNumberOf(value, source, lengthUnits, worth);
  return metres !== undefined && metres > 0 ? Number((metres * perMetre).toPrecision(12)) : undefined;
}

/** Arcseconds per pixel, from whatever unit the card states; a scale per millimetre needs the pixel size. */
function scaleOf(value: Value, source: Card | undefined, pixelSizeUm: number | undefined): number | undefined {
  const comment = source?.comment ?? '';
  if (/(arc ?-?sec\w*|") ?(\/|per) ?(mm|millimet)/i.test(comment)) {
    const perMm = asPositive(value);
    return perMm === undefined || pixelSizeUm === undefined ? undefined : (perMm * pixelSizeUm) / 1e3;
  }
  const scale = asNumberOf(value, source, scaleUnits, 1);
  return scale !== undefined && scale > 0.005 && scale < 1000 ? scale : undefined;
}

/** The scale of the header's own WCS, where CTYPE says that it is one. */
function scaleOfMatrix({ header }: Lookup): Reading<number>[] {
  if (!/^(RA|DEC)-/i.test(header.string('CTYPE1')?.trim() ?? '')) return [];
  const [a, b, c, d] = ['CD1_1', 'CD1_2', 'CD2_1', 'CD2_2'].map((keyword) => header.number(keyword) ?? 0) as [
    number,
    number,
    number,
    number,
  ];
  const matrix = Math.sqrt(Math.abs(a * d - b * c)) * 3600;
  const [card, scale] = matrix > 0 ? ['CD1_1', matrix] : ['CDELT1', Math.abs(header.number('CDELT1') ?? 0) * 3600];
  return scale > 0 ? [{ value: scale, card, confidence: 'medium', source: header.card(card) }] : [];
}

function isSame(a: number, b: number): boolean {
  return Math.abs(Math.log(a / b)) <= sameFraction;
}

/** Tells what contradicts a scale; the confidence that is left to it. */
function disagreement(
  told: Reading<number>,
  scales: readonly Reading<number>[],
  pixel: Fact<number> | undefined,
  focal: Fact<number> | undefined,
  warnings: string[],
): Confidence {
  const other = scales.find(({ value }) => !isSame(value, told.value));
  const computed = pixel && focal && (pixel.value / focal.value / 1e3) * arcsecPerRad;
  if (other) warnings.push(`${quoteReading(told)} contradicts the scale of ${quoteReading(other)}`);
  const isOff = computed !== undefined && !isSame(computed, told.value);
  if (isOff) {
    const cards = `${pixel!.card} = ${pixel!.value} and ${focal!.card} = ${focal!.value}`;
    warnings.push(`${quoteReading(told)} contradicts ${cards}, which give ${computed.toFixed(3)} arcsec/px`);
  }
  return other || isOff ? 'low' : told.confidence;
}
