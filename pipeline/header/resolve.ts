import type { Header } from '../fits/header.ts';
import { resolveBayer } from './bayer.ts';
import { resolveCorrections } from './corrections.ts';
import type { DialectTable, HeaderOverrides, Quantity } from './dialect.ts';
import { resolveExposure, withoutZero } from './exposure.ts';
import type { FrameFacts } from './facts.ts';
import { resolveFilter } from './filter.ts';
import { resolveGain } from './gain.ts';
import { resolveKind } from './kind.ts';
import { type Lookup, makeLookup, quoteCard, recogniseDialect } from './lookup.ts';
import { momentQuantities } from './moments.ts';
import { resolveOptics } from './optics.ts';
import { resolvePosition } from './position.ts';
import { findRefusals } from './refusals.ts';
import { resolveSite } from './site.ts';
import { resolveTime } from './time.ts';
import { asAngle, asNumber, asPositive, asPositiveMean, asSection, asText } from './values.ts';

/** Quantities whose cards are told to a person where nobody understood them: a number of the result rests on each. */
const explained: readonly Quantity[] = [
  ...momentQuantities,
  ...(['exposureS', 'exposureMs', 'elapsedS', 'raDeg', 'raHours', 'decDeg', 'siteLatDeg', 'siteLonDeg'] as const),
  ...(['gainEPerAdu', 'gainSetting', 'sensorTemperatureC', 'binning', 'binningX', 'pixelSizeUm'] as const),
  ...(['focalLengthMm', 'focalRatio', 'scaleArcsecPerPx', 'bayerPattern', 'kind'] as const),
];

/** What is known of a frame besides its header. */
export interface FrameContext {
  /** The path below the watched folder: its words tell the kind of a frame where the header does not. */
  readonly path?: string;
  readonly nPlanes?: number;
  readonly bitpix?: number;
  readonly width?: number;
  readonly height?: number;
}

/**
 * Understands a header: recognises the program that wrote it and resolves every quantity, each with the card it came from.
 * Pure, never throws for what a header holds; what cannot be understood is undefined or a warning.
 */
export function resolveHeader(
  header: Header,
  table: DialectTable,
  overrides: HeaderOverrides = {},
  context: FrameContext = {},
): FrameFacts {
  const dialect = recogniseDialect(header, table, overrides);
  const lookup = makeLookup(header, dialect, table, overrides);
  const warnings: string[] = [];
  const shutter = resolveExposure(lookup);
  const kind = resolveKind(lookup, table, shutter.exposureS?.value, context.path);
  warnings.push(...kind.warnings);
  const site = resolveSite(lookup, warnings);
  const lonDeg = site.siteLonDeg?.confidence === 'low' ? undefined : site.siteLonDeg?.value;
  const times = resolveTime(lookup, withoutZero(shutter, kind.kind.value, warnings), lonDeg);
  const subframeX = lookup.find('subframeX', asNumber);
  const subframeY = lookup.find('subframeY', asNumber);
  const filter = resolveFilter(lookup);
  const optics = resolveOptics(lookup, warnings);
  const gain = resolveGain(lookup, warnings);
  const position = resolvePosition(lookup, kind.kind.value, times.midUtc?.value, warnings);
  const sensorTemperatureC = resolveTemperature(lookup, 'sensorTemperatureC');
  const setTemperatureC = resolveTemperature(lookup, 'setTemperatureC');
  const bayer = resolveBayer(lookup, context.height);
  warnings.push(...lookup.unread(explained).map((card) => `${quoteCard(card)} was found and not understood: left out`));
  if (context.bitpix === 8) warnings.push('stored with 8 bits a pixel only: most of the light is rounded away');
  return {
    dialect: dialect.id,
    software: lookup.find('software', asText),
    kind: kind.kind,
    isMaster: kind.isMaster,
    object: lookup.find('object', asText),
    filter,
    ...times,
    ...gain,
    readNoiseE: lookup.find('readNoiseE', asPositiveMean),
    saturationAdu: lookup.find('saturationAdu', asPositive),
    sensorTemperatureC,
    setTemperatureC,
    camera: lookup.find('camera', asText),
    telescope: lookup.find('telescope', asText),
    readoutMode: lookup.find('readoutMode', asText),
    bayer,
    ...position,
    ...site,
    ...optics,
    airmass: lookup.find('airmass', (value) => {
      const airmass = asNumber(value);
      return airmass !== undefined && airmass >= 0.99 && airmass < 40 ? airmass : undefined;
    }),
    altitudeDeg: lookup.find('altitudeDeg', (value) => {
      const altitude = asAngle(value);
      return altitude !== undefined && Math.abs(altitude) <= 90 ? altitude : undefined;
    }),
    rotatorDeg: lookup.find('rotatorDeg', asNumber),
    size:
      context.width !== undefined && context.height !== undefined
        ? { width: context.width, height: context.height }
        : undefined,
    subframe: subframeX && subframeY ? { x: subframeX.value, y: subframeY.value } : undefined,
    dataSection: lookup.find('dataSection', asSection),
    biasSection: lookup.find('biasSection', asSection),
    trimSection: lookup.find('trimSection', asSection),
    calibrated: resolveCorrections(lookup),
    // What is to be added for zero-based ADU (SBIG's extensions, so mostly -100), or to be subtracted (PixInsight): its sign tells nothing.
    pedestalAdu: lookup.find('pedestalAdu', (value) => {
      const pedestal = asNumber(value);
      return pedestal === undefined ? undefined : Math.abs(pedestal);
    }),
    requestId: lookup.find('requestId', (value) => String(value).trim() || undefined),
    visitId: lookup.find('visitId', (value) => String(value).trim() || undefined),
    refusals: findRefusals(lookup, kind.kind.value, shutter.exposureS?.value, context),
    warnings,
  };
}

/** Celsius, from the unit that the comment states; beyond 150 a number can only be kelvin. */
function resolveTemperature(lookup: Lookup, quantity: 'sensorTemperatureC' | 'setTemperatureC') {
  return lookup.find(quantity, (value, card, source) => {
    const text = String(value).trim();
    const [, number = '', own = ''] = /^([+-]?[\d.,]+) ?(.*)$/.exec(text) ?? [];
    const temperature = asNumber(number);
    if (temperature === undefined) return undefined;
    const comment = `${source?.comment ?? ''} [${own}]`;
    const isSaid = (letter: string, name: string) =>
      new RegExp(`\\b${name}\\b`, 'i').test(comment) ||
      new RegExp(`[[(] ?(deg(rees?)?\\.? ?|°)?${letter} ?[\\])]|(deg(rees?)?\\.? ?|°|\\bin )${letter}\\b`).test(
        comment,
      );
    const isFahrenheit = isSaid('F', 'fahrenheit');
    const isTold = isFahrenheit || isSaid('C', 'celsius|centigrade');
    const isKelvin =
      isSaid('K', 'kelvins?') || (!isTold && lookup.dialect.kelvin === true) || (!isFahrenheit && temperature > 150);
    let celsius = temperature;
    if (isFahrenheit) celsius = ((temperature - 32) * 5) / 9;
    else if (isKelvin && card !== 'configuration') celsius = temperature - 273.15;
    return celsius > -200 && celsius < 100 ? celsius : undefined;
  });
}
