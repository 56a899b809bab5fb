import { existsSync } from 'node:fs';
import { describeError } from '../../base/errors.ts';
import { type FrameRecord, readFrameRecord } from '../../protocol/frame-record.ts';
import { type MasterMember, masterMembers } from '../masters/master-file.ts';
import type { Store } from '../store/open.ts';
import type { ParcelStatus } from '../store/outbox.ts';
import type { StoredReduction } from '../store/reductions.ts';

/** One exposure from the raw file to what became of it at the centres. */
export interface ExposureTrace {
  readonly exposureId: string;
  /** The files that hold it, copies and former versions too. */
  readonly files: readonly TracedFile[];
  /** Newest first. */
  readonly reductions: readonly TracedReduction[];
}

export interface TracedFile {
  readonly path: string;
  readonly instrument: string;
  readonly fileHash: string | null;
  readonly state: string;
  readonly isThere: boolean;
}

export interface TracedReduction {
  readonly id: string;
  readonly reducedAtMs: number;
  readonly outcome: string;
  readonly software: string;
  readonly configHash: string;
  /** Whether the configuration would give the same today. */
  readonly isConfigOfToday: boolean;
  readonly reference: { readonly id: string; readonly origin: string } | null;
  readonly masters: readonly TracedMaster[];
  readonly catalogues: readonly { readonly path: string; readonly isThere: boolean }[];
  readonly parcels: readonly ParcelStatus[];
  /** Why no more can be said of it. */
  readonly unreadable?: string;
}

export interface TracedMaster {
  readonly kind: string;
  readonly id: string;
  readonly path: string | null;
  /** The raw calibration frames in it. */
  readonly members: readonly MasterMember[];
  /** Why they cannot be told. */
  readonly unreadable?: string;
}

/** All that is known of an exposure. `configHash` is that of the configuration as it stands. */
export async function traceExposure(store: Store, exposureId: string, configHash: string): Promise<ExposureTrace> {
  const frames = store.frames.byExposure(exposureId);
  const parcels = store.outbox.ofExposure(exposureId);
  const reductions: TracedReduction[] = [];
  for (const reduction of store.reductions.byExposure(exposureId)) {
    const own = parcels.filter(({ reductionId }) => reductionId === reduction.id);
    reductions.push(await traceReduction(store, reduction, own, configHash));
  }
  const files = frames.map(({ path, instrument, fileHash, state }) => ({
    ...{ path, instrument, fileHash, state, isThere: existsSync(path) },
  }));
  return { exposureId, files, reductions };
}

async function traceReduction(
  store: Store,
  { id, reducedAtMs, outcome, frameId, record: json }: StoredReduction,
  parcels: readonly ParcelStatus[],
  configHash: string,
): Promise<TracedReduction> {
  const { value: record, unreadable } = readFrameRecord(json);
  const common = { id, reducedAtMs, outcome, parcels };
  if (!record) {
    const nothing = {
      software: '',
      configHash: '',
      isConfigOfToday: false,
      reference: null,
      masters: [],
      catalogues: [],
    };
    return { ...common, ...nothing, unreadable: unreadable ?? 'its record cannot be read' };
  }
  return {
    ...common,
    ...{ software: record.software, configHash: record.configHash, reference: record.reference },
    isConfigOfToday: record.configHash === configHash,
    masters: await mastersOf(store, record, store.frames.get(frameId)?.instrument),
    catalogues: record.catalogues.map((path) => ({ path, isThere: existsSync(path) })),
  };
}

function mastersOf(store: Store, { masters }: FrameRecord, instrument: string | undefined): Promise<TracedMaster[]> {
  const library = instrument === undefined ? [] : store.masters.all(instrument);
  const used = Object.entries(masters).filter((entry): entry is [string, string] => entry[1] !== null);
  return Promise.all(
    used.map(async ([kind, id]) => {
      const path = library.find((one) => one.id === id)?.path ?? null;
      return { kind, id, path, ...(await membersIn(path)) };
    }),
  );
}

/** A file that is gone or damaged tells nothing; the rest of the chain stands. */
async function membersIn(path: string | null): Promise<Pick<TracedMaster, 'members' | 'unreadable'>> {
  if (path === null) return { members: [], unreadable: 'it is no longer in the library' };
  try {
    return { members: await masterMembers(path) };
  } catch (error) {
    return { members: [], unreadable: describeError(error) };
  }
}
