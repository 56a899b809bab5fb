import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { makeLog } from '../agent/health/log.ts';
import { versionOf } from '../agent/intake/file-state.ts';
import { isWithin, pathBelow } from '../agent/intake/folders.ts';
import { identify } from '../agent/intake/identify.ts';
import { type Choice, chooseMasters, usedKinds } from '../agent/masters/choose.ts';
import { MasterKeeper } from '../agent/masters/keeper.ts';
import { agesOf, Library, type LibraryMaster, type SetStatus } from '../agent/masters/library.ts';
import { masterKinds } from '../agent/masters/sets.ts';
import { calibrationFactsOf, setupInWords } from '../agent/masters/setup.ts';
import { ReductionProcess } from '../agent/reduction/process.ts';
import type { CalibrationFacts } from '../agent/store/master.ts';
import type { StoredMaster } from '../agent/store/masters.ts';
import { openStore, readStore } from '../agent/store/open.ts';
import { systemClock } from '../base/clock.ts';
import { headerOverridesOf } from '../config/instrument.ts';
import { loadConfig } from '../config/load.ts';
import type { Config, InstrumentConfig } from '../config/schema.ts';
import { UsageError } from './inputs.ts';
import { siteCommand } from './site-command.ts';
import { version } from './version.ts';

interface Options {
  config: string;
  json?: boolean;
}

export function command(): Command {
  const masters = new Command('masters').description('the calibration library: bias, dark and flat frames combined');
  masters.addCommand(
    siteCommand('list', 'every master, and every set of frames that waits to become one').action(list),
  );
  masters.addCommand(
    siteCommand('explain', 'which masters a light frame gets, and why not the others')
      .argument('<frame>', 'a light frame')
      .option('--instrument <id>', 'the instrument that took it; by its folder when absent')
      .action(explain),
  );
  masters.addCommand(
    siteCommand('build', 'build what has frames enough, now (the daemon must not be running)').action(build),
  );
  return masters;
}

async function list(options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const store = readStore(config.dataDir, systemClock);
  try {
    for (const { id } of config.instruments) {
      const library = new Library(store, id, config.calibration, warnUnreadable);
      await library.refresh();
      const sets = library.sets(systemClock.nowMs()).filter(({ state }) => state !== 'settled');
      if (options.json)
        console.log(JSON.stringify({ instrument: id, masters: library.records, waiting: sets.map(plain) }));
      else console.log(listInWords(id, library.records, sets));
    }
  } finally {
    store.close();
  }
}

async function explain(path: string, options: Options & { instrument?: string }): Promise<void> {
  const config = await loadConfig(options.config);
  const instrument = instrumentOf(config, path, options.instrument);
  const fileVersion = versionOf(await stat(path));
  const below = pathBelow(instrument, resolve(path));
  const found = await identify({ path, below, version: fileVersion, overrides: headerOverridesOf(instrument.header) });
  if (found.kind !== 'identified') {
    throw new UsageError(`${path} cannot be assessed: ${found.kind === 'gone' ? 'it is gone' : found.reason}`);
  }
  const frame = calibrationFactsOf(found.identity.facts, fileVersion.mtimeMs);
  const store = readStore(config.dataDir, systemClock);
  try {
    const library = new Library(store, instrument.id, config.calibration, warnUnreadable);
    await library.refresh();
    const choice = chooseMasters(library.masters(), frame, { ages: agesOf(config.calibration), given: false });
    console.log(options.json ? JSON.stringify({ file: path, frame, ...choice }) : explainInWords(frame, choice));
  } finally {
    store.close();
  }
}

async function build(options: Options): Promise<void> {
  const config = await loadConfig(options.config);
  const log = makeLog(config.log, process.stderr.isTTY === true, systemClock);
  const store = openStore(config.dataDir, systemClock, version);
  const { deadlineS, memoryMb, threads = availableParallelism() } = config.reduction;
  const child = new ReductionProcess({ deadlineS, memoryMb, threads }, systemClock, log);
  try {
    const keeper = new MasterKeeper({
      config,
      store,
      clock: systemClock,
      log,
      software: `bhtom-edge ${version}`,
      build: (order, signal) => child.build(order, signal),
    });
    await keeper.buildAll();
  } finally {
    child.close();
    store.close();
  }
  await list(options);
}

function instrumentOf(config: Config, path: string, id: string | undefined): InstrumentConfig {
  const known = config.instruments.map((one) => one.id).join(', ');
  const found =
    id === undefined
      ? (config.instruments.find(({ folders }) => folders.some((folder) => isWithin(resolve(path), resolve(folder)))) ??
        (config.instruments.length === 1 ? config.instruments[0] : undefined))
      : config.instruments.find((one) => one.id === id);
  if (found) return found;
  throw new UsageError(
    id === undefined
      ? `${path} lies in no instrument's folder: name the instrument with --instrument (${known})`
      : `there is no instrument ${id}; there are ${known}`,
  );
}

function plain({ set, facts, state, reason }: SetStatus) {
  return { kind: set.kind, frames: set.frames.length, facts, state, reason: reason ?? null };
}

function listInWords(instrument: string, records: readonly StoredMaster[], sets: readonly SetStatus[]): string {
  const lines = [`instrument ${instrument}`];
  for (const kind of masterKinds) {
    for (const record of records.filter((one) => one.kind === kind)) lines.push(`  ${recordInWords(record)}`);
    for (const { set, facts, state, reason } of sets.filter((one) => one.set.kind === kind)) {
      lines.push(
        `  ${kind} ${factsInWords(facts)}: ${set.frames.length} frames, ${state}${reason ? `: ${reason}` : ''}`,
      );
    }
  }
  return lines.length === 1 ? `${lines[0]}\n  no calibration frames yet` : lines.join('\n');
}

function linearityInWords({ linearToAdu, linearity }: NonNullable<StoredMaster['detector']>): string {
  if (linearity) return `, linearity measured up to ${linearity.limitAdu.toFixed(0)} ADU above the bias`;
  return linearToAdu
    ? `, not linear beyond ${linearToAdu.toFixed(0)} ADU above the bias: pixels there count as saturated`
    : '';
}

function recordInWords({ id, kind, state, reason, facts, nCombined, noise, rejected, detector }: StoredMaster): string {
  const unit = kind === 'flat' ? '' : ' ADU';
  const measured = detector
    ? `; gain ${detector.gainEPerAdu.toPrecision(4)} e-/ADU, read noise ${detector.readNoiseE.toPrecision(3)} e-${linearityInWords(detector)}`
    : '';
  const what =
    state === 'refused'
      ? `none made: ${reason}`
      : `${id?.slice(0, 12)} of ${nCombined} frames${state === 'good' && reason ? ` (${reason})` : ''}, noise ${noise.toPrecision(3)}${unit}${measured}` +
        `${state === 'aside' ? `; KEPT ASIDE: ${reason}` : ''}${state === 'cleared' ? '; file removed' : ''}`;
  const without = rejected.map(({ name, reason: why }) => `\n      without ${name}: ${why}`);
  return `${kind} ${factsInWords(facts)}: ${what}${without.join('')}`;
}

function factsInWords({ setup, exposureS, temperatureC, filter, takenMs }: CalibrationFacts): string {
  return [
    new Date(takenMs).toISOString().slice(0, 16),
    exposureS !== null && `${Number(exposureS.toPrecision(4))} s`,
    temperatureC !== null && `${temperatureC.toFixed(1)} C`,
    filter,
    `(${setupInWords(setup)})`,
  ]
    .filter((text) => typeof text === 'string')
    .join(' ');
}

function explainInWords(frame: CalibrationFacts, { chosen, assessed }: Choice<LibraryMaster>): string {
  const lines = [`the frame: ${factsInWords(frame)}`];
  for (const kind of usedKinds) {
    lines.push(`${kind}:`);
    if (assessed[kind].length === 0) lines.push('  there is no master of this kind');
    const taken = chosen[kind];
    for (const suitability of assessed[kind]) {
      const { master, forbids, flags, daysApart } = suitability;
      const verdict =
        suitability === taken
          ? 'TAKEN'
          : forbids.length > 0
            ? `cannot be used: ${forbids.join('; ')}`
            : taken
              ? `not taken: ${whyWorse(suitability, taken)}`
              : 'not needed: the dark holds the bias';
      lines.push(`  ${master.id.slice(0, 12)} ${factsInWords(master.facts)}, ${master.nCombined} frames`);
      lines.push(`    ${verdict} (${daysApart.toFixed(1)} days apart)`);
      for (const flag of flags) lines.push(`    flagged: ${flag}`);
    }
  }
  return lines.join('\n');
}

type Assessed = Choice<LibraryMaster>['assessed']['bias'][number];

function whyWorse(suitability: Assessed, taken: Assessed): string {
  if (suitability.misfit !== taken.misfit) return 'the one taken fits better';
  if (suitability.ageClass !== taken.ageClass) return 'the one taken is nearer in time';
  if (suitability.master.nCombined !== taken.master.nCombined) return 'the one taken is of more frames';
  return 'the one taken is nearer in time, or newer';
}

function warnUnreadable(setKey: string, reason: string): void {
  console.error(`warning: a master is left out, what is stored of the set ${setKey} cannot be read: ${reason}`);
}
