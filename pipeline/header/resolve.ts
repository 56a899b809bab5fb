import { j2000OfDate } from '../../sky/equinox.ts';
import type { Header } from '../fits/header.ts';
import { type Mjd, mjdNumber, unixMsOfMjd } from '../time/mjd.ts';
import { resolveBayer } from './bayer.ts';
import type { DialectTable, HeaderOverrides } from './dialect.ts';
import { resolveExposure, withoutZero } from './exposure.ts';
import type { Confidence, Fact, FrameFacts } from './facts.ts';
import { resolveKind } from './kind.ts';
import { type Lookup, makeLookup, recogniseDialect } from './lookup.ts';
import { findRefusals } from './refusals.ts';
import { resolveTime } from './time.ts';
import {
  asAngle,
  asBinning,
  asDecDeg,
  asHours,
  asNumber,
  asPositive,
  asPositiveMean,
  asRaDeg,
  asSection,
  asText,
} from './values.ts';

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
  const site = resolveSite(lookup);
  const times = resolveTime(lookup, withoutZero(shutter, kind.kind.value, warnings), site.siteLonDeg?.value);
  const binning = resolveBinning(lookup);
  const calibration = lookup.find('calibrationStatus', asText)?.value.toUpperCase() ?? '';
  const subframeX = lookup.find('subframeX', asNumber);
  const subframeY = lookup.find('subframeY', asNumber);
  if (context.bitpix === 8) warnings.push('stored with 8 bits a pixel only: most of the light is rounded away');
  return {
    dialect: dialect.id,
    software: lookup.find('software', asText),
    kind: kind.kind,
    isMaster: kind.isMaster,
    object: lookup.find('object', asText),
    filter: resolveFilter(lookup),
    ...times,
    ...resolveGain(lookup),
    readNoiseE: lookup.find('readNoiseE', asPositiveMean),
    saturationAdu: lookup.find('saturationAdu', asPositive),
    binning,
    pixelSizeUm: resolvePixelSize(lookup, binning?.value.x ?? 1),
    sensorTemperatureC: resolveTemperature(lookup, 'sensorTemperatureC'),
    setTemperatureC: resolveTemperature(lookup, 'setTemperatureC'),
    camera: lookup.find('camera', asText),
    telescope: lookup.find('telescope', asText),
    readoutMode: lookup.find('readoutMode', asText),
    bayer: resolveBayer(lookup, context.height),
    ...resolvePosition(lookup, times.midUtc?.value, warnings),
    ...site,
    focalLengthMm: lookup.find('focalLengthMm', asPositive),
    apertureMm: lookup.find('apertureMm', asPositive),
    scaleArcsecPerPx: lookup.find('scaleArcsecPerPx', asPositive),
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
    calibrated: {
      bias: /B/.test(calibration),
      dark: /D/.test(calibration),
      flat: /F/.test(calibration),
    },
    // What is to be added for zero-based ADU (SBIG's extensions, so mostly -100), or to be subtracted (PixInsight): its sign tells nothing.
    pedestalAdu: lookup.find('pedestalAdu', (value) => {
      const pedestal = asNumber(value);
      return pedestal === undefined ? undefined : Math.abs(pedestal);
    }),
    requestId: lookup.find('requestId', (value) => String(value).trim() || undefined),
    visitId: lookup.find('visitId', (value) => String(value).trim() || undefined),
    refusals: findRefusals(lookup, kind.kind.value, context),
    warnings,
  };
}

/** Filter wheels in a row: the first that does not stand on an empty place. */
function resolveFilter(lookup: Lookup): Fact<string> | undefined {
  const isOpen = (text: string) => /^(air|open|empty|blank|no ?filter|hole)$/i.test(text);
  const named = lookup.find('filter', (value) => {
    const text = asText(value);
    return text === undefined || isOpen(text) ? undefined : text;
  });
  return named ?? lookup.find('filter', asText);
}

function resolveGain(
  lookup: Lookup,
): Pick<FrameFacts, 'gainSetting' | 'offsetSetting' | 'gainEPerAdu' | 'gainBeforeShift'> {
  const { dialect, header } = lookup;
  const offsetSetting = lookup.find('offsetSetting', asNumber);
  const isElectrons = (card: string) =>
    dialect.gainIsEPerAdu === true || /e-? ?\/ ?adu|electrons? (per|\/)|e\/dn/i.test(header.card(card)?.comment ?? '');
  const gainSetting = lookup.find('gainSetting', (value, card) =>
    card === 'GAIN' && isElectrons(card) ? undefined : asNumber(value),
  );
  const capped = (confidence: Confidence): Confidence => dialect.eGainConfidence ?? confidence;
  const stated = lookup.find('gainEPerAdu', asPositiveMean);
  if (stated) {
    const confidence = stated.card === 'configuration' ? 'high' : capped(stated.confidence);
    const gainBeforeShift = dialect.eGainBeforeShift === true && stated.card === 'EGAIN';
    return { gainSetting, offsetSetting, gainEPerAdu: { ...stated, confidence }, gainBeforeShift };
  }
  const gain = header.value('GAIN');
  const electrons = gain !== undefined && isElectrons('GAIN') ? asPositiveMean(gain) : undefined;
  const gainEPerAdu =
    electrons === undefined ? undefined : ({ value: electrons, card: 'GAIN', confidence: 'high' } as const);
  return { gainSetting, offsetSetting, gainEPerAdu, gainBeforeShift: false };
}

function resolveBinning(lookup: Lookup): FrameFacts['binning'] {
  const x = lookup.find('binningX', asPositive);
  const y = lookup.find('binningY', asPositive);
  if (x) return { ...x, value: { x: x.value, y: y?.value ?? x.value } };
  return lookup.find('binning', asBinning);
}

function resolvePixelSize(lookup: Lookup, binning: number): Fact<number> | undefined {
  const size = lookup.find('pixelSizeUm', asPositive);
  if (size) return lookup.dialect.pixelSizeUnbinned ? { ...size, value: size.value * binning } : size;
  const unbinned = lookup.find('unbinnedPixelSizeUm', asPositive);
  return unbinned ? { ...unbinned, value: unbinned.value * binning } : undefined;
}

function resolveTemperature(lookup: Lookup, quantity: 'sensorTemperatureC' | 'setTemperatureC') {
  return lookup.find(quantity, (value, card) => {
    const number = asNumber(value);
    if (number === undefined) return undefined;
    const kelvin =
      lookup.dialect.kelvin === true || /kelvin|\[K\]/i.test(lookup.header.card(card)?.comment ?? '') || number > 150;
    const celsius = kelvin && card !== 'configuration' ? number - 273.15 : number;
    return celsius > -200 && celsius < 100 ? celsius : undefined;
  });
}

function resolvePosition(
  lookup: Lookup,
  midUtc: Mjd | undefined,
  warnings: string[],
): Pick<FrameFacts, 'raDeg' | 'decDeg' | 'coordinatesOfDate'> {
  const raDeg = lookup.find('raDeg', asRaDeg) ?? lookup.find('raHours', asHours);
  const decDeg = lookup.find('decDeg', asDecDeg);
  const equinox = lookup.header.number('EQUINOX') ?? 2000;
  // Whoever writes it: an equinox in the year of the exposure is that of date.
  const isOfItsYear = midUtc !== undefined && Math.abs(2000 + (mjdNumber(midUtc) - 51544.5) / 365.25 - equinox) < 1.5;
  const coordinatesOfDate = equinox !== 2000 && (lookup.dialect.coordinatesOfDate === true || isOfItsYear);
  if (!raDeg || !decDeg) return { raDeg: undefined, decDeg: undefined, coordinatesOfDate };
  if (raDeg.value === 0 && decDeg.value === 0) {
    warnings.push(`${raDeg.card} and ${decDeg.card} are zero: no position was set`);
    return { raDeg: undefined, decDeg: undefined, coordinatesOfDate };
  }
  const confidence = (fact: Fact<number>): Confidence =>
    fact.card !== 'configuration' && (lookup.dialect.coordinatesCommanded || coordinatesOfDate)
      ? 'low'
      : fact.confidence;
  const j2000 =
    coordinatesOfDate && midUtc
      ? j2000OfDate({ raDeg: raDeg.value, decDeg: decDeg.value }, unixMsOfMjd(midUtc))
      : { raDeg: raDeg.value, decDeg: decDeg.value };
  return {
    raDeg: { ...raDeg, value: j2000.raDeg, confidence: confidence(raDeg) },
    decDeg: { ...decDeg, value: j2000.decDeg, confidence: confidence(decDeg) },
    coordinatesOfDate,
  };
}

function resolveSite(lookup: Lookup): Pick<FrameFacts, 'siteLatDeg' | 'siteLonDeg' | 'siteHeightM'> {
  const siteLatDeg = lookup.find('siteLatDeg', asDecDeg);
  const siteLonDeg = lookup.find('siteLonDeg', (value, card) => {
    const angle = asAngle(value);
    if (angle === undefined || Math.abs(angle) > 360) return undefined;
    const comment = lookup.header.card(card)?.comment ?? '';
    const west =
      card !== 'configuration' &&
      (lookup.dialect.westPositive === true || /west(ward)? ?(positive|is \+)|\+ ?W\b/i.test(comment));
    const east = west ? -angle : angle;
    return east - 360 * Math.ceil((east - 180) / 360);
  });
  if (siteLatDeg?.value === 0 && siteLonDeg?.value === 0) {
    return { siteLatDeg: undefined, siteLonDeg: undefined, siteHeightM: undefined };
  }
  const siteHeightM = lookup.find('siteHeightM', (value) => {
    const height = asNumber(value);
    return height !== undefined && height > -500 && height < 9000 ? height : undefined;
  });
  return { siteLatDeg, siteLonDeg, siteHeightM };
}
