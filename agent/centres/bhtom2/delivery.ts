import type { Clock } from '../../../base/clock.ts';
import { EdgeError, Parked } from '../../../base/errors.ts';
import type { ClaimedParcel, Parcel } from '../../store/outbox.ts';
import type { DeliveryAdapter, DeliveryOutcome, Verdict } from '../contract.ts';
import type { HttpClient } from '../http.ts';
import { outcomeOf, productOf } from '../parcel.ts';
import type { Bhtom2Account } from './account.ts';
import { fetchResults } from './calibration-result.ts';
import { compareResult } from './comparison.ts';
import { correlationId, fileStem } from './file-name.ts';
import { findUpload } from './look-up.ts';
import { type UploadServer, uploaderTo } from './upload.ts';
import { type UploadOptions, uploadForm } from './upload-form.ts';

export interface Bhtom2DeliveryOptions {
  readonly account: Bhtom2Account;
  readonly server: Pick<UploadServer, 'uploadUrl' | 'timeouts'>;
  readonly uploads: UploadOptions;
  /** Shortest time between two uploads of one target, seconds. */
  readonly everyS: number;
  /** The ONAME of an instrument of this site. */
  readonly onameOf: (instrument: string) => string | null | undefined;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** An upload that was accepted has been seen to show up this late. */
const showsAfterMs = 60 * 60_000;

/**
 * The adapter to BHTOM. It takes one target of a frame at a time with all stars of the frame, and does not know our
 * keys: what may have arrived is looked for by the name of its file and not sent again before that. What it made of an
 * upload is compared with ours; nothing comes of a dry run.
 */
export function bhtom2Delivery(options: Bhtom2DeliveryOptions): DeliveryAdapter {
  const { account, uploads, everyS, onameOf, http, clock } = options;
  const { destination } = account;
  const upload = uploaderTo({ account, clock, ...options.server });

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryOutcome> {
    try {
      const identity = identityOf(parcel);
      const product = await productOf(parcel);
      const oname = onameOf(product.instrument) ?? product.oname ?? undefined;
      const form = uploadForm(product, identity.target, oname, uploads);
      return await upload({ stem: fileStem(identity), correlationId: correlationId(identity), form }, signal);
    } catch (error) {
      return outcomeOf(error, clock.nowMs());
    }
  }

  async function verdictOn(parcel: ClaimedParcel, results: Awaited<ReturnType<typeof fetchResults>>, id: string) {
    const result = results.get(id);
    return result && compareResult(result, await productOf(parcel), identityOf(parcel).target);
  }

  async function verdicts(parcels: readonly ClaimedParcel[], signal: AbortSignal): Promise<Map<number, Verdict>> {
    const ids = new Map<ClaimedParcel, string>();
    for (const parcel of parcels) {
      // Without an id it was found by its name after an answer that was lost.
      const id =
        parcel.remoteId ?? (await findUpload(account, fileStem(identityOf(parcel)), uploads.type, http, signal));
      if (id !== undefined) ids.set(parcel, id);
    }
    const results = await fetchResults(account, [...ids.values()], http, signal);
    const told = new Map<number, Verdict>();
    for (const [parcel, id] of ids) {
      const verdict = await verdictOn(parcel, results, id);
      if (verdict) told.set(parcel.id, verdict);
    }
    return told;
  }

  return {
    destination,
    taking: { destination, takes: 'targets', everyS },
    capabilities: { keyed: false, showsAfterMs, atOnce: 2 },
    deliver,
    async reconcile(parcel, signal) {
      try {
        const id = await findUpload(account, fileStem(identityOf(parcel)), uploads.type, http, signal);
        return id === undefined ? 'absent' : 'held';
      } catch (error) {
        if (error instanceof EdgeError) return 'undecided';
        throw error;
      }
    },
    // Our own points are not calibrated there, and of a dry run nothing is kept.
    ...(uploads.type === 'photometry' && !uploads.dryRun && { verdicts }),
  };
}

function identityOf({ key, revision, target }: Parcel): { key: string; revision: string; target: string } {
  if (target === null) throw new Parked('BHTOM_UPLOAD', 'BHTOM takes frames for a target only, and this one has none.');
  return { key, revision, target };
}
