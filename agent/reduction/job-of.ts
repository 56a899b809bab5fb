import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ProgrammingFault } from '../../base/errors.ts';
import { headerOverridesOf, linearityOf } from '../../config/instrument.ts';
import type { Config, InstrumentConfig } from '../../config/schema.ts';
import type { FieldHint } from '../../pipeline/astrometry/problem.ts';
import { pixelToSky } from '../../pipeline/astrometry/wcs.ts';
import { wcsFromKeywords } from '../../pipeline/astrometry/wcs-keywords.ts';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import type { Target } from '../../pipeline/stages/state.ts';
import { mjdNumber, mjdOfUnixEpoch, unixMsOfMjd } from '../../pipeline/time/mjd.ts';
import { readFrameRecord } from '../../protocol/frame-record.ts';
import type { SkyPosition } from '../../sky/sphere.ts';
import { pathBelow } from '../intake/folders.ts';
import { stemOf } from '../intake/names.ts';
import { usedKinds } from '../masters/choose.ts';
import type { FrameMasters } from '../masters/keeper.ts';
import { reconcileDetector, settleLinearity } from '../masters/measure-detector.ts';
import type { Frame } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import type { TargetBook } from '../targets/target-book.ts';
import type { ReductionJob } from './job.ts';
import type { MasterFiles } from './load-masters.ts';
import { zeroPointSetup } from './zero-point-rows.ts';

/** How far before its hard deadline a reduction is to come to an end by itself. */
const softShare = 0.8;
/** A file that is seen within this time of being written may have come from the camera; others were found at a start. */
const longestWayMs = 10 * 60_000;

export interface JobKnowledge {
  readonly store: Pick<Store, 'frames' | 'visits' | 'zeroPoints' | 'reductions'>;
  readonly targetBook: TargetBook;
  /** Whether any centre takes products. */
  readonly isDelivered: boolean;
}

/** Makes the job that one frame asks for, with what the calibration library has for it. */
export function jobMaker(
  config: Config,
  software: string,
  { store, targetBook, isDelivered }: JobKnowledge,
): (frame: Frame, masters: FrameMasters) => ReductionJob {
  const { site, reduction, dataDir } = config;
  const configHash = configHashOf(config);
  return (frame, masters) => {
    const instrument = config.instruments.find(({ id }) => id === frame.instrument);
    const { facts, fileHash, exposureId, factsKey } = frame;
    if (!instrument || !facts || fileHash === null || exposureId === null || factsKey === null) {
      throw new ProgrammingFault('FRAME_NOT_READY', `Frame ${frame.id} (${frame.path}) is not ready to be reduced.`);
    }
    const asked = askedFor(frame, store);
    const detector = reconcileDetector(detectorOf(instrument), facts, masters.detector);
    return {
      path: frame.path,
      below: pathBelow(instrument, frame.path),
      version: { sizeBytes: frame.sizeBytes, mtimeMs: frame.mtimeMs },
      fileHash,
      exposureId,
      factsKey,
      site: site.name,
      place: { latitudeDeg: site.latitudeDeg, longitudeDeg: site.longitudeDeg, heightM: site.heightM },
      writtenMs: arrivedFresh(frame, facts, store) ? frame.mtimeMs : undefined,
      instrument: instrument.id,
      oname: instrument.oname ?? null,
      overrides: headerOverridesOf(instrument.header),
      filterBands: instrument.filterBands,
      configured: detector.configured,
      measured: detector.measured,
      linearity: settleLinearity(linearityOf(instrument.camera), masters.detector),
      masters: masterFiles(masters, detector.warnings),
      cataloguePath: config.catalogue.file,
      starsDir: dataDir,
      solve: true,
      solving: config.solving,
      hint: placeOf(facts) ? undefined : lastPlace(store.reductions, frame),
      scaleArcsecPerPx: instrument.camera.scaleArcsecPerPx,
      targets: targetBook.forFrame(asked, placeOf(facts)),
      movingTargets: config.movingTargets,
      history: facts.midUtc
        ? store.zeroPoints.history(zeroPointSetup(instrument.id, facts), mjdNumber(facts.midUtc.value), exposureId)
        : {},
      thresholdSigma: reduction.thresholdSigma,
      leapSecondsFile: reduction.leapSecondsFile,
      outDir: join(dataDir, 'products', exposureId.slice(0, 2), exposureId),
      stem: stemOf(frame.path),
      csvPath: undefined,
      isDelivered,
      askedFor: asked.map(({ name }) => name),
      software,
      configHash,
      softDeadlineS: reduction.deadlineS * softShare,
    };
  };
}

/**
 * Whether a file came straight from the camera, so that its time may be held against its header's. No camera writes two
 * exposures within half of one: such files were copied together.
 */
export function arrivedFresh(frame: Frame, facts: FrameFacts, store: Pick<Store, 'frames'>): boolean {
  const isJustWritten = Math.abs(frame.seenAtMs - frame.mtimeMs) < longestWayMs;
  return isJustWritten && !store.frames.isWrittenBeside(frame, ((facts.exposureS?.value ?? 0) / 2) * 1000);
}

function masterFiles({ choice }: FrameMasters, warnings: readonly string[]): MasterFiles {
  const files = usedKinds.flatMap((kind) => {
    const master = choice.chosen[kind]?.master;
    return master ? [{ id: master.id, kind, path: master.path }] : [];
  });
  return { how: 'chosen', files, warnings: [...choice.warnings, ...warnings] };
}

/** Where the telescope looked an hour ago says where to begin when the header does not, degrees. */
const lastPlaceWithinMs = 3_600_000;
const lastPlaceRadiusDeg = 2;

/** The middle of the instrument's last frame, where that was solved and taken within the hour and its record can be read. */
function lastPlace(reductions: Store['reductions'], { instrument, facts, mtimeMs }: Frame): FieldHint | undefined {
  const takenMs = facts?.midUtc ? unixMsOfMjd(facts.midUtc.value) : mtimeMs;
  const last = reductions.lastOf(instrument, takenMs - lastPlaceWithinMs);
  const record = last && readFrameRecord(last.record).value;
  if (!record) return undefined;
  const { wcs: keywords, located, mjdMid, width, height } = record;
  if (located.from !== 'solver' || !keywords || mjdMid === null) return undefined;
  const apartMs = Math.abs((mjdMid - mjdOfUnixEpoch) * 86_400_000 - takenMs);
  const { wcs } = wcsFromKeywords((keyword) => keywords[keyword]);
  if (!wcs || apartMs > lastPlaceWithinMs) return undefined;
  return { ...pixelToSky(wcs, (width - 1) / 2, (height - 1) / 2), radiusDeg: lastPlaceRadiusDeg };
}

/** The target of the request for which one of our visits took the frame. */
function askedFor({ visitId }: Frame, store: Pick<Store, 'visits'>): Target[] {
  const asked = visitId === null ? undefined : store.visits.targetOf(visitId);
  return asked ? [{ name: asked.name, raDeg: asked.raDeg, decDeg: asked.decDeg }] : [];
}

function placeOf({ raDeg, decDeg }: FrameFacts): SkyPosition | undefined {
  return raDeg && decDeg && { raDeg: raDeg.value, decDeg: decDeg.value };
}

function detectorOf({ camera }: InstrumentConfig): ReductionJob['configured'] {
  const { gainEPerAdu, readNoiseE, saturationAdu } = camera;
  return {
    ...(gainEPerAdu !== undefined && { gainEPerAdu }),
    ...(readNoiseE !== undefined && { readNoiseE }),
    ...(saturationAdu !== undefined && { saturationAdu }),
  };
}

/** Hash of the configuration that changes results: where files lie and whom they go to does not. */
export function configHashOf({ site, instruments, targets, movingTargets, reduction }: Config): string {
  const { latitudeDeg, longitudeDeg, heightM } = site;
  const cameras = instruments.map(({ id, camera, header, filterBands }) => ({ id, camera, header, filterBands }));
  const place = { latitudeDeg, longitudeDeg, heightM };
  const results = { ...place, cameras, targets, movingTargets, thresholdSigma: reduction.thresholdSigma };
  return createHash('sha256').update(JSON.stringify(results)).digest('hex');
}
