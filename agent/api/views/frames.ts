import { type FrameRecord, readFrameRecord } from '../../../protocol/frame-record.ts';
import type { Frame, FrameState } from '../../store/frame.ts';
import { frameAdvice } from '../../store/frame-advice.ts';
import type { Store } from '../../store/open.ts';
import type { StoredReduction } from '../../store/reductions.ts';
import type { FrameAnswer, FrameLine, FramesAnswer } from '../shapes.ts';

/** A page of frames, the newest first. */
export function framesView(store: Store, beforeId: number, limit: number, state?: FrameState): FramesAnswer {
  const frames = store.frames.page(beforeId, limit, state);
  return {
    frames: frames.map((frame) => lineOf(frame, recordOf(reductionOf(store, frame)).value)),
    before: frames.length === limit ? frames.at(-1)!.id : null,
  };
}

/** All that is known of one frame; undefined where there is none of this id. */
export function frameView(store: Store, id: number): FrameAnswer | undefined {
  const frame = store.frames.get(id);
  if (!frame) return undefined;
  const { value, unreadable } = recordOf(reductionOf(store, frame));
  return {
    frame: lineOf(frame, value),
    record: value ?? null,
    unreadable: unreadable ?? null,
    warnings: value ? warningsOf(value) : (frame.facts?.warnings ?? []),
    parcels: frame.exposureId
      ? store.outbox
          .ofExposure(frame.exposureId)
          .map(({ destination, state, lastError, verdict }) => ({ destination, state, lastError, verdict }))
      : [],
  };
}

function reductionOf(store: Store, { state, exposureId }: Frame): StoredReduction | undefined {
  return state === 'reduced' && exposureId !== null ? store.reductions.byExposure(exposureId)[0] : undefined;
}

function recordOf(reduction: StoredReduction | undefined): {
  value?: FrameRecord | undefined;
  unreadable?: string | undefined;
} {
  return reduction ? readFrameRecord(reduction.record) : {};
}

function warningsOf(record: FrameRecord): string[] {
  return [...new Set([...record.warnings, ...record.planes.flatMap(({ warnings }) => warnings)])];
}

function lineOf(frame: Frame, record: FrameRecord | undefined): FrameLine {
  const { id, instrument, path, state, kind, mtimeMs, reason, facts } = frame;
  // Of a colour camera the plane that standard magnitudes came from, else the first.
  const plane = record?.planes.find(({ zeroPoint }) => zeroPoint != null) ?? record?.planes[0];
  const scale = record?.scaleArcsecPerPx ?? null;
  const fwhmPx = plane?.fwhmPx ?? null;
  return {
    ...{ id, instrument, path, state, kind, mtimeMs, reason, advice: frameAdvice(frame) ?? null },
    object: record?.object ?? facts?.object?.value ?? null,
    filter: record?.filter ?? facts?.filter?.value ?? null,
    exposureS: record?.exposureS ?? facts?.exposureS?.value ?? null,
    outcome: record?.outcome ?? null,
    nSources: record ? record.planes.reduce((sum, { nSources }) => sum + nSources, 0) : null,
    ...{ fwhmPx, fwhmArcsec: fwhmPx !== null && scale !== null ? fwhmPx * scale : null },
    ...{ zeroPoint: plane?.zeroPoint ?? null, band: plane?.band ?? null, limitingMag: plane?.limitingMag ?? null },
    airmass: record?.airmass ?? null,
    nWarnings: record ? warningsOf(record).length : (facts?.warnings.length ?? 0),
    targets: (record?.targets ?? []).map(({ name, verdict, mag, magErr, limit, x, y }) => ({
      ...{ name, verdict },
      ...{ mag: mag ?? null, magErr: magErr ?? null, limit: limit ?? null, x: x ?? null, y: y ?? null },
    })),
  };
}
