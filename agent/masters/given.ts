import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { openFile } from '../../base/file-bytes.ts';
import { dialectTable } from '../../config/dialects.ts';
import type { Master } from '../../pipeline/calibration/master.ts';
import { findBadPixels } from '../../pipeline/combine/bad-pixels.ts';
import { combineMaster } from '../../pipeline/combine/combine.ts';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import { identifyFrame } from '../../pipeline/header/read-frame.ts';
import { versionOf } from '../intake/look.ts';
import { chooseMasters, type UsedKind, usedKinds } from './choose.ts';
import { type Loaded, readForeignMaster } from './foreign-master.ts';
import type { MasterCandidate } from './judge.ts';
import { openMembers } from './members.ts';
import { type CalibrationFrame, type CalibrationSet, collectSets, factsOfSet, setKey } from './sets.ts';
import { type CalibrationFacts, calibrationFactsOf, sameExposure } from './setup.ts';

/** Calibration frames that a person named: raw ones, or masters. */
export type GivenFiles = { readonly [kind in UsedKind]: readonly string[] };

/** What the given files have for one frame. */
export interface GivenMasters {
  readonly masters: readonly Master[];
  readonly warnings: readonly string[];
}

interface Candidate extends MasterCandidate {
  readonly kind: UsedKind;
  /** The master, combined when first asked for; or why there is none. */
  readonly load: () => Promise<Loaded>;
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
  saturationAdu: number | undefined,
  overrides: HeaderOverrides = {},
): Promise<(frame: CalibrationFacts) => Promise<GivenMasters>> {
  const common: string[] = [];
  const candidates: Candidate[] = [];
  const choose = (frame: CalibrationFacts, except: ReadonlySet<UsedKind> = new Set()) =>
    chooseMasters(
      candidates.filter(({ kind }) => !except.has(kind)),
      frame,
      { ages: noAges, given: true },
    );
  const biasFor = async (frame: CalibrationFacts): Promise<Loaded> => {
    const { bias } = choose(frame, new Set(['dark', 'flat'])).chosen;
    return bias ? bias.master.load() : { warnings: [] };
  };
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
      const read = await describeFile(path, kind, overrides);
      if ('reason' in read) common.push(`${basename(path)} is not used as a ${kind}: ${read.reason}`);
      else if (read.isMaster) candidates.push(masterCandidate(path, read.frame, kind, biasFor));
      else raw.push(read.frame);
    }
    for (const set of collectSets(raw, false)) candidates.push(setCandidate(set, kind, saturationAdu, pedestalFor));
  }
  return async (frame) => {
    const choice = choose(frame);
    const masters: Master[] = [];
    const warnings = [...common, ...choice.warnings];
    for (const kind of usedKinds) {
      const chosen = choice.chosen[kind];
      if (!chosen) continue;
      const loaded = await chosen.master.load();
      warnings.push(...loaded.warnings);
      if (loaded.master) masters.push({ ...loaded.master, kind });
    }
    return { masters, warnings: [...new Set(warnings)] };
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
    const frame = { kind, path, version, exposureId: found.exposureId, facts, saturationAdu, filedMs: 0 };
    return { frame, isMaster: found.facts.isMaster };
  } finally {
    await file.close();
  }
}

function setCandidate(
  set: CalibrationSet,
  kind: UsedKind,
  saturationAdu: number | undefined,
  pedestalFor: (flats: CalibrationFacts) => Promise<Loaded>,
): Candidate {
  const facts = factsOfSet(set);
  const load = once(async (): Promise<Loaded> => {
    const pedestal: Loaded = kind === 'flat' ? await pedestalFor(facts) : { warnings: [] };
    const opened = await openMembers(set.frames, tmpdir());
    try {
      const colour = facts.setup.bayer !== null;
      const outcome = await combineMaster(opened.members, {
        kind,
        ...(pedestal.master && { pedestal: pedestal.master }),
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
      return { master: { ...outcome.master, bad: map }, warnings };
    } finally {
      await opened.close();
    }
  });
  return { id: setKey(set, undefined), kind, facts, nCombined: set.frames.length, load };
}

function masterCandidate(
  path: string,
  { exposureId, facts }: CalibrationFrame,
  kind: UsedKind,
  biasFor: (darks: CalibrationFacts) => Promise<Loaded>,
): Candidate {
  const load = once(() => readForeignMaster(path, kind, exposureId, facts, () => biasFor(facts)));
  return { id: exposureId, kind, facts, nCombined: 1, load };
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
