import type { FilterTable } from '../../pipeline/standardisation/bands.ts';
import type { FrameRecord } from '../../protocol/frame-record.ts';
import { type RecordedPoint, timeVerdictOf } from './point.ts';

/** What a record does not say of its own place. */
export interface RecordPlace {
  readonly site: string;
  readonly instrument: string;
  readonly observer: string | undefined;
}

/** What a record tells of each of its targets, plane by plane. */
export function recordedPoints(record: FrameRecord, { bands }: FilterTable, place: RecordPlace): RecordedPoint[] {
  return record.targets.flatMap((target) => {
    if (target.raDeg === null || target.decDeg === null) return [];
    const plane = record.planes.find((one) => one.plane === target.plane);
    return [
      {
        ...{ target: target.name, raDeg: target.raDeg, decDeg: target.decDeg, plane: target.plane },
        ...{ mjdMid: record.mjdMid, exposureS: record.exposureS, timeReasons: record.timeReasons },
        timeVerdict: timeVerdictOf(record.timeVerdict),
        ...{ mag: target.mag ?? null, magErr: target.magErr ?? null, limit: target.limit ?? null },
        band: bands.find(({ name }) => name === plane?.band),
        filter: record.filter ?? '',
        airmass: record.airmass ?? undefined,
        ...{ exposureId: record.exposureId, software: record.software },
        ...place,
      },
    ];
  });
}
