import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Master } from '../../pipeline/calibration/master.ts';
import { findPileUp } from '../../pipeline/calibration/saturation.ts';
import { findBadPixels } from '../../pipeline/combine/bad-pixels.ts';
import type { MemberSource } from '../../pipeline/combine/member.ts';
import { adoptMaster } from './adopt.ts';
import { combineSet } from './combine-set.ts';
import { readMaster, writeMaster } from './master-file.ts';
import type { MasterOrder, MasterReply } from './master-order.ts';
import { openMembers } from './members.ts';
import { compareWith } from './verify.ts';

const sampledRows = 64;

/**
 * Builds one master: combines the members in bands of rows, finds its bad pixels, measures the detector (flats), compares it with its
 * predecessor and writes it durably. The same members give the same id and file, so that a repetition after a kill changes
 * nothing. Rejects for faults of the disk or of the program; members that cannot be used are an outcome.
 */
export async function buildMaster(order: MasterOrder): Promise<MasterReply> {
  await mkdir(order.folder, { recursive: true });
  await removeLeftovers(order.folder);
  if (order.adopt) return adoptMaster(order);
  const opened = await openMembers(order.members, order.folder);
  const biases = await openMembers(order.biases, order.folder);
  try {
    const { kind, facts } = order;
    const colour = facts.setup.bayer !== null;
    const pedestal = order.pedestal && (await readMaster(order.pedestal.path, order.pedestal.kind, order.pedestal.id));
    const { outcome, detector } = await combineSet(opened.members, biases.members, {
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
    const { doubt, confirms } = await compareWith(master, order);
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
      adoptedFrom: null,
    };
  } finally {
    await Promise.all([opened.close(), biases.close()]);
  }
}

/** Removes what a kill left half written. One master is built at a time, so nobody else is at work here. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder);
  const left = names.filter((name) => name.startsWith('.') && name.endsWith('.tmp'));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
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
