import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type PhotometryParcel, parcelKey } from '../../protocol/photometry.ts';
import type { NewParcel, NewProduct } from '../store/outbox.ts';

const compress = promisify(gzip);

/**
 * Makes a product ready to be kept: its bytes and their checksum. That of a target holds that one target. Compression
 * runs beside the event loop, so call this before the transaction that stores it.
 */
export async function packProduct(reductionId: string, content: PhotometryParcel): Promise<NewProduct> {
  const json = Buffer.from(JSON.stringify(content));
  const { exposureId, plane, mjdMid } = content.frame;
  return {
    ...{ exposureId, reductionId, plane, mjdMid, subject: content.subject },
    target: content.subject === 'target' ? content.targets[0]!.name : null,
    body: await compress(json),
    checksum: createHash('sha256').update(json).digest('hex'),
  };
}

/** The parcel of a product to a destination, about one target or the whole frame. Its revision is the reduction. */
export function parcelFor(destination: string, product: NewProduct, target = product.target): NewParcel {
  const { exposureId, plane, reductionId } = product;
  return {
    product,
    destination,
    key: parcelKey(destination, exposureId, plane, target),
    revision: reductionId,
    target,
  };
}
