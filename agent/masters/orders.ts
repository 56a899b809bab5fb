import { join } from 'node:path';
import { linearityOf } from '../../config/instrument.ts';
import type { Config, InstrumentConfig } from '../../config/schema.ts';
import type { CalibrationFacts } from '../store/master.ts';
import type { MasterRecord } from '../store/masters.ts';
import { isMaster, type LibraryMaster, type SetStatus } from './library.ts';
import type { MasterFile, MasterOrder, MasterReply } from './master-order.ts';
import { memberFileOf } from './members.ts';
import { type CalibrationFrame, longestPauseMs, replaces } from './sets.ts';
import { fitsSetup } from './setup.ts';

/** Everything around a set that its order needs. */
export interface Surroundings {
  readonly config: Pick<Config, 'calibration' | 'dataDir'>;
  readonly instrument: InstrumentConfig;
  readonly software: string;
  readonly masters: readonly LibraryMaster[];
  readonly sets: readonly SetStatus[];
}

/** The order to build a master of a set, of those of its frames that are there. */
export function orderFor(
  { set, facts, pedestal }: SetStatus,
  members: readonly CalibrationFrame[],
  { config, instrument, software, masters, sets }: Surroundings,
): MasterOrder {
  const nearest = <Dated extends { facts: CalibrationFacts }>(of: readonly Dated[]) =>
    [...of].sort((a, b) => apartMs(a.facts, facts) - apartMs(b.facts, facts))[0];
  const rivals = masters.filter((master) => replaces(master, { kind: set.kind, facts }));
  const predecessor = nearest(rivals.filter(({ aside }) => aside === null));
  // The same frames over again confirm nothing.
  const keptAside = nearest(rivals.filter((one) => one.aside !== null && apartMs(one.facts, facts) > longestPauseMs));
  const biases = nearest(
    sets.filter(({ set: { kind, frames }, facts: own }) => {
      return kind === 'bias' && frames.length > 1 && !frames[0]!.spoilt && fitsSetup(own, facts);
    }),
  );
  const isRawFlat = set.kind === 'flat' && !set.frames[0]!.lacksBias;
  return {
    kind: set.kind,
    adopt: isMaster(set),
    facts,
    members: members.map(memberFileOf),
    pedestal: pedestal && fileOf(pedestal),
    biases: isRawFlat ? (biases?.set.frames.slice(0, 2).map(memberFileOf) ?? []) : [],
    saturationAdu: instrument.camera.saturationAdu ?? set.frames[0]!.saturationAdu,
    linearity: linearityOf(instrument.camera),
    fewestMembers: config.calibration.fewestFrames,
    memoryBytes: config.calibration.memoryMb * 1048576,
    predecessor: predecessor && fileOf(predecessor),
    keptAside: keptAside && fileOf(keptAside),
    folder: join(config.dataDir, 'masters', instrument.id),
    software,
  };
}

/** What the database keeps of a reply. */
export function recordOf(
  instrument: string,
  { key, set, facts }: Pick<SetStatus, 'key' | 'set' | 'facts'>,
  reply: MasterReply,
): MasterRecord {
  const common = { instrument, setKey: key, kind: set.kind, facts, rejected: reply.rejected };
  if (reply.state === 'refused') {
    const nothing = { id: null, path: null, nCombined: 0, noise: 0, nBad: 0, detector: null };
    return { ...common, ...nothing, state: 'refused', reason: reply.reason };
  }
  const { id, path, nCombined, noise, nBad, detector, doubt, adoptedFrom } = reply;
  const made = { id, path, nCombined, noise, nBad, detector };
  return { ...common, ...made, state: doubt === null ? 'good' : 'aside', reason: doubt ?? adoptedFrom };
}

function apartMs(a: CalibrationFacts, b: CalibrationFacts): number {
  return Math.abs(a.takenMs - b.takenMs);
}

function fileOf({ id, kind, path }: LibraryMaster): MasterFile {
  return { id, kind, path };
}
