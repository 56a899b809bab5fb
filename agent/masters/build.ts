import { mkdir } from 'node:fs/promises';
import type { Linearity } from '../../pipeline/calibration/linearity.ts';
import type { Master } from '../../pipeline/calibration/master.ts';
import { findPileUp } from '../../pipeline/calibration/saturation.ts';
import { findBadPixels } from '../../pipeline/combine/bad-pixels.ts';
import { combineMaster } from '../../pipeline/combine/combine.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import { readMaster, writeMaster } from './master-file.ts';
import { type MeasuredDetector, measureDetector } from './measure-detector.ts';
import { type MemberFile, openMembers } from './members.ts';
import type { MasterKind } from './sets.ts';
import type { CalibrationFacts } from './setup.ts';
import { doubtAbout } from './verify.ts';

/** A master in the library: its name and its file. */
export interface MasterFile {
  readonly id: string;
  readonly kind: MasterKind;
  readonly path: string;
}

/** What to build; plain data, so that it can travel to the reduction process. */
export interface MasterOrder {
  readonly kind: MasterKind;
  readonly facts: CalibrationFacts;
  readonly members: readonly MemberFile[];
  /** For flats: what to subtract first. */
  readonly pedestal: MasterFile | undefined;
  /** For flats: two raw biases of the same setup, to measure the detector with. */
  readonly biases: readonly MemberFile[];
  readonly saturationAdu: number | undefined;
  readonly linearity: Linearity | undefined;
  readonly fewestMembers: number;
  readonly memoryBytes: number;
  /** The last good master of the same setup. */
  readonly predecessor: MasterFile | undefined;
  /** A later one that was kept aside: when the new one agrees with it, it was right. */
  readonly keptAside: MasterFile | undefined;
  readonly folder: string;
  readonly software: string;
}

export type MasterReply =
  | {
      readonly state: 'built';
      readonly id: string;
      readonly path: string;
      readonly nCombined: number;
      readonly noise: number;
      readonly rejected: readonly RejectedMember[];
      readonly clippedShare: number;
      readonly nBad: number;
      /** Why it is to be kept aside. */
      readonly doubt: string | null;
      /** The id of the one that was kept aside, when it is confirmed. */
      readonly confirms: string | null;
      readonly detector: MeasuredDetector | null;
    }
  | { readonly state: 'refused'; readonly reason: string; readonly rejected: readonly RejectedMember[] };

export interface RejectedMember {
  readonly name: string;
  readonly reason: string;
}

const sampledRows = 64;

/**
 * Builds one master: combines the members in bands of rows, finds its bad pixels, measures the detector (flats), compares it with its
 * predecessor and writes it durably. The same members give the same id and file, so that a repetition after a kill changes
 * nothing. Rejects for faults of the disk or of the program; members that cannot be used are an outcome.
 */
export async function buildMaster(order: MasterOrder): Promise<MasterReply> {
  await mkdir(order.folder, { recursive: true });
  const opened = await openMembers(order.members, order.folder);
  const biases = await openMembers(order.biases, order.folder);
  try {
    const { kind, facts } = order;
    const colour = facts.setup.bayer !== null;
    const pedestal = order.pedestal && (await readMaster(order.pedestal.path, order.pedestal.kind, order.pedestal.id));
    const outcome = await combineMaster(opened.members, {
      kind,
      ...(pedestal && { pedestal }),
      linearity: order.linearity,
      exposureS: facts.exposureS ?? 0,
      sensorTemperatureC: facts.temperatureC ?? undefined,
      filter: facts.filter ?? undefined,
      colour,
      saturationAdu: order.saturationAdu ?? (kind === 'flat' ? await pileUpOf(opened.members) : undefined),
      fewestMembers: order.fewestMembers,
      memoryBytes: order.memoryBytes,
      memberIds: opened.members.map(({ exposureId }) => exposureId),
    });
    const rejected = [...opened.rejected, ...outcome.rejected];
    if (outcome.kind === 'refused') return { state: 'refused', reason: outcome.reason, rejected };
    const bad = findBadPixels(outcome.master, colour);
    const master: Master = { ...outcome.master, bad: bad.map };
    const names = new Set(outcome.used);
    const used = opened.members.filter(({ name }) => names.has(name));
    const detector = kind === 'flat' ? await measureDetector(used, biases.members) : undefined;
    const { doubt, confirms } = await verify(master, order);
    const provenance = { facts, members: used, pedestalId: order.pedestal?.id, software: order.software };
    return {
      state: 'built',
      id: master.id,
      path: await writeMaster(order.folder, master, provenance),
      nCombined: master.nCombined,
      noise: master.noise,
      rejected,
      clippedShare: outcome.clippedShare,
      nBad: bad.count,
      doubt,
      confirms,
      detector: detector ?? null,
    };
  } finally {
    await Promise.all([opened.close(), biases.close()]);
  }
}

/** The level at which pixels of the members pile up, as far as the rows in the middle tell. */
async function pileUpOf(members: readonly MemberSource[]): Promise<number | undefined> {
  const levels: number[] = [];
  for (const { width, height, readRows } of members) {
    const from = Math.max(0, (height - sampledRows) >> 1);
    const rows = new Float32Array(Math.min(height, sampledRows) * width);
    await readRows(from, from + rows.length / width, rows);
    const level = findPileUp(rows);
    if (level !== undefined) levels.push(level);
  }
  return levels.length === 0 ? undefined : Math.min(...levels);
}

async function verify(
  master: Master,
  { predecessor, keptAside }: MasterOrder,
): Promise<{ doubt: string | null; confirms: string | null }> {
  const against = async (file: MasterFile) => doubtAbout(master, await readMaster(file.path, file.kind, file.id));
  const doubt = predecessor && (await against(predecessor));
  if (doubt === undefined) return { doubt: null, confirms: null };
  if (keptAside && (await against(keptAside)) === undefined) return { doubt: null, confirms: keptAside.id };
  return { doubt, confirms: null };
}
