import type { FilterTable } from '../../pipeline/standardisation/bands.ts';
import type { PhotometryParcel } from '../../protocol/photometry.ts';
import { type ExportPoint, exportPointOf, timeVerdictOf } from './point.ts';

/** The point of one target that a parcel carries, or why it may not leave the house. */
export function parcelPoint(product: PhotometryParcel, name: string, { bands }: FilterTable): ExportPoint | string {
  const { frame, site, instrument } = product;
  const target = product.targets.find((one) => one.name === name);
  if (!target) return `it holds no measurement of "${name}"`;
  if (target.raDeg === null || target.decDeg === null) return 'its place on the sky is not known';
  return exportPointOf({
    ...{ target: name, raDeg: target.raDeg, decDeg: target.decDeg, plane: frame.plane, site, instrument },
    ...{ mjdMid: frame.mjdMid, exposureS: frame.exposureS, timeReasons: frame.timeReasons ?? [] },
    timeVerdict: timeVerdictOf(frame.timeVerdict),
    ...{ mag: target.mag ?? null, magErr: target.magErr ?? null, limit: target.limit ?? null },
    band: bands.find((band) => band.name === frame.band),
    ...{ filter: frame.filter ?? '', airmass: frame.airmass ?? undefined, observer: undefined },
    ...{ exposureId: frame.exposureId, software: frame.software },
  });
}
