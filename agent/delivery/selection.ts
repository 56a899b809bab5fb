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

/**
 * The parcels of one reduction. `isTakenNear` tells whether a destination has a target within so many days of a moment
 * (MJD) already, by another exposure.
 */
export function selectParcels(
  products: readonly MeasuredProduct[],
  takings: readonly Taking[],
  isTakenNear: (parcel: NewParcel, mjdMid: number, withinDays: number) => boolean,
): NewParcel[] {
  return takings.flatMap((taking) => {
    const { destination } = taking;
    if (taking.takes === 'everything') return products.map((product) => parcelFor(destination, product));
    return products.flatMap(({ subject, target, plane, isDetected, isRequested, mjdMid }) => {
      const frame = products.find((one) => one.subject === 'frame' && one.plane === plane);
      if (subject !== 'target' || target === null || mjdMid === null || !frame || !(isDetected || isRequested))
        return [];
      const parcel = parcelFor(destination, frame, target);
      // What somebody asked for is never left out.
      const isEnough = !isRequested && taking.everyS > 0 && isTakenNear(parcel, mjdMid, taking.everyS / secondsPerDay);
      return isEnough ? [] : [parcel];
    });
  });
}
