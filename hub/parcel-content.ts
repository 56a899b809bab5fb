import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { maxParcelBytes, photometryParcel } from '../protocol/photometry.ts';
import { type BatchName, batchName, mostBatchParcels } from '../protocol/photometry-batch.ts';
import type { HubErrorCode } from '../protocol/rest.ts';
import { parseJson, Refusal } from './http.ts';
import type { ParcelIndex } from './ports.ts';

export interface ParcelContent {
  readonly index: ParcelIndex;
  readonly file: string;
  /** SHA-256 of the JSON. */
  readonly checksum: string;
  /** Gzip-compressed JSON. */
  readonly body: Uint8Array;
}

/** One of the parcels of a batch: read, or refused by itself. */
export type BatchItem =
  | (BatchName & { readonly content: ParcelContent })
  | { readonly refusal: { readonly code: HubErrorCode; readonly reason: string } };

/** Inflates, parses and checks a parcel as it came. Takes seconds for the largest. Throws Refusal. */
export function readParcel(sent: Uint8Array, gzipped: boolean): ParcelContent {
  return contentOf(inflated(sent, gzipped));
}

/** Inflates, parses and checks a batch of parcels. Throws Refusal for what is no batch. */
export function readBatch(sent: Uint8Array, gzipped: boolean): BatchItem[] {
  const lines = linesOf(inflated(sent, gzipped));
  if (lines.length === 0 || lines.length % 2 !== 0) {
    throw new Refusal('INVALID', 'A batch is two lines for each parcel: {"key", "revision"}, and the parcel.');
  }
  if (lines.length / 2 > mostBatchParcels) {
    throw new Refusal('TOO_LARGE', `A batch holds ${mostBatchParcels} parcels at most, not ${lines.length / 2}.`);
  }
  return Array.from({ length: lines.length / 2 }, (_, i) => {
    try {
      return { ...parseJson(batchName, lines[2 * i]!), content: contentOf(lines[2 * i + 1]!) };
    } catch (error) {
      if (error instanceof Refusal) return { refusal: { code: error.code, reason: error.message } };
      throw error;
    }
  });
}

function contentOf(json: Buffer): ParcelContent {
  const { site, instrument, subject, frame } = parseJson(photometryParcel, json);
  return {
    index: { site, instrument, subject, exposureId: frame.exposureId, fileHash: frame.fileHash },
    file: frame.file,
    checksum: createHash('sha256').update(json).digest('hex'),
    body: gzipSync(json),
  };
}

/** The lines of a text that are not empty. */
function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf(0x0a, start);
    const end = found === -1 ? text.length : found;
    if (end > start) lines.push(text.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function inflated(sent: Uint8Array, gzipped: boolean): Buffer {
  if (!gzipped) return Buffer.from(sent);
  try {
    return gunzipSync(sent, { maxOutputLength: maxParcelBytes.inflated });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Refusal('TOO_LARGE', `The body is larger than ${maxParcelBytes.inflated} bytes when it is inflated.`);
    }
    throw new Refusal('INVALID', 'The body says that it is gzip, but cannot be inflated.');
  }
}
