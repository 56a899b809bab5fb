import { basename } from 'node:path';
import { bjdTdb, hjdUtc } from '../../pipeline/time/barycentre.ts';
import { jdMinusMjd, mjdNumber, normaliseMjd } from '../../pipeline/time/mjd.ts';
import { type FrameRecord, readFrameRecord } from '../../protocol/frame-record.ts';
import type { Site } from '../../sky/site.ts';
import type { Store } from '../store/open.ts';

/** One measurement of a target with what people look at beside it; NaN where a number is not known. */
export interface CurvePoint {
  readonly jdUtc: number;
  readonly hjdUtc: number;
  readonly bjdTdb: number;
  readonly timeVerdict: string;
  readonly filter: string;
  /** Band of the magnitudes; empty where there are none. */
  readonly band: string;
  readonly plane: string;
  /** Standard magnitude and its error; NaN where it was not detected, then `limit` tells. */
  readonly mag: number;
  readonly magErr: number;
  readonly limit: number;
  /** Forced flux, electrons. */
  readonly flux: number;
  readonly fluxErr: number;
  readonly airmass: number;
  readonly exposureS: number;
  readonly fwhmPx: number;
  readonly skyE: number;
  readonly x: number;
  readonly y: number;
  readonly flags: number;
  readonly verdict: string;
  readonly instrument: string;
  readonly file: string;
  readonly exposureId: string;
}

/**
 * The light curve of a target out of the database: of each exposure what the newest reduction says, in the order of
 * time. Exposures that nothing dates are left out.
 */
export function curvePoints(store: Store, target: string, site: Site): CurvePoint[] {
  const points: CurvePoint[] = [];
  for (const { exposureId, plane, frameId } of store.targetPoints.of(target)) {
    const record = readFrameRecord(store.reductions.byExposure(exposureId)[0]?.record ?? '').value;
    const found = record?.targets.find((one) => one.name === target && one.plane === plane);
    if (!record || !found || record.mjdMid === null) continue;
    points.push(pointOf(record, record.mjdMid, found, store.frames.get(frameId)?.instrument ?? '', site));
  }
  return points;
}

function pointOf(
  record: FrameRecord,
  mjdMid: number,
  target: FrameRecord['targets'][number],
  instrument: string,
  site: Site,
): CurvePoint {
  const plane = record.planes.find((one) => one.plane === target.plane);
  const { raDeg, decDeg } = target;
  const mid = normaliseMjd(mjdMid, 0);
  const isPlaced = raDeg !== null && decDeg !== null;
  const number = (value: number | null | undefined) => value ?? Number.NaN;
  return {
    jdUtc: mjdMid + jdMinusMjd,
    hjdUtc: isPlaced ? mjdNumber(hjdUtc(mid, raDeg, decDeg, site)) + jdMinusMjd : Number.NaN,
    bjdTdb: isPlaced ? mjdNumber(bjdTdb(mid, raDeg, decDeg, site)) + jdMinusMjd : Number.NaN,
    ...{ timeVerdict: record.timeVerdict, filter: record.filter ?? '', band: plane?.band ?? '', plane: target.plane },
    ...{ mag: number(target.mag), magErr: number(target.magErr), limit: number(target.limit) },
    ...{ flux: number(target.flux), fluxErr: number(target.fluxErr), airmass: number(record.airmass) },
    ...{ exposureS: number(record.exposureS), fwhmPx: number(plane?.fwhmPx), skyE: number(plane?.skyE) },
    ...{ x: number(target.x), y: number(target.y), flags: target.flags, verdict: target.verdict },
    ...{ instrument, file: basename(record.file), exposureId: record.exposureId },
  };
}
