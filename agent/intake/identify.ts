import { stat } from 'node:fs/promises';
import type { ByteSource } from '../../base/bytes.ts';
import { describeError } from '../../base/errors.ts';
import { openFile } from '../../base/file-bytes.ts';
import { dialectTable } from '../../config/dialects.ts';
import { defaultLimits, type FitsLimits } from '../../pipeline/fits/limits.ts';
import { isPacked } from '../../pipeline/fits/unpack.ts';
import { identifyFrame } from '../../pipeline/frame/read-frame.ts';
import type { HeaderOverrides } from '../../pipeline/header/dialect.ts';
import { fileHash } from '../../pipeline/header/identity.ts';
import type { FileVersion, Identity } from '../store/frame.ts';
import { factsKey } from './facts-key.ts';
import { sameVersion, sentence, versionOf } from './file-state.ts';
import { alone } from './packed.ts';
import { isMissing } from './walk.ts';

export interface IdentifyJob {
  readonly path: string;
  /** The path below the watched folder: its words tell the kind of a frame where the header does not. */
  readonly below: string;
  /** The version that settled. */
  readonly version: FileVersion;
  readonly overrides: HeaderOverrides;
}

/** What reading a settled file ended in. */
export type Identification =
  | { readonly kind: 'identified'; readonly identity: Identity }
  | { readonly kind: 'rejected'; readonly code: string; readonly reason: string }
  /** Not the version that settled any more, or not to be opened now: let it settle again. */
  | { readonly kind: 'unsettled'; readonly reason: string }
  | { readonly kind: 'gone' };

/**
 * Reads a settled file from end to end: its hash, what its pixels and header say. What it gives belongs to the settled
 * version for certain: a file that changed meanwhile is unsettled. Rejects only for a fault of the program.
 */
export async function identify(job: IdentifyJob, limits: FitsLimits = defaultLimits): Promise<Identification> {
  try {
    const file = await openFile(job.path);
    try {
      return await ((await isPacked(file)) ? alone(() => read(file, job, limits)) : read(file, job, limits));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return { kind: 'gone' };
    if (isSystemError(error)) return { kind: 'unsettled', reason: describeError(error) };
    throw error;
  }
}

async function read(file: ByteSource, job: IdentifyJob, limits: FitsLimits): Promise<Identification> {
  // Side by side: one is hashed while the bytes of the other are on their way.
  const [outcome, hash] = await both(
    identifyFrame(file, { table: dialectTable, overrides: job.overrides, path: job.below, limits }),
    fileHash(file),
  );
  if (!sameVersion(versionOf(await stat(job.path)), job.version)) {
    return { kind: 'unsettled', reason: 'The file changed while it was read.' };
  }
  if (outcome.kind === 'rejected') return { kind: 'rejected', code: outcome.fault, reason: sentence(outcome.reason) };
  const { facts, exposureId } = outcome;
  if (facts.refusals.length > 0) {
    const reason = facts.refusals.map((refusal) => sentence(refusal.reason)).join(' ');
    return { kind: 'rejected', code: facts.refusals[0]!.code, reason };
  }
  const kind = facts.kind?.value ?? 'light';
  return { kind: 'identified', identity: { fileHash: hash, exposureId, factsKey: factsKey(facts), kind, facts } };
}

/** As `Promise.all`, but rejects only when neither is at work any more. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

function isSystemError(error: unknown): boolean {
  return typeof (error as { syscall?: unknown }).syscall === 'string';
}
