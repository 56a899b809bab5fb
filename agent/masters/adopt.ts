import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Master } from '../../pipeline/calibration/master.ts';
import { findBadPixels } from '../../pipeline/combine/bad-pixels.ts';
import { sameVersion, versionOf } from '../intake/file-state.ts';
import { readForeignMaster } from './foreign-master.ts';
import { readMaster, writeMaster } from './master-file.ts';
import type { MasterOrder, MasterReply } from './master-order.ts';
import { compareWith } from './verify.ts';

/**
 * Takes over a master that another program combined: brought to the form of our own (see `readForeignMaster`), its bad pixels
 * found, held against its predecessor, and written to the library with where it is from. What cannot be used is refused with the
 * reason; rejects as `buildMaster` does.
 */
export async function adoptMaster(order: MasterOrder): Promise<MasterReply> {
  const { kind, facts, pedestal, folder } = order;
  const member = order.members[0]!;
  const name = basename(member.path);
  const refused = (reason: string): MasterReply => ({ state: 'refused', reason: `${name}: ${reason}`, rejected: [] });
  if (!sameVersion(versionOf(await stat(member.path)), member.version))
    return refused('another file has taken its place');
  const findBias = async () =>
    pedestal ? { master: await readMaster(pedestal.path, pedestal.kind, pedestal.id), warnings: [] } : { warnings: [] };
  const loaded = await readForeignMaster(member.path, kind, member.exposureId, facts, findBias);
  if (!loaded.master) return refused(loaded.warnings.join('; '));
  const fault = faultOf(loaded.master);
  if (fault !== undefined) return refused(fault);
  const bad = findBadPixels(loaded.master, facts.setup.bayer !== null);
  const master: Master = { ...loaded.master, kind, bad: bad.map };
  const { doubt, confirms } = await compareWith(master, order);
  const from = [name, loaded.software].filter((text) => text !== undefined).join(' by ');
  const provenance = {
    facts,
    members: [{ name, exposureId: member.exposureId }],
    pedestalId: pedestal?.id,
    software: order.software,
    adoptedFrom: from,
  };
  return {
    state: 'built',
    id: master.id,
    path: await writeMaster(folder, master, provenance),
    nCombined: master.nCombined,
    noise: master.noise,
    rejected: [],
    clippedShare: 0,
    nBad: bad.count,
    doubt,
    confirms,
    detector: null,
    adoptedFrom: `adopted from ${[from, ...loaded.warnings].join('; ')}`,
  };
}

/** Why what calls itself a master cannot be one. */
function faultOf({ kind, pixels }: Master): string | undefined {
  let usable = 0;
  let positive = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (!(Math.abs(value) < Number.POSITIVE_INFINITY)) continue;
    usable++;
    if (value > 0) positive++;
  }
  if (usable < 0.9 * pixels.length) return 'more than a tenth of its pixels have no value';
  if (kind !== 'flat' && positive < usable / 2)
    return 'most of its pixels are not above zero: its pedestal was taken out';
  return undefined;
}
