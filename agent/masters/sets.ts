import { createHash } from 'node:crypto';
import type { FrameFacts } from '../../pipeline/header/facts.ts';
import type { FileVersion } from '../store/frame.ts';
import type { CalibrationFacts, MasterKind } from '../store/master.ts';
import { rotatorDifference, sameExposure, sameFilter, setupKey } from './setup.ts';

export const masterKinds: readonly MasterKind[] = ['bias', 'flat-dark', 'dark', 'flat'];

/** One raw calibration frame in the library. */
export interface CalibrationFrame {
  readonly kind: MasterKind;
  readonly path: string;
  readonly version: FileVersion;
  readonly exposureId: string;
  readonly facts: CalibrationFacts;
  /** By its header. */
  readonly saturationAdu: number | undefined;
  /** When it came into the library, Unix milliseconds. */
  readonly filedMs: number;
  /** Combined already, by another program or another site. */
  readonly isMaster?: boolean;
  /** The bias, with the dark it may be, was taken out of it. */
  readonly lacksBias?: boolean;
  /** Level, ADU, that was left in where the bias was taken out. */
  readonly levelAdu?: number;
  /** Why it must not be combined. */
  readonly spoilt?: string;
}

/** What the program that took a calibration frame did to it. */
export function corrections(
  kind: MasterKind,
  { calibrated, pedestalAdu, isMaster }: Pick<FrameFacts, 'calibrated' | 'pedestalAdu' | 'isMaster'>,
): Pick<CalibrationFrame, 'lacksBias' | 'levelAdu' | 'spoilt'> {
  const lacksBias = calibrated.bias || (kind === 'flat' && calibrated.dark);
  const isSpoilt = !isMaster && (kind === 'flat' ? calibrated.flat : lacksBias);
  return {
    lacksBias,
    ...(lacksBias && pedestalAdu && { levelAdu: pedestalAdu.value }),
    ...(isSpoilt && { spoilt: 'the program that took it calibrated it already: save raw calibration frames' }),
  };
}

/**
 * Calibration frames that belong together: one kind, one setup, taken in one go. Oldest first, never empty. A frame that is a
 * master already is a set of its own.
 */
export interface CalibrationSet {
  readonly kind: MasterKind;
  readonly frames: readonly CalibrationFrame[];
}

/** Frames further apart than this were not taken in one go. */
export const longestPauseMs = 12 * 3_600_000;
const sameTemperatureC = 1;
const sameRotatorDeg = 1;

/**
 * Groups calibration frames into sets: same kind, setup and corrections, no pause of more than 12 hours; darks and flat-darks of one
 * exposure (2 %) and sensor temperature (1 degree), flats of one filter and position of the rotator (1 degree).
 * `pauses` false leaves the time out.
 */
export function collectSets(frames: readonly CalibrationFrame[], pauses = true): CalibrationSet[] {
  const sets: CalibrationFrame[][] = [];
  const open = new Map<string, CalibrationFrame[][]>();
  const sorted = [...frames].sort(
    (a, b) => a.facts.takenMs - b.facts.takenMs || (a.exposureId < b.exposureId ? -1 : 1),
  );
  for (const frame of sorted) {
    if (frame.isMaster) {
      sets.push([frame]);
      continue;
    }
    const key = `${frame.kind} ${frame.lacksBias === true} ${frame.spoilt} ${setupKey(frame.facts.setup)}`;
    const stillOpen = (open.get(key) ?? []).filter(
      (set) => !pauses || frame.facts.takenMs - set.at(-1)!.facts.takenMs <= longestPauseMs,
    );
    open.set(key, stillOpen);
    const own = stillOpen.find((set) => sameUse(frame.kind, set[0]!.facts, frame.facts));
    if (own) {
      own.push(frame);
    } else {
      sets.push([frame]);
      stillOpen.push(sets.at(-1)!);
    }
  }
  return sets.map((members) => ({ kind: members[0]!.kind, frames: members }));
}

/** Whether frames (or masters) of one kind and setup serve the same end: exposure and temperature, or filter and rotator. */
function sameUse(kind: MasterKind, a: CalibrationFacts, b: CalibrationFacts): boolean {
  const within = (x: number | null, y: number | null, apart: (x: number, y: number) => number, limit: number) =>
    x === null || y === null ? x === y : apart(x, y) <= limit;
  if (kind === 'bias') return true;
  if (kind === 'flat') {
    return sameFilter(a.filter, b.filter) && within(a.rotatorDeg, b.rotatorDeg, rotatorDifference, sameRotatorDeg);
  }
  const degreesApart = (x: number, y: number) => Math.abs(x - y);
  return (
    sameExposure(a.exposureS, b.exposureS) && within(a.temperatureC, b.temperatureC, degreesApart, sameTemperatureC)
  );
}

/** Whether one master can stand in the place of another. */
export function replaces(
  a: { readonly kind: MasterKind; readonly facts: CalibrationFacts },
  b: { readonly kind: MasterKind; readonly facts: CalibrationFacts },
): boolean {
  return a.kind === b.kind && setupKey(a.facts.setup) === setupKey(b.facts.setup) && sameUse(a.kind, a.facts, b.facts);
}

/**
 * Names a set by its members and by what would be subtracted from them, so that the same work is not done twice and a flat is
 * made anew once there are flat-darks for it.
 */
export function setKey({ kind, frames }: CalibrationSet, pedestal: MasterKind | undefined): string {
  const hash = createHash('sha256').update(`${kind} on ${pedestal ?? 'nothing'}`);
  for (const id of frames.map(({ exposureId }) => exposureId).sort()) hash.update(`\n${id}`);
  return hash.digest('hex').slice(0, 32);
}

/** What a set has in common, as the facts of the master that it makes: means where members vary. */
export function factsOfSet({ frames }: CalibrationSet): CalibrationFacts {
  const mean = (pick: (facts: CalibrationFacts) => number | null): number | null => {
    const values = frames.map(({ facts }) => pick(facts)).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const { setup, filter, rotatorDeg } = frames[0]!.facts;
  return {
    setup,
    exposureS: mean(({ exposureS }) => exposureS),
    temperatureC: mean(({ temperatureC }) => temperatureC),
    filter,
    rotatorDeg,
    takenMs: Math.round(mean(({ takenMs }) => takenMs)!),
  };
}
