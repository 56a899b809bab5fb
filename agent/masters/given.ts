import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { openFile } from '../../base/file-bytes.ts';
import { dialectTable } from '../../config/dialects.ts';
import type { Linearity } from '../../pipeline/calibration/linearity.ts';
import type { Master } from '../../pipeline/calibration/master.ts';
import { findBadPixels } from '../../pipeline/combine/bad-pixels.ts';
import { identifyFrame } from '../../pipeline/frame/read-frame.ts';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import { versionOf } from '../intake/file-state.ts';
import type { CalibrationFacts, MeasuredDetector } from '../store/master.ts';
import type { MasterCandidate } from './assess.ts';
import { chooseMasters, type UsedKind, usedKinds } from './choose.ts';
import { combineSet } from './combine-set.ts';
import { type Loaded, readForeignMaster } from './foreign-master.ts';
import { memberFileOf, openMembers } from './members.ts';
import { type CalibrationFrame, type CalibrationSet, collectSets, corrections, factsOfSet, setKey } from './sets.ts';
import { calibrationFactsOf, sameExposure } from './setup.ts';

/** Calibration frames that a person named: raw ones, or masters. */
export type GivenFiles = { readonly [kind in UsedKind]: readonly string[] };

/** What the given files have for one frame. */
export interface GivenMasters {
  readonly masters: readonly Master[];
  /** By photon transfer, where the flats and biases are raw. */
  readonly detector: MeasuredDetector | undefined;
  readonly warnings: readonly string[];
}

/** What is known of the camera of given files. */
export interface GivenOptions {
  readonly saturationAdu?: number | undefined;
  /** Taken out of raw flats, as out of the light frames. */
  readonly linearity?: Linearity | undefined;
  readonly overrides?: HeaderOverrides;
}

type LoadedSet = Loaded & { readonly detector?: MeasuredDetector | undefined };

interface Candidate extends MasterCandidate {
  readonly kind: UsedKind;
  /** The raw frames that it is combined of; none for a master. */
  readonly frames: readonly CalibrationFrame[];
  /** The master, combined when first asked for; or why there is none. */
  readonly load: () => Promise<LoadedSet>;
}

const memoryBytes = 256 * 1048576;
const noAges = {
  biasDays: Number.POSITIVE_INFINITY,
  darkDays: Number.POSITIVE_INFINITY,
  flatDays: Number.POSITIVE_INFINITY,
};

/** Reads the headers of given files. What it returns chooses for each frame, and combines each set of raw frames once. */
export async function openGiven(
  files: GivenFiles,
  options: GivenOptions = {},
): Promise<(frame: CalibrationFacts) => Promise<GivenMasters>> {
  const common: string[] = [];
  const candidates: Candidate[] = [];
  const choose = (frame: CalibrationFacts, except: ReadonlySet<UsedKind> = new Set()) =>
    chooseMasters(
      candidates.filter(({ kind }) => !except.has(kind)),
      frame,
      { ages: noAges, given: true },
    );
  const chosenBias = (frame: CalibrationFacts) => choose(frame, new Set(['dark', 'flat'])).chosen.bias?.master;
  const biasFor = async (frame: CalibrationFacts): Promise<Loaded> => chosenBias(frame)?.load() ?? { warnings: [] };
  const pedestalFor = async (flats: CalibrationFacts): Promise<Loaded> => {
    const { dark } = choose(flats, new Set(['flat'])).chosen;
    if (dark && sameExposure(dark.master.facts.exposureS, flats.exposureS)) return dark.master.load();
    const bias = await biasFor(flats);
    if (bias.master) return bias;
    return { warnings: [...bias.warnings, 'the flats are used with their bias in: give bias frames too'] };
  };
  for (const kind of usedKinds) {
    const raw: CalibrationFrame[] = [];
    for (const path of files[kind]) {
      const read = await describeFile(path, kind, options.overrides ?? {});
      if ('reason' in read) common.push(`${basename(path)} is not used as a ${kind}: ${read.reason}`);
      else if (read.frame.spoilt) common.push(`${basename(path)} is not used as a ${kind}: ${read.frame.spoilt}`);
      else if (read.isMaster) candidates.push(masterCandidate(path, read.frame, kind, biasFor));
      else raw.push(read.frame);
    }
    for (const set of collectSets(raw, false)) {
      const rawBiases = (flats: CalibrationFacts) => chosenBias(flats)?.frames ?? [];
      candidates.push(setCandidate(set, kind, options, { pedestalFor, rawBiases }));
    }
  }
  return async (frame) => {
    const choice = choose(frame);
    const masters: Master[] = [];
    let detector: MeasuredDetector | undefined;
    const warnings = [...common, ...choice.warnings];
    for (const kind of usedKinds) {
      const chosen = choice.chosen[kind];
      if (!chosen) continue;
      const loaded = await chosen.master.load();
      warnings.push(...loaded.warnings);
      detector ??= loaded.detector;
      if (loaded.master) masters.push({ ...loaded.master, kind });
    }
    return { masters, detector, warnings: [...new Set(warnings)] };
  };
}

async function describeFile(
  path: string,
  kind: UsedKind,
  overrides: HeaderOverrides,
): Promise<{ frame: CalibrationFrame; isMaster: boolean } | { reason: string }> {
  const file = await openFile(path);
  try {
    const version = versionOf(await stat(path));
    const found = await identifyFrame(file, { table: dialectTable, overrides, path: basename(path) });
    if (found.kind === 'rejected') return { reason: found.reason };
    const said = found.facts.kind;
    const isOther = said.value !== 'light' && said.value !== kind && !(kind === 'dark' && said.value === 'flat-dark');
    if (isOther && said.confidence !== 'low') return { reason: `it is a ${said.value} (${said.card})` };
    const facts = calibrationFactsOf(found.facts, version.mtimeMs);
    const saturationAdu = found.facts.saturationAdu?.value;
    const { exposureId } = found;
    const done = corrections(kind, found.facts);
    const frame = { kind, path, version, exposureId, facts, saturationAdu, filedMs: 0, ...done };
    return { frame, isMaster: found.facts.isMaster };
  } finally {
    await file.close();
  }
}

function setCandidate(
  set: CalibrationSet,
  kind: UsedKind,
  { saturationAdu, linearity }: GivenOptions,
  {
    pedestalFor,
    rawBiases,
  }: {
    readonly pedestalFor: (flats: CalibrationFacts) => Promise<Loaded>;
    readonly rawBiases: (flats: CalibrationFacts) => readonly CalibrationFrame[];
  },
): Candidate {
  const facts = factsOfSet(set);
  const isRawFlat = kind === 'flat' && !set.frames[0]!.lacksBias;
  const load = once(async (): Promise<LoadedSet> => {
    const pedestal: Loaded = isRawFlat ? await pedestalFor(facts) : { warnings: [] };
    const opened = await openMembers(set.frames.map(memberFileOf), tmpdir());
    const biases = await openMembers(isRawFlat ? rawBiases(facts).slice(0, 2).map(memberFileOf) : [], tmpdir());
    try {
      const colour = facts.setup.bayer !== null;
      const { outcome, detector } = await combineSet(opened.members, biases.members, {
        kind,
        ...(pedestal.master && { pedestal: pedestal.master }),
        linearity,
        exposureS: facts.exposureS ?? 0,
        sensorTemperatureC: facts.temperatureC ?? undefined,
        filter: facts.filter ?? undefined,
        colour,
        saturationAdu: saturationAdu ?? set.frames[0]!.saturationAdu,
        fewestMembers: 1,
        memoryBytes,
        memberIds: opened.members.map(({ exposureId }) => exposureId),
      });
      const warnings = [
        ...pedestal.warnings,
        ...[...opened.rejected, ...outcome.rejected].map(({ name, reason }) => `${kind} ${name} left out: ${reason}`),
      ];
      if (outcome.kind === 'refused') {
        return { warnings: [...warnings, `the ${kind} frames cannot be combined: ${outcome.reason}`] };
      }
      const { map } = findBadPixels(outcome.master, colour);
      return { master: { ...outcome.master, bad: map }, warnings, detector };
    } finally {
      await Promise.all([opened.close(), biases.close()]);
    }
  });
  return { id: setKey(set, undefined), kind, facts, nCombined: set.frames.length, frames: set.frames, load };
}

function masterCandidate(
  path: string,
  { exposureId, facts }: CalibrationFrame,
  kind: UsedKind,
  biasFor: (darks: CalibrationFacts) => Promise<Loaded>,
): Candidate {
  const load = once(() => readForeignMaster(path, kind, exposureId, facts, () => biasFor(facts)));
  return { id: exposureId, kind, facts, nCombined: 1, frames: [], load };
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
