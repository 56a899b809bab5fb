import type { Taking } from '../centres/contract.ts';
import type { NewParcel, NewProduct } from '../store/outbox.ts';
import { parcelFor } from './pack.ts';

/** A product with what decides who is to have it. */
export interface MeasuredProduct extends NewProduct {
  /** Of a target: whether it was seen. */
  readonly isDetected: boolean;
  /** Of a target: whether somebody asked for this very frame. */
  readonly isRequested: boolean;
}

const secondsPerDay = 86_400;

/** What destinations have already. */
export interface TakenParcels {
  /** Whether a revision of this key was sent, or may have arrived. */
  isSent(key: string): boolean;
  /** Whether the destination has the target within so many days of a moment (MJD), by another exposure. */
  isTakenNear(parcel: NewParcel, mjdMid: number, withinDays: number): boolean;
}

/**
 * The parcels of one reduction. A centre that takes targets knows no revisions: what it has of a frame stays, and a
 * newer one would stand beside it as a second point.
 */
export function selectParcels(
  products: readonly MeasuredProduct[],
  takings: readonly Taking[],
  taken: TakenParcels,
): NewParcel[] {
  return takings.flatMap((taking) => {
    const { destination } = taking;
    if (taking.takes === 'everything') return products.map((product) => parcelFor(destination, product));
    return products.flatMap(({ subject, target, plane, isDetected, isRequested, mjdMid }) => {
      const frame = products.find((one) => one.subject === 'frame' && one.plane === plane);
      if (subject !== 'target' || target === null || mjdMid === null || !frame || !(isDetected || isRequested))
        return [];
      const parcel = parcelFor(destination, frame, target);
      if (taken.isSent(parcel.key)) return [];
      // What somebody asked for is never left out.
      const isEvery = isRequested || taking.everyS === 0;
      return isEvery || !taken.isTakenNear(parcel, mjdMid, taking.everyS / secondsPerDay) ? [parcel] : [];
    });
  });
}
