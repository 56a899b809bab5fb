import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { EdgeError, Parked, RetryLater } from '../../base/errors.ts';
import { type PhotometryParcel, photometryParcel } from '../../protocol/photometry.ts';
import type { Parcel } from '../store/outbox.ts';
import type { DeliveryOutcome } from './contract.ts';

const inflate = promisify(gunzip);

/**
 * What was measured, out of the parcel that carries it.
 * @throws Parked
 */
export async function productOf({ body }: Pick<Parcel, 'body'>): Promise<PhotometryParcel> {
  const product = photometryParcel.safeParse(JSON.parse((await inflate(body)).toString('utf8')));
  if (!product.success) throw new Parked('PRODUCT', 'What was measured cannot be read any more: measure it again.');
  return product.data as PhotometryParcel;
}

/**
 * What a try came to that ended with an error before anything was sent.
 * @throws whatever is no EdgeError, and faults of the program
 */
export function outcomeOf(error: unknown, nowMs: number): DeliveryOutcome {
  if (!(error instanceof EdgeError)) throw error;
  const { message: reason } = error;
  if (error.reaction === 'park') return { kind: 'rejected', reason };
  if (error.reaction === 'tell-operator') return { kind: 'tell-operator', reason };
  if (!(error instanceof RetryLater)) throw error;
  const { notBeforeMs } = error;
  const waitMs = notBeforeMs === undefined ? undefined : Math.max(0, notBeforeMs - nowMs);
  return { kind: 'retry-later', scope: 'destination', reason, ...(waitMs !== undefined && { waitMs }) };
}
