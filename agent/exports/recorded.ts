import type { FilterTable } from '../../pipeline/standardisation/bands.ts';
import type { FrameRecord } from '../../protocol/frame-record.ts';
import type { MeasuredPlace } from './measured-place.ts';
import { type RecordedPoint, timeVerdictOf } from './point.ts';

/** What a record does not say of its own place. */
export interface RecordPlace {
  readonly site: string;
  readonly instrument: string;
  readonly observer: string | undefined;
}

/** Where a target was found on one plane of its frame. */
export type FindPlace = (target: FrameRecord['targets'][number]) => MeasuredPlace | undefined;

/** What a record tells of each of its targets, plane by plane; `findPlace` looks for the places of those that move. */
export function recordedPoints(
  record: FrameRecord,
  { bands }: FilterTable,
  place: RecordPlace,
  findPlace: FindPlace = () => undefined,
): RecordedPoint[] {
  return record.targets.flatMap((target) => {
    if (target.raDeg === null || target.decDeg === null) return [];
    const plane = record.planes.find((one) => one.plane === target.plane);
    return [
      {
        ...{ target: target.name, raDeg: target.raDeg, decDeg: target.decDeg, plane: target.plane },
        ...{ mjdMid: record.mjdMid, exposureS: record.exposureS, timeReasons: record.timeReasons },
        timeVerdict: timeVerdictOf(record.timeVerdict),
        ...{ mag: target.mag ?? null, magErr: target.magErr ?? null, limit: target.limit ?? null },
        measured: findPlace(target),
        band: bands.find(({ name }) => name === plane?.band),
        filter: record.filter ?? '',
        airmass: record.airmass ?? undefined,
        ...{ exposureId: record.exposureId, software: record.software },
        ...place,
      },
    ];
  });
}
