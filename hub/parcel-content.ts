import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { maxParcelBytes, photometryParcel } from '../protocol/photometry.ts';
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

/** Inflates, parses and checks a parcel as it came. Takes seconds for the largest. Throws Refusal. */
export function readParcel(sent: Uint8Array, gzipped: boolean): ParcelContent {
  const json = gzipped ? inflated(sent) : Buffer.from(sent);
  const { site, instrument, subject, frame } = parseJson(photometryParcel, json);
  return {
    index: { site, instrument, subject, exposureId: frame.exposureId, fileHash: frame.fileHash },
    file: frame.file,
    checksum: createHash('sha256').update(json).digest('hex'),
    body: gzipSync(json),
  };
}

function inflated(sent: Uint8Array): Buffer {
  try {
    return gunzipSync(sent, { maxOutputLength: maxParcelBytes.inflated });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Refusal('TOO_LARGE', `The body is larger than ${maxParcelBytes.inflated} bytes when it is inflated.`);
    }
    throw new Refusal('INVALID', 'The body says that it is gzip, but cannot be inflated.');
  }
}
