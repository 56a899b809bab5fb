import { createHash } from 'node:crypto';
import { z } from 'zod';
import { openWord } from './growth.ts';
import { utc } from './request.ts';

/** What a site says of one frame, one plane of it, or one target in it: a few kilobytes, traceable to the raw file. */

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal');
const finiteOrNull = z.number().nullable();

export const parcelFrame = z
  .object({
    file: z.string(),
    exposureId: hash,
    fileHash: hash,
    plane: z.string(),
    object: z.string().nullable(),
    filter: z.string().nullable(),
    mjdMid: finiteOrNull.describe('mid-exposure, UTC, modified Julian date'),
    timeVerdict: openWord(['good', 'doubtful', 'unusable']),
    timeReasons: z.array(z.string()).optional().describe('why the time is not good'),
    airmass: finiteOrNull.optional(),
    exposureS: finiteOrNull,
    width: z.number().int(),
    height: z.number().int(),
    nSources: z.number().int(),
    fwhmPx: finiteOrNull,
    skyE: finiteOrNull,
    gainEPerAdu: finiteOrNull,
    readNoiseE: finiteOrNull,
    limitFluxE: finiteOrNull.describe('flux of forced S/N 5, electrons'),
    zeroPoint: finiteOrNull.optional().describe('standard minus instrumental magnitude, constant only'),
    zeroPointErr: finiteOrNull.optional(),
    band: z.string().nullable().optional().describe('the band that the filter is nearest to, told from the stars'),
    limitingMag: finiteOrNull.optional().describe('standard magnitude of forced S/N 5'),
    masters: z.array(z.string()).describe('hashes of the calibration frames used'),
    requestId: z.string().nullable(),
    visitId: z.string().nullable(),
    software: z.string(),
    configHash: z.string(),
    warnings: z.array(z.string()),
  })
  .loose();
export type ParcelFrame = z.infer<typeof parcelFrame>;

export const targetMeasurement = z
  .object({
    name: z.string(),
    raDeg: finiteOrNull,
    decDeg: finiteOrNull,
    x: finiteOrNull.describe('FITS pixel, 1-based, of the full mosaic'),
    y: finiteOrNull,
    bjdTdb: finiteOrNull,
    flux: finiteOrNull.describe('electrons, signed'),
    fluxErr: finiteOrNull,
    mag: finiteOrNull.optional(),
    magErr: finiteOrNull.optional(),
    limit: finiteOrNull.optional(),
    flags: z.number().int(),
    verdict: z.string(),
    counterpart: z
      .object({ kind: z.string(), words: z.string() })
      .loose()
      .optional()
      .describe('what stands there, by catalogue and archive, with the numbers that led to it'),
  })
  .loose();
export type TargetMeasurement = z.infer<typeof targetMeasurement>;

/** Columns of the source catalogue, each array of the same length. */
export const sourceColumns = z.record(z.string(), z.array(finiteOrNull));

export const photometryParcel = z
  .object({
    schema: z.literal(1).describe('the version of this schema; raised only for what an older reader would get wrong'),
    site: z.string().min(1),
    instrument: z.string().min(1),
    oname: z.string().nullable(),
    subject: openWord(['frame', 'target']),
    frame: parcelFrame,
    targets: z.array(targetMeasurement),
    sources: sourceColumns.optional(),
  })
  .loose();
/** A parcel as it is read: of a subject that this version may not know. */
export type ReadParcel = z.infer<typeof photometryParcel>;
/** A parcel as this version writes it. */
export type PhotometryParcel = ReadParcel & { readonly subject: 'frame' | 'target' };

/** What may stand in the address of a parcel. */
export const parcelName = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, 'letters, digits, ".", "_", "-"; at most 128');

/**
 * The key of a parcel: what it is about, the same for ever, however often the exposure is reduced again. A SHA-256 in
 * hexadecimal of the JSON array [destination, exposureId, plane, target name or null for the whole frame].
 */
export function parcelKey(destination: string, exposureId: string, plane: string, target: string | null): string {
  return createHash('sha256')
    .update(JSON.stringify([destination, exposureId, plane, target]))
    .digest('hex');
}

/** A parcel's limits at the hub: as it travels, and inflated. */
export const maxParcelBytes = { compressed: 16 * 2 ** 20, inflated: 64 * 2 ** 20 };

/** What the hub answers to a PUT of a parcel. */
export const parcelReceipt = z.object({
  outcome: openWord(['accepted', 'duplicate']),
  key: z.string(),
  revision: z.string(),
  checksum: hash.describe('SHA-256 of the JSON body as the hub stored it, before compression'),
  receivedAt: utc,
});
export type ParcelReceipt = z.infer<typeof parcelReceipt>;

/** One row of GET /v1/photometry; `since` there is a cursor or a time, and rows come in the order of their cursors. */
export const heldParcel = z.object({
  site: z.string(),
  instrument: z.string(),
  subject: openWord(['frame', 'target']),
  key: z.string(),
  revision: z.string(),
  exposureId: z.string(),
  fileHash: z.string(),
  checksum: hash,
  receivedAt: utc,
  cursor: z.number().int(),
});
export type HeldParcel = z.infer<typeof heldParcel>;
