import { z } from 'zod';
import { type ReadJson, readJson } from '../base/read-json.ts';
import { openWord } from './growth.ts';

/**
 * The record of one reduced frame: what `reduce --json` prints, what the database keeps and what every catalogue carries as
 * metadata. It grows as the protocol does (docs/protocol.md): keys are added, never taken away or given another meaning.
 */

/** The version that is written; raised only for what an older reader would get wrong. */
export const frameRecordVersion = 1;

/** Null where it is not known; absent where the version that wrote the record did not tell. */
const number = z.number().nullable().default(null);
/** Where its absence says that there is none, as of a magnitude that is not detected. */
const numberIfAny = z.number().nullable().optional();
const text = z.string().nullable().default(null);
const texts = z.array(z.string()).default([]);
const count = z.number().int();

/** A word of a list that may grow: readers keep those that they do not know. */
function word<const Word extends string>(known: readonly Word[], what: string) {
  return openWord(known).describe(`${what}: ${known.join(', ')}, or a word added later`);
}

const outcomes = [
  'measured',
  'no pixels',
  'no stars',
  'all saturated',
  'defocused',
  'trailed',
  'not star-like',
] as const;

const counterpart = z.object({
  kind: word(
    ['new source', 'known star', 'known variable', 'known transient', 'nothing', 'unclear'],
    'what stands at the position',
  ),
  words: z.string().describe('the same in plain words'),
  significance: number.describe('forced flux over its error'),
  limit: number.describe('standard magnitude of S/N 5 at the place'),
  catalogueDepth: number.describe('faintest magnitude that the catalogue holds about here, in the band of the frame'),
  star: z
    .object({
      separationArcsec: number.describe(
        'distance of the light from the catalogued place at the epoch of the frame, arcsec',
      ),
      separationSigma: number.describe('the same over the error of both places'),
      mag: number.describe('catalogued magnitude in the band of the frame'),
      magErr: number.describe('its error, magnitudes'),
      isVariable: z.boolean().default(false).describe('whether the catalogue calls it variable'),
      magDifference: number.describe('measured minus catalogued magnitude'),
      differenceSigma: number.describe('the same over the error of both'),
      chance: number.describe('probability that some star as bright or brighter lies so close by chance'),
    })
    .nullable()
    .default(null)
    .describe('the nearest star of the catalogue'),
  archive: z
    .object({
      nPoints: count.describe('points that the archive holds of the target'),
      nDetections: count.describe('those of them that are detections'),
      varied: z.boolean().describe('whether it varied by more than its errors'),
      inBand: z
        .object({
          band: z.string().describe('short name of the band'),
          nDetections: count.describe('detections in it'),
          medianMag: number.describe('their median magnitude'),
          rangeMag: number.describe('range that holds nine tenths of them, magnitudes'),
        })
        .nullable()
        .default(null)
        .describe('detections in the band of the frame'),
      last: z
        .object({
          mag: number.describe('its magnitude'),
          magErr: number.describe('its error, magnitudes'),
          daysAgo: number.describe('days before this frame'),
        })
        .nullable()
        .default(null)
        .describe('the last detection in that band before this frame'),
      magDifference: number.describe('measured minus last magnitude'),
      differenceSigma: number.describe('the same over the error of both'),
    })
    .nullable()
    .default(null)
    .describe('what the archive of a centre knows of the target'),
});

const target = z.object({
  name: z.string().describe('name of the target at its centre or in the configuration'),
  plane: z.string().default('mono').describe('plane that it was measured on: `mono`, or `R`, `G1`, `G2`, `B`'),
  raDeg: number.describe('right ascension of the target, ICRS, degrees'),
  decDeg: number.describe('declination of the target, ICRS, degrees'),
  x: number.describe('FITS pixel of the whole image, the centre of the first being 1'),
  y: number.describe('FITS pixel of the whole image, the centre of the first being 1'),
  bjdTdb: number.describe('mid-exposure at the barycentre of the solar system, Julian date, TDB'),
  flux: number.describe('forced PSF flux, electrons, signed'),
  fluxErr: number.describe('its error, electrons'),
  mag: numberIfAny.describe('standard magnitude by the constant zero point, where detected'),
  magErr: numberIfAny.describe('its error, that of the zero point included, magnitudes'),
  magBest: numberIfAny.describe('standard magnitude with the terms of colour and place, where there are any'),
  magBestErr: numberIfAny.describe('its error, magnitudes'),
  limit: numberIfAny.describe('standard magnitude of S/N 5 at this place, where not detected'),
  fracFlux: numberIfAny.describe('share of the light under its profile that is its own, 0 to 1'),
  host: z
    .object({
      where: word(['under', 'near'], 'where it is, seen from the target'),
      separationArcsec: number.describe('distance of its middle, arcsec'),
    })
    .optional()
    .describe('a source broader than the PSF: a host galaxy, it may be'),
  remarks: z.array(z.string()).optional().describe('what spoils the place, in plain words'),
  flags: z.number().int().default(0).describe('bits of `pipeline/flags.ts`'),
  verdict: word(
    ['detected', 'limit', 'outside the frame', 'on unusable pixels', 'not located', 'not measured'],
    'detected: above 3 sigma; limit: below; else why there is no number',
  ),
  reason: z.string().optional().describe('the same in plain words, where there is no number'),
  counterpart: counterpart.optional().describe('what stands there, with the numbers that led to it'),
});

const bandFit = z.object({
  band: z.string().describe('short name of the band'),
  catalogue: z.string().describe('name of the band at BHTOM'),
  system: word(['AB', 'Vega', 'unstated'], 'system of its magnitudes'),
  model: word(
    ['constant', 'colour', 'plane', 'colour+plane', 'quadratic', 'colour+quadratic'],
    'what was fitted beside the zero point',
  ),
  zeroPoint: number.describe('standard minus instrumental magnitude'),
  zeroPointErr: number.describe('its error, magnitudes'),
  scatter: number.describe('weighted rms of the stars about the fit, magnitudes'),
  intrinsicScatter: number.describe('what of it the errors do not explain, magnitudes'),
  outlierFraction: number.describe('share of the stars that do not follow the fit, 0 to 1'),
  nUsed: count.describe('stars that were fitted'),
  nDerived: count.optional().describe('those whose magnitude in this band follows from a colour relation'),
  colourTerm: z
    .object({
      colour: z.string().describe('the colour, as `BP-RP`'),
      value: number.describe('magnitudes per magnitude of the colour'),
      error: number.describe('its error'),
      pivot: number.describe('colour at which the zero point holds, magnitudes'),
    })
    .optional()
    .describe('dependence on colour'),
  spatial: z.array(number).optional().describe('coefficients of u, v[, u^2 - 1/3, uv, v^2 - 1/3], magnitudes'),
});

const verdict = z.object({
  band: z.string().describe('the band that the filter is nearest to'),
  ambiguousWith: texts.describe('bands that fit nearly as well, nearest first'),
  fromStars: z
    .object({ band: z.string().describe('the band'), ambiguousWith: texts.describe('bands that fit nearly as well') })
    .optional()
    .describe('what the stars alone say, before header and history'),
  margin: number.describe('-2 ln of the odds of the second best band against the best'),
});

const standard = z.object({
  outcome: word(
    ['standardised', 'no reference stars', 'not matched', 'too few stars', 'not located', 'not measured'],
    'whether there is a zero point, or why none',
  ),
  reason: z.string().optional().describe('the same in plain words, where there is none'),
  verdict: verdict.optional().describe('which band the filter is'),
  nMatched: count.optional().describe('stars matched with the reference'),
  offsetArcsec: z
    .array(number)
    .optional()
    .describe('offset of the reference from the solution, east and north, arcsec'),
  bands: z.array(bandFit).optional().describe('zero points in all bands of the reference, constant only'),
  best: bandFit.optional().describe('the fit that foretells stars best, in the band of the verdict'),
  place: z
    .object({
      centreRaDeg: number.describe('centre of the tangent plane, ICRS, degrees'),
      centreDecDeg: number.describe('centre of the tangent plane, ICRS, degrees'),
      halfSideArcsec: number.describe('u = east / this, v = north / this; arcsec'),
    })
    .optional()
    .describe('how u and v of `spatial` follow from a position'),
});

const plane = z.object({
  plane: z.string().describe('`mono`, or `R`, `G1`, `G2`, `B` of a colour camera'),
  outcome: word(outcomes, 'how the measurement ended'),
  reason: text.describe('why it was not measured, in plain words'),
  nSources: count.describe('sources measured'),
  fwhmPx: number.describe('FWHM of the PSF in the middle, pixels of the whole image'),
  skyE: number.describe('light of the sky, electrons a pixel of the plane'),
  skyRmsE: number.describe('its noise, electrons'),
  limitFluxE: number.describe('flux of forced S/N 5, electrons'),
  psf: z
    .object({
      model: word(['moffat', 'moffat+table'], '`moffat+table` where an empirical table was needed as well'),
      nStars: count.describe('stars that it was made from'),
      degree: count.describe('degree of its variation over the plane'),
      fwhmPx: number.describe('FWHM in the middle, pixels of the plane'),
      fwhmRangePx: z.array(number).describe('least and greatest FWHM over the plane, pixels of the plane'),
      ellipticity: number.describe('1 - b/a'),
      paDeg: number.describe('direction of the major axis, degrees from +x towards +y'),
      beta: number.describe('exponent of the Moffat profile'),
      modelError: number.describe('relative rms error over the cores of its stars, beyond noise'),
    })
    .nullable()
    .default(null)
    .describe('the point spread function'),
  zeroPoint: number.describe('standard minus instrumental magnitude, constant only'),
  zeroPointErr: number.describe('its error, magnitudes'),
  band: text.describe('short name of the band that the filter is nearest to, told from the stars'),
  limitingMag: number.describe('standard magnitude of forced S/N 5'),
  standard: standard.optional().describe('all that was learnt of the zero points'),
  transparency: z
    .object({
      share: number.describe('light that arrived, as a share of the usual, 0 to 1 and a little more'),
      usualZeroPoint: number.describe('zero point that the setup has at this airmass, magnitudes'),
      scatterMag: number.describe('its scatter from frame to frame, magnitudes'),
      lossSigma: number.describe('the loss over that scatter'),
      nEarlier: count.describe('earlier frames that tell'),
      nNights: count.describe('nights that they are of'),
    })
    .nullable()
    .default(null)
    .describe('how much of the usual starlight arrived'),
  warnings: texts.describe('what to know of the plane, in plain words'),
});

export const frameRecord = z.object({
  schema: z
    .number()
    .int()
    .max(frameRecordVersion, 'a newer version of the program wrote it, in a way that this one cannot read')
    .default(1)
    .describe('version of this record; raised only for what an older reader would get wrong'),
  file: z.string().describe('the file that was measured'),
  exposureId: z.string().describe('SHA-256 of pixels and time: the same for all copies of an exposure'),
  fileHash: z.string().default('').describe('SHA-256 of the bytes of the file'),
  state: word(['reduced', 'stacked'], 'what was done').default('reduced'),
  outcome: word(outcomes, 'how the best plane ended'),
  reason: z.string().optional().describe('why it was not measured, in plain words'),
  width: count.describe('width of the whole image, pixels'),
  height: count.describe('height of the whole image, pixels'),
  catalogues: texts.describe('the files of sources that were written, one a plane'),
  kind: word(['light', 'bias', 'dark', 'flat', 'flat-dark'], 'kind of the frame').default('light'),
  object: text.describe('object, as the header has it'),
  filter: text.describe('filter, as the header has it'),
  camera: text.describe('camera, as the header has it'),
  telescope: text.describe('telescope, as the header has it'),
  mjdMid: number.describe('mid-exposure, UTC, modified Julian date'),
  timeVerdict: word(['good', 'doubtful', 'unusable'], 'how far the time can be trusted').default('doubtful'),
  timeReasons: texts.describe('why not further'),
  altitudeDeg: number.describe('true altitude of the middle of the image at mid-exposure, degrees'),
  airmass: number.describe('airmass of the middle of the image at mid-exposure'),
  airmassPerHour: number.describe('its change, per hour'),
  sunAltitudeDeg: number.describe('true altitude of the Sun, degrees'),
  moon: z
    .object({
      altitudeDeg: number.describe('true altitude, degrees'),
      litFraction: number.describe('share of the disc that is lit, 0 to 1'),
      distanceDeg: number.describe('distance from the middle of the image, degrees'),
    })
    .nullable()
    .default(null)
    .describe('the Moon at mid-exposure'),
  exposureS: number.describe('exposure time, seconds'),
  nSources: count.describe('sources measured on the best plane'),
  fwhmPx: number.describe('FWHM of its PSF in the middle, pixels of the whole image'),
  skyE: number.describe('light of the sky, electrons a pixel'),
  gainEPerAdu: number.describe('gain that was used, electrons per ADU'),
  gainFrom: text.describe('where the gain comes from'),
  readNoiseE: number.describe('read noise that was used, electrons'),
  saturationAdu: number.describe('raw level of saturation, ADU'),
  linearity: z
    .object({
      from: z.string().describe('where the curve comes from'),
      limitAdu: number.describe('level up to which it holds, above the pedestal, ADU'),
      nBeyond: count.describe('pixels above it'),
    })
    .nullable()
    .default(null)
    .describe('the correction of the response, where there was one'),
  limitFluxE: number.describe('flux of forced S/N 5, electrons'),
  zeroPoint: number.describe('standard minus instrumental magnitude, constant only'),
  zeroPointErr: number.describe('its error, magnitudes'),
  band: text.describe('short name of the band that the filter is nearest to, told from the stars'),
  limitingMag: number.describe('standard magnitude of forced S/N 5'),
  wcs: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .optional()
    .describe('the solution as FITS keywords, degrees and 1-based pixels of the whole image'),
  scaleArcsecPerPx: numberIfAny.describe('scale, arcsec a pixel'),
  located: z
    .object({
      from: openWord(['solver', 'header'])
        .nullable()
        .describe('whose solution it is: solver, header, or a word added later'),
      confirmed: z.boolean().default(false).describe('whether stars bear it out'),
      rmsArcsec: number.describe('rms of the matched stars about it, arcsec'),
      nMatched: number.describe('stars matched'),
      reason: z.string().optional().describe('why there is none, or why it is not confirmed'),
    })
    .describe('where the frame looks'),
  targets: z.array(target).default([]).describe('what was found at each target, on each plane'),
  planes: z.array(plane).min(1).describe('what was measured on each plane'),
  masters: z
    .object({
      bias: text.describe('hash of the master bias'),
      dark: text.describe('hash of the master dark'),
      flat: text.describe('hash of the master flat'),
    })
    .describe('calibration frames that were used; null for none'),
  reference: z
    .object({
      id: z.string().describe('hash of the stars'),
      origin: z.string().describe('where they come from'),
      complete: z.boolean().describe('whether they cover the whole frame'),
    })
    .nullable()
    .default(null)
    .describe('the reference stars that were at hand'),
  requestId: text.describe('the request that the frame was taken for'),
  visitId: text.describe('the visit that took it'),
  software: z.string().default('').describe('program and version'),
  configHash: z.string().default('').describe('SHA-256 of the configuration that changes results'),
  timings: z.record(z.string(), z.number()).default({}).describe('time that each step took, milliseconds'),
  warnings: texts.describe('what to know of the frame, in plain words'),
});

/** A record as it is read: what was not told is null, words may be unknown ones. */
export type FrameRecord = Frozen<z.output<typeof frameRecord>>;

type Frozen<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : { readonly [Key in keyof Value]: Frozen<Value[Key]> };

/** Reads a record from its JSON; never throws. */
export function readFrameRecord(json: string): ReadJson<FrameRecord> {
  return readJson(frameRecord, json);
}
