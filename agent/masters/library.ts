import { setImmediate } from 'node:timers/promises';
import type { CalibrationConfig } from '../../config/schema.ts';
import type { Frame } from '../store/frame.ts';
import type { CalibrationFacts, MasterKind } from '../store/master.ts';
import type { StoredMaster } from '../store/masters.ts';
import type { Store } from '../store/open.ts';
import { assessMaster, byWorth } from './assess.ts';
import { type CalibrationFrame, type CalibrationSet, collectSets, corrections, factsOfSet, setKey } from './sets.ts';
import { calibrationFactsOf, sameExposure } from './setup.ts';

/** A master whose file is there. */
export interface LibraryMaster extends StoredMaster {
  readonly id: string;
  readonly path: string;
  /** Why it is kept aside; null for those in use. */
  readonly aside: string | null;
}

/**
 * Where a set of calibration frames stands: `settled` something was made of it, or it was refused (see `record`) ·
 * `due` to be built · `arriving` enough frames, and more may come · `incomplete` with the reason.
 */
export interface SetStatus {
  readonly set: CalibrationSet;
  readonly key: string;
  readonly facts: CalibrationFacts;
  /** For flats that are to be built: the master to subtract first. */
  readonly pedestal: LibraryMaster | undefined;
  readonly record: StoredMaster | undefined;
  readonly state: 'settled' | 'due' | 'arriving' | 'incomplete';
  readonly reason: string | undefined;
}

const rowsAtOnce = 100;
/** What to subtract from flats, best first. */
const pedestalKinds: readonly MasterKind[] = ['flat-dark', 'dark', 'bias'];

/** The calibration library of one instrument, as the database has it. */
export class Library {
  readonly #store: Pick<Store, 'frames' | 'masters'>;
  readonly #instrument: string;
  readonly #rules: CalibrationConfig;
  readonly #onUnreadable: (setKey: string, reason: string) => void;
  /** Each row is read once: there are tens of thousands after some years. Undefined: not to be combined. */
  readonly #frames = new Map<number, CalibrationFrame | undefined>();
  #sets: readonly DescribedSet[] = [];
  #isStale = true;
  #records: readonly StoredMaster[] = [];

  /** `onUnreadable` hears of what the database has of a set and cannot be read. */
  constructor(
    store: Pick<Store, 'frames' | 'masters'>,
    instrument: string,
    rules: CalibrationConfig,
    onUnreadable: (setKey: string, reason: string) => void,
  ) {
    this.#store = store;
    this.#instrument = instrument;
    this.#rules = rules;
    this.#onUnreadable = onUnreadable;
  }

  /** Reads what is new, in small steps that leave others their turn. */
  async refresh(): Promise<void> {
    const ids = this.#store.frames.calibrationIds(this.#instrument);
    const known = new Set(ids);
    let changes = 0;
    for (const id of this.#frames.keys()) {
      if (known.has(id)) continue;
      this.#frames.delete(id);
      changes++;
    }
    for (const id of ids) {
      if (this.#frames.has(id)) continue;
      this.#frames.set(id, calibrationFrameOf(this.#store.frames.get(id)));
      if (++changes % rowsAtOnce === 0) await setImmediate();
    }
    if (changes > 0) {
      this.#sets = collectSets([...this.#frames.values()].filter((frame) => frame !== undefined)).map(describeSet);
    }
    if (this.#isStale) this.#records = this.#store.masters.all(this.#instrument, this.#onUnreadable);
    this.#isStale = false;
  }

  /** The masters in the database are others now: the next `refresh` reads them again. */
  mastersChanged(): void {
    this.#isStale = true;
  }

  /** Masters whose file is there, kept aside or in use; newest first. */
  masters(): LibraryMaster[] {
    return this.#records
      .filter(hasFile)
      .map((record) => ({ ...record, aside: record.state === 'aside' ? record.reason : null }));
  }

  /** Masters with whatever became of them. */
  get records(): readonly StoredMaster[] {
    return this.#records;
  }

  /** Every set of frames with where it stands, oldest first. */
  sets(nowMs: number): SetStatus[] {
    const masters = this.masters();
    const records = new Map(this.#records.map((record) => [record.setKey, record]));
    return this.#sets.map(({ set, facts, keyOn, lastFiledMs }) => {
      const common = { set, facts };
      // The better thing to subtract first; a set that was built on it needs no more.
      for (const kind of pedestalsFor(set)) {
        const key = keyOn(kind);
        const record = records.get(key);
        if (record) {
          return { ...common, key, record, pedestal: undefined, state: 'settled', reason: record.reason ?? undefined };
        }
        const pedestal = kind && this.#pedestalOf(kind, facts, masters);
        if (kind && !pedestal) continue;
        return { ...common, key, record, pedestal, ...this.#standing(set, lastFiledMs, nowMs) };
      }
      const reason = isMaster(set)
        ? 'the bias was taken out of it: a master bias of its setup is needed first'
        : 'flats need a master flat-dark or bias of their setup first';
      return {
        ...common,
        key: keyOn(undefined),
        record: undefined,
        pedestal: undefined,
        state: 'incomplete',
        reason: set.frames[0]!.spoilt ?? this.#tooFew(set) ?? reason,
      };
    });
  }

  #standing(set: CalibrationSet, lastFiledMs: number, nowMs: number): Pick<SetStatus, 'state' | 'reason'> {
    if (isMaster(set)) return { state: 'due', reason: undefined };
    const few = this.#tooFew(set);
    if (few !== undefined) return { state: 'incomplete', reason: few };
    return nowMs - lastFiledMs < this.#rules.quietMinutes * 60_000
      ? { state: 'arriving', reason: 'more frames may come' }
      : { state: 'due', reason: undefined };
  }

  #tooFew(set: CalibrationSet): string | undefined {
    const { frames } = set;
    const fewestFrames = isMaster(set) ? 1 : this.#rules.fewestFrames;
    return frames.length < fewestFrames ? `${frames.length} of at least ${fewestFrames} frames` : undefined;
  }

  /** The best master of a kind to subtract from flats: flat-darks and darks of their exposure, or a bias. */
  #pedestalOf(kind: MasterKind, flats: CalibrationFacts, masters: readonly LibraryMaster[]): LibraryMaster | undefined {
    const options = { ages: agesOf(this.#rules), hasBias: false, given: false };
    return masters
      .filter((master) => master.kind === kind)
      .filter(({ facts }) => kind === 'bias' || sameExposure(facts.exposureS, flats.exposureS))
      .map((master) => assessMaster(master, flats, options))
      .filter(({ forbids }) => forbids.length === 0)
      .sort(byWorth)[0]?.master;
  }
}

/** Whether a set is one frame that somebody else combined. */
export function isMaster({ frames }: CalibrationSet): boolean {
  return frames[0]!.isMaster === true;
}

/**
 * What may be subtracted from a set (given back, for a master without its bias), best first; undefined for nothing. Empty for a set
 * that nothing helps.
 */
function pedestalsFor(set: CalibrationSet): readonly (MasterKind | undefined)[] {
  const { lacksBias, spoilt } = set.frames[0]!;
  if (spoilt !== undefined) return [];
  if (isMaster(set)) return set.kind !== 'flat' && set.kind !== 'bias' && lacksBias ? ['bias'] : [undefined];
  return set.kind === 'flat' && !lacksBias ? pedestalKinds : [undefined];
}

/** A set with what follows from its frames alone, worked out once. */
interface DescribedSet {
  readonly set: CalibrationSet;
  readonly facts: CalibrationFacts;
  readonly lastFiledMs: number;
  readonly keyOn: (pedestal: MasterKind | undefined) => string;
}

function describeSet(set: CalibrationSet): DescribedSet {
  const keys = new Map<MasterKind | undefined, string>();
  return {
    set,
    facts: factsOfSet(set),
    lastFiledMs: set.frames.reduce((latest, { filedMs }) => Math.max(latest, filedMs), 0),
    keyOn(pedestal) {
      const key = keys.get(pedestal) ?? setKey(set, pedestal);
      keys.set(pedestal, key);
      return key;
    },
  };
}

export function agesOf(rules: CalibrationConfig) {
  return { biasDays: rules.biasMaxAgeDays, darkDays: rules.darkMaxAgeDays, flatDays: rules.flatMaxAgeDays };
}

function hasFile(record: StoredMaster): record is StoredMaster & { id: string; path: string } {
  return record.id !== null && record.path !== null && (record.state === 'good' || record.state === 'aside');
}

function calibrationFrameOf(frame: Frame | undefined): CalibrationFrame | undefined {
  if (!frame?.facts || frame.exposureId === null || frame.kind === null || frame.kind === 'light') return undefined;
  const { kind, path, sizeBytes, mtimeMs, exposureId, stateAtMs } = frame;
  const facts = calibrationFactsOf(frame.facts, mtimeMs);
  return {
    kind,
    path,
    version: { sizeBytes, mtimeMs },
    exposureId,
    facts,
    saturationAdu: frame.facts.saturationAdu?.value,
    filedMs: stateAtMs,
    isMaster: frame.facts.isMaster,
    ...corrections(kind, frame.facts),
  };
}
