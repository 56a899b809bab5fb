import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ProgrammingFault } from '../../base/errors.ts';
import { linearityOf } from '../../config/camera.ts';
import { headerOverridesOf } from '../../config/header-overrides.ts';
import type { Config, InstrumentConfig } from '../../config/schema.ts';
import type { Target } from '../../pipeline/stages/state.ts';
import { pathBelow } from '../intake/folders.ts';
import { stemOf } from '../intake/names.ts';
import { usedKinds } from '../masters/choose.ts';
import type { FrameMasters } from '../masters/keeper.ts';
import { reconcileDetector } from '../masters/measure-detector.ts';
import type { Frame } from '../store/frame.ts';
import type { Store } from '../store/open.ts';
import type { ReductionJob } from './job.ts';
import type { MasterFiles } from './load-masters.ts';

/** How far before its hard deadline a reduction is to come to an end by itself. */
const softShare = 0.8;
/** A file that is seen within this time of being written came from the camera; others were copied, or found at a start. */
const longestWayMs = 10 * 60_000;

/** Makes the job that one frame asks for, with what the calibration library has for it. */
export function jobMaker(
  config: Config,
  software: string,
  store: Pick<Store, 'visits'>,
): (frame: Frame, masters: FrameMasters) => ReductionJob {
  const { site, reduction, dataDir } = config;
  const configHash = hashOfResults(config);
  return (frame, masters) => {
    const instrument = config.instruments.find(({ id }) => id === frame.instrument);
    const { facts, fileHash, exposureId, factsKey } = frame;
    if (!instrument || !facts || fileHash === null || exposureId === null || factsKey === null) {
      throw new ProgrammingFault('FRAME_NOT_READY', `Frame ${frame.id} (${frame.path}) is not ready to be reduced.`);
    }
    const detector = reconcileDetector(detectorOf(instrument), facts, masters.detector);
    return {
      path: frame.path,
      below: pathBelow(instrument, frame.path),
      version: { sizeBytes: frame.sizeBytes, mtimeMs: frame.mtimeMs },
      fileHash,
      exposureId,
      factsKey,
      site: site.name,
      place: { latDeg: site.latitudeDeg, lonDeg: site.longitudeDeg, heightM: site.heightM },
      writtenMs: Math.abs(frame.seenAtMs - frame.mtimeMs) < longestWayMs ? frame.mtimeMs : undefined,
      instrument: instrument.id,
      oname: instrument.oname ?? null,
      overrides: headerOverridesOf(instrument.header),
      configured: detector.configured,
      measured: detector.measured,
      linearity: linearityOf(instrument.camera) ?? masters.detector?.linearity ?? undefined,
      masters: masterFiles(masters, detector.warnings),
      cataloguePath: config.catalogue.file,
      starsDir: dataDir,
      solve: true,
      hint: undefined,
      scaleArcsecPerPx: instrument.camera.scaleArcsecPerPx,
      targets: targetsFor(frame, config, store),
      thresholdSigma: reduction.thresholdSigma,
      outDir: join(dataDir, 'products', exposureId.slice(0, 2), exposureId),
      stem: stemOf(frame.path),
      csvPath: undefined,
      destinations: config.destinations.map(({ id }) => id),
      software,
      configHash,
      softDeadlineS: reduction.deadlineS * softShare,
    };
  };
}

function masterFiles({ choice }: FrameMasters, warnings: readonly string[]): MasterFiles {
  const files = usedKinds.flatMap((kind) => {
    const master = choice.chosen[kind]?.master;
    return master ? [{ id: master.id, kind, path: master.path }] : [];
  });
  return { how: 'chosen', files, warnings: [...choice.warnings, ...warnings] };
}

/** The site's own targets, and that of the request for which one of our visits took the frame. */
function targetsFor({ visitId }: Frame, { targets }: Config, store: Pick<Store, 'visits'>): Target[] {
  const asked = visitId === null ? undefined : store.visits.targetOf(visitId);
  if (!asked || targets.some(({ name }) => name === asked.name)) return targets;
  return [...targets, { name: asked.name, raDeg: asked.raDeg, decDeg: asked.decDeg }];
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
function hashOfResults({ site, instruments, targets, reduction }: Config): string {
  const { latitudeDeg, longitudeDeg, heightM } = site;
  const cameras = instruments.map(({ id, camera, header }) => ({ id, camera, header }));
  const results = { latitudeDeg, longitudeDeg, heightM, cameras, targets, thresholdSigma: reduction.thresholdSigma };
  return createHash('sha256').update(JSON.stringify(results)).digest('hex');
}
