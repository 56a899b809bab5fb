import got, { RequestError, type Response } from 'got';

import type { Clock } from '../../../base/clock.ts';
import { describeError, EdgeError } from '../../../base/errors.ts';
import { parcelReceipt } from '../../../protocol/photometry.ts';
import { hubError } from '../../../protocol/rest.ts';
import type { Parcel } from '../../store/outbox.ts';
import type { DeliveryAdapter, DeliveryOutcome, Reconciliation, RetryLaterOutcome } from '../contract.ts';
import { parseJson } from '../http.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { TokenSource } from '../token.ts';

export interface HubDeliveryOptions {
  readonly destination: string;
  /** Address of the hub. */
  readonly url: string;
  readonly token: TokenSource;
  readonly clock: Clock;
  /** Longest silence of the connection, and longest time for one parcel. */
  readonly timeouts?: { readonly silenceMs: number; readonly wholeMs: number };
}

const patient = { silenceMs: 60_000, wholeMs: 10 * 60_000 };
const largestAnswerBytes = 64 * 1024;

/**
 * The adapter to a hub. The hub knows a parcel by its key and revision, so whatever went wrong on the way, sending
 * again is safe.
 */
export function hubDelivery(options: HubDeliveryOptions): DeliveryAdapter {
  const { silenceMs, wholeMs } = options.timeouts ?? patient;
  const client = got.extend({
    retry: { limit: 0 },
    followRedirect: false,
    decompress: false, // so that no answer is larger than it looks
    throwHttpErrors: false,
    timeout: { lookup: 10_000, connect: 15_000, secureConnect: 15_000, socket: silenceMs, request: wholeMs },
    headers: { accept: 'application/json' },
  });
  const addressOf = (parcel: Parcel) =>
    `${options.url.replace(/\/+$/, '')}/v1/photometry/${parcel.key}/${parcel.revision}`;
  const authorization = () => `Bearer ${options.token()}`;

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryOutcome> {
    const endless = new AbortController();
    try {
      const call = client.put(addressOf(parcel), {
        body: parcel.body,
        headers: { authorization: authorization(), 'content-type': 'application/json', 'content-encoding': 'gzip' },
        signal: AbortSignal.any([signal, endless.signal]),
      });
      call.on('downloadProgress', ({ transferred }) => {
        if (transferred > largestAnswerBytes) endless.abort();
      });
      return outcomeOf(await call, parcel, options.clock.nowMs());
    } catch (error) {
      if (error instanceof EdgeError) return { kind: 'tell-operator', reason: error.message };
      if (!(error instanceof RequestError)) throw error;
      return retryLater('destination', `${new URL(options.url).origin} cannot be reached: ${describeError(error)}`);
    }
  }

  async function reconcile(parcel: Parcel, signal: AbortSignal): Promise<Reconciliation> {
    try {
      const answer = await client.head(addressOf(parcel), { headers: { authorization: authorization() }, signal });
      if (answer.statusCode === 200) return answer.headers.etag === `"${parcel.checksum}"` ? 'held' : 'undecided';
      return answer.statusCode === 404 ? 'absent' : 'undecided';
    } catch (error) {
      if (error instanceof RequestError || error instanceof EdgeError) return 'undecided';
      throw error;
    }
  }

  const { destination } = options;
  return {
    destination,
    taking: { destination, takes: 'everything' },
    capabilities: { keyed: true },
    deliver,
    reconcile,
  };
}

/** What the hub's answer to a parcel means. Anything that does not look like a hub's word is not taken for one. */
function outcomeOf(answer: Response<string>, parcel: Parcel, nowMs: number): DeliveryOutcome {
  const { statusCode: status } = answer;
  const said = parseJson(answer.body);
  if (status === 200 || status === 201) {
    const receipt = parcelReceipt.safeParse(said);
    if (!receipt.success) return retryLater('destination', `the answer ${status} is not that of a hub`);
    const { outcome, key, revision, checksum } = receipt.data;
    if (key !== parcel.key || revision !== parcel.revision || checksum !== parcel.checksum) {
      return retryLater('parcel', `the receipt is for something else (SHA-256 ${checksum})`);
    }
    return { kind: outcome === 'duplicate' ? 'duplicate' : 'accepted' };
  }
  const refusal = hubError.safeParse(said);
  const reason = refusal.success ? refusal.data.reason : `something before the hub answered HTTP ${status}`;
  if (status === 401 || status === 403) {
    return {
      kind: 'tell-operator',
      reason: `The hub refuses this site: ${reason} Check url, site.name and the token.`,
    };
  }
  if (status >= 300 && status < 400) {
    return {
      kind: 'tell-operator',
      reason: `The hub has moved to ${answer.headers.location ?? 'an unnamed place'}. Put its new address in url.`,
    };
  }
  const waitMs = retryAfterMs(answer.headers, nowMs);
  if (status === 408 || status === 425 || status === 429 || status === 502 || status === 503 || status === 504) {
    return retryLater('destination', reason, waitMs);
  }
  // Only a hub's own word refuses for good: a stranger at a mistyped address, or a proxy, must not set a backlog aside.
  if (refusal.success && status < 500) return { kind: 'rejected', reason };
  if (status === 413) {
    const size = `${Math.ceil(parcel.body.length / 1024)} kB`;
    return retryLater(
      'parcel',
      `something before the hub takes no parcel of ${size} (HTTP 413): raise its limit`,
      waitMs,
    );
  }
  return retryLater(status >= 500 ? 'parcel' : 'destination', reason, waitMs);
}

function retryLater(scope: RetryLaterOutcome['scope'], reason: string, waitMs?: number): RetryLaterOutcome {
  return { kind: 'retry-later', scope, reason, ...(waitMs === undefined ? {} : { waitMs }) };
}
