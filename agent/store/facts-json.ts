import { z } from 'zod';
import { readJson } from '../../base/read-json.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';

/** The facts of a frame, as the ledger keeps them and as they are checked when read back. Keys of a later program are ignored. */

const fact = <Value extends z.ZodType>(value: Value) =>
  z.object({ value, card: z.string(), confidence: z.enum(['high', 'medium', 'low']) }).optional();
const number = fact(z.number());
const text = fact(z.string());
const moment = fact(z.object({ day: z.number(), fraction: z.number() }));
const section = fact(z.object({ x0: z.number(), x1: z.number(), y0: z.number(), y1: z.number() }));

const frameFacts = z.object({
  dialect: z.string(),
  kind: fact(z.enum(['bias', 'dark', 'flat', 'flat-dark', 'light'])).unwrap(),
  ...{ isMaster: z.boolean(), gainBeforeShift: z.boolean(), coordinatesOfDate: z.boolean() },
  ...{ software: text, object: text, filter: text, camera: text, telescope: text, readoutMode: text },
  ...{ requestId: text, visitId: text },
  ...{ exposureS: number, gainSetting: number, offsetSetting: number, gainEPerAdu: number, readNoiseE: number },
  ...{ saturationAdu: number, pixelSizeUm: number, sensorTemperatureC: number, setTemperatureC: number },
  ...{ raDeg: number, decDeg: number, siteLatDeg: number, siteLonDeg: number, siteHeightM: number },
  ...{ focalLengthMm: number, apertureMm: number, scaleArcsecPerPx: number, airmass: number, altitudeDeg: number },
  ...{ rotatorDeg: number, pedestalAdu: number },
  ...{ startUtc: moment, midUtc: moment, dataSection: section, biasSection: section, trimSection: section },
  time: z.object({ verdict: z.enum(['good', 'doubtful', 'unusable']), reasons: z.array(z.string()) }),
  binning: fact(z.object({ x: z.number(), y: z.number() })),
  bayer: fact(
    z.object({
      pattern: z.enum(['RGGB', 'BGGR', 'GRBG', 'GBRG']),
      headerPattern: z.string(),
      rowOrder: z.enum(['TOP-DOWN', 'BOTTOM-UP', 'unknown']),
    }),
  ),
  otherPositions: z.array(z.object({ raDeg: z.number(), decDeg: z.number(), cards: z.string() })).default([]),
  size: z.object({ width: z.number(), height: z.number() }).optional(),
  subframe: z.object({ x: z.number(), y: z.number() }).optional(),
  calibrated: z.object({ bias: z.boolean(), dark: z.boolean(), flat: z.boolean() }),
  refusals: z.array(
    z.object({ code: z.enum(['live-stack', 'debayered', 'cube', 'stretched', 'processed']), reason: z.string() }),
  ),
  warnings: z.array(z.string()),
});

/** A key that is absent in JSON was undefined. */
type Stored = Required<{ [Key in keyof FrameFacts]: FrameFacts[Key] }>;
const asFacts: z.ZodType<FrameFacts> = frameFacts.transform((stored) => stored as Stored);

/** The facts that stand in a row; null where there are none, or where they are of a program that this one cannot read. */
export function factsOfJson(json: string | null): FrameFacts | null {
  return json === null ? null : (readJson(asFacts, json).value ?? null);
}
