import { z } from 'zod';
import type { Quantity } from '../pipeline/header/dialect.ts';

/** The quantities that a header may tell, by the names a configuration uses; the compiler keeps the list complete. */
const quantities: Record<Quantity, true> = {
  software: true,
  kind: true,
  object: true,
  filter: true,
  exposureS: true,
  exposureMs: true,
  elapsedS: true,
  dateStart: true,
  timeStart: true,
  dateMid: true,
  timeMid: true,
  dateEnd: true,
  timeEnd: true,
  dateFile: true,
  dateLocal: true,
  timeLocal: true,
  mjdStart: true,
  jdStart: true,
  mjdMid: true,
  jdMid: true,
  mjdEnd: true,
  siderealTime: true,
  timeScale: true,
  gainSetting: true,
  offsetSetting: true,
  gainEPerAdu: true,
  readNoiseE: true,
  saturationAdu: true,
  binning: true,
  binningX: true,
  binningY: true,
  pixelSizeUm: true,
  unbinnedPixelSizeUm: true,
  sensorTemperatureC: true,
  setTemperatureC: true,
  camera: true,
  telescope: true,
  readoutMode: true,
  bayerPattern: true,
  bayerOffsetX: true,
  bayerOffsetY: true,
  rowOrder: true,
  raHours: true,
  raDeg: true,
  decDeg: true,
  siteLatDeg: true,
  siteLonDeg: true,
  siteHeightM: true,
  focalLengthMm: true,
  focalRatio: true,
  apertureMm: true,
  scaleArcsecPerPx: true,
  airmass: true,
  altitudeDeg: true,
  rotatorDeg: true,
  subframeX: true,
  subframeY: true,
  dataSection: true,
  biasSection: true,
  trimSection: true,
  calibrationStatus: true,
  stackCount: true,
  pedestalAdu: true,
  requestId: true,
  visitId: true,
};

const quantity = z.enum(Object.keys(quantities) as [Quantity, ...Quantity[]]);
const keyword = z
  .string()
  .regex(/^[A-Z0-9_-]{1,8}$/, 'a FITS keyword: up to 8 capital letters, digits, - and _')
  .describe('A FITS keyword.');
const confidence = z.enum(['high', 'medium', 'low']);
const keywordTable = z
  .partialRecord(quantity, z.array(z.union([keyword, z.strictObject({ keyword, confidence })])).min(1))
  .describe('Keywords by quantity, the most trusted first.');
const pattern = z.string().min(1).max(200).refine(isPattern, 'not a regular expression');
const cardTest = z.strictObject({ keyword, pattern: pattern.describe('A regular expression the value must match.') });

const dialectSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,40}$/),
    name: z.string().min(1).max(100).describe('The program that writes such headers.'),
    recognise: z.array(cardTest).min(1).describe('It is this dialect when one of these holds.'),
    keywords: keywordTable.optional(),
    ignore: z.array(z.strictObject({ quantity, keyword })).optional().describe('Keywords not to believe here.'),
    westPositive: z.boolean().optional().describe('Longitudes count west as positive.'),
    kelvin: z.boolean().optional().describe('Temperatures are in kelvin.'),
    gainIsEPerAdu: z.boolean().optional().describe('GAIN is electrons per ADU, not a setting.'),
    eGainConfidence: confidence.optional().describe('How far EGAIN can be trusted.'),
    eGainBeforeShift: z.boolean().optional().describe('EGAIN counts codes before they are shifted up to 16 bits.'),
    coordinatesOfDate: z.boolean().optional().describe('RA and Dec are of the date, not J2000.'),
    coordinatesCommanded: z.boolean().optional().describe('RA and Dec are where the telescope was sent.'),
    pixelSizeUnbinned: z.boolean().optional().describe('XPIXSZ is the size before binning.'),
    rowOrder: z.enum(['TOP-DOWN', 'BOTTOM-UP']).optional().describe('Which row is stored first, where no card tells.'),
    refuse: z.string().min(1).optional().describe('Everything this program writes is refused, with this reason.'),
    stackWhen: z.array(cardTest).optional().describe('Frames for which one of these holds are stacks.'),
    stackNames: pattern.optional().describe('Files whose name matches are stacks.'),
  })
  .describe('How one program writes headers.');

/** What a site may state against the headers of its frames. */
export const headerOverridesSchema = z
  .strictObject({
    values: z
      .partialRecord(quantity, z.union([z.string().min(1), z.number()]))
      .optional()
      .describe('Values that win over any header; angles in degrees, longitudes east positive.'),
    keywords: keywordTable.optional(),
    dialects: z.array(dialectSchema).optional().describe('Programs that this version does not know.'),
  })
  .describe('How to read the headers of this instrument, where they are not read rightly by themselves.');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'i') instanceof RegExp;
  } catch {
    return false;
  }
}
