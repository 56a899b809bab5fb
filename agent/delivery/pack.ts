import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type PhotometryParcel, parcelKey } from '../../protocol/photometry.ts';
import type { NewParcel } from '../store/outbox.ts';

const compress = promisify(gzip);

/**
 * Makes a parcel ready for the outbox: its key, its bytes and their checksum. `reductionId` is the parcel's revision.
 * The parcel of a target holds that one target. Compression runs beside the event loop, so call this before the
 * transaction that enqueues.
 */
export async function packParcel(
  destination: string,
  reductionId: string,
  content: PhotometryParcel,
): Promise<NewParcel> {
  const json = Buffer.from(JSON.stringify(content));
  const { exposureId, plane } = content.frame;
  const target = content.subject === 'target' ? content.targets[0]!.name : null;
  return {
    key: parcelKey(destination, exposureId, plane, target),
    revision: reductionId,
    destination,
    exposureId,
    reductionId,
    subject: content.subject,
    body: await compress(json),
    checksum: createHash('sha256').update(json).digest('hex'),
  };
}
