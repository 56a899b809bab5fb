import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { EdgeError, Parked } from '../../../base/errors.ts';
import { fileNameOf } from '../../../base/file-name.ts';
import { filters } from '../../../config/filters.ts';
import type { FolderDestinationConfig } from '../../../config/schema.ts';
import { exportFormats } from '../../exports/formats.ts';
import { parcelPoint } from '../../exports/parcel-point.ts';
import type { ExportPoint } from '../../exports/point.ts';
import type { Parcel } from '../../store/outbox.ts';
import type { DeliveryAdapter, DeliveryOutcome } from '../contract.ts';
import { outcomeOf, productOf } from '../parcel.ts';
import { FolderCalls } from './calls.ts';
import type { FolderFiles } from './files.ts';

export interface FolderDeliveryOptions {
  readonly destination: FolderDestinationConfig;
  readonly files: FolderFiles;
  readonly clock: Clock;
}

interface FileToWrite {
  readonly path: string;
  readonly content: Buffer;
}

/**
 * The adapter to a folder: every target of a frame as a file of its own in each format that is wanted. The name tells
 * the parcel, and what is written depends on nothing but it: a file that is there already and says the same was written
 * by an earlier try.
 */
export function folderDelivery({ destination, files, clock }: FolderDeliveryOptions): DeliveryAdapter {
  const { id, folder, everyS } = destination;
  const calls = new FolderCalls(folder, clock);

  /** Whether the file is written now, or stands there already. */
  async function write({ path, content }: FileToWrite, signal: AbortSignal): Promise<boolean> {
    if (await calls.do(() => files.save(folder, path, content), signal)) return true;
    const there = await calls.do(() => files.read(path), signal);
    if (there && content.equals(there)) return false;
    throw new Parked('FOLDER_TAKEN', `${path} is there with other content, and is left as it is.`);
  }

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryOutcome> {
    try {
      const wanted = await filesOf(parcel, destination);
      const written: boolean[] = [];
      for (const file of wanted) written.push(await write(file, signal));
      const receipt = { remoteId: wanted[0]!.path, words: `${wanted.length} files in ${folder}` };
      return { kind: written.some((isNew) => isNew) ? 'accepted' : 'duplicate', receipt };
    } catch (error) {
      if (error === signal.reason) return { kind: 'retry-later', scope: 'destination', reason: 'broken off' };
      return outcomeOf(error, clock.nowMs());
    }
  }

  return {
    destination: id,
    taking: { destination: id, takes: 'targets', everyS },
    capabilities: { keyed: true, atOnce: 1 },
    deliver,
    async reconcile(parcel, signal) {
      try {
        for (const { path, content } of await filesOf(parcel, destination)) {
          const there = await calls.do(() => files.read(path), signal);
          if (there === undefined) return 'absent';
          if (!content.equals(there)) return 'undecided';
        }
        return 'held';
      } catch (error) {
        if (error instanceof EdgeError || error === signal.reason) return 'undecided';
        throw error;
      }
    },
  };
}

/** What becomes of a parcel. Throws Parked where no format has a place for it. */
async function filesOf(parcel: Parcel, destination: FolderDestinationConfig): Promise<FileToWrite[]> {
  if (parcel.target === null) throw cannot('only targets are written, and this is a whole frame');
  const point = parcelPoint(await productOf(parcel), parcel.target, filters);
  if (typeof point === 'string') throw cannot(point);
  const { obscode, skyPortalInstrument, formats } = destination;
  const needs = { software: point.software, obscode, skyPortalInstrument };
  const reasons: string[] = [];
  const wanted = formats.flatMap((name) => {
    const { extension, write } = exportFormats[name];
    const { content, leftOut } = write([point], needs);
    reasons.push(...leftOut.map(({ reason }) => `${name}: ${reason}`));
    const path = join(destination.folder, fileNameOf(point.target), `${stemOf(point, parcel.key)}.${extension}`);
    return leftOut.length > 0 ? [] : [{ path, content: Buffer.from(content) }];
  });
  if (wanted.length === 0) throw cannot(reasons.join('; '));
  return wanted;
}

/** Mid-exposure in UTC, the plane, and enough of the key. */
function stemOf({ mjdMid, plane }: ExportPoint, key: string): string {
  const time = new Date(Math.round((mjdMid - 40_587) * 86_400_000)).toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `${time}${plane === 'mono' ? '' : `_${fileNameOf(plane)}`}_${key.slice(0, 12)}`;
}

const cannot = (why: string): Parked => new Parked('FOLDER_POINT', `It cannot be written: ${why}.`);
