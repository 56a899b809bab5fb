import { z } from 'zod';
import type { DeliveryOutcome } from '../contract.ts';
import { type HttpAnswer, parseJson } from '../http.ts';

/** The key of the file's name really has a colon; ids come as text. */
const success = z.object({
  Success: z
    .array(z.object({ id: z.union([z.string(), z.number()]).optional(), message: z.string().optional() }))
    .min(1),
});

/** What the server says when it refuses, by its kind, and what to do about it. Earlier ones win. */
const refusals: readonly { readonly says: RegExp; readonly outcome: (said: string) => DeliveryOutcome }[] = [
  {
    says: /temporar|disabled|maintenance|try again|unavailable/i,
    outcome: (said) => ({ kind: 'retry-later', scope: 'destination', reason: `BHTOM takes no uploads now: ${said}` }),
  },
  {
    says: /target\b.*(does not|doesn't) exist/i,
    outcome: (said) => ({
      kind: 'rejected',
      reason: `${said} Create the target at BHTOM, or give it the name it has there, and send the parcel again.`,
    }),
  },
  {
    says: /not active|inactive/i,
    outcome: (said) => ({
      kind: 'tell-operator',
      reason: `${said} BHTOM's administrators activate a camera after it was registered: ask them.`,
    }),
  },
  {
    says: /(observatory|camera|oname)\b.*((does not|doesn't|not) exist|not found|your list|favou?rite)/i,
    outcome: (said) => ({
      kind: 'tell-operator',
      reason: `${said} Check oname, and add the camera to the favourites of this account on BHTOM's page of observatories.`,
    }),
  },
];

/**
 * What BHTOM's answer to an upload means. It cannot be sent the same twice, so an answer that does not tell whether it
 * was taken is `unknown`. Nothing but a list of successes is one: errors come with 200 too.
 */
export function readUploadAnswer({ status, body, location }: HttpAnswer, waitMs: number | undefined): DeliveryOutcome {
  const said = parseJson(body);
  const complaint = complaintIn(said);
  const isJson = said !== undefined;
  if (status >= 300 && status < 400) {
    return {
      kind: 'tell-operator',
      reason: `BHTOM's uploads have moved to ${location ?? 'an unnamed place'}: put the new address in uploadUrl.`,
    };
  }
  const refusal = refusals.find(({ says }) => says.test(complaint ?? ''));
  if (refusal) return refusal.outcome(complaint!);
  if (status === 408 || status === 425 || status === 429 || status === 503) {
    return {
      kind: 'retry-later',
      scope: 'destination',
      reason: `BHTOM is busy (HTTP ${status})`,
      ...(waitMs !== undefined && { waitMs }),
    };
  }
  if (status >= 200 && status < 300 && complaint === undefined) {
    const { success: isTaken, data } = success.safeParse(said);
    if (!isTaken) return { kind: 'unknown', reason: `HTTP ${status} without a list of what was taken` };
    const { id, message } = data.Success[0]!;
    return {
      kind: 'accepted',
      receipt: { ...(id !== undefined && { remoteId: String(id) }), words: message ?? 'taken without a word' },
    };
  }
  if (status >= 500) return { kind: 'unknown', reason: `BHTOM failed (HTTP ${status})` };
  if (status === 413) {
    return {
      kind: 'retry-later',
      scope: 'parcel',
      reason: 'something before BHTOM takes no file of this size (HTTP 413)',
    };
  }
  // Only its own word refuses for good: a stranger's page, or a proxy's, must not set a backlog aside.
  if (isJson && complaint !== undefined && (status < 300 || status === 400)) {
    return { kind: 'rejected', reason: complaint };
  }
  return { kind: 'tell-operator', reason: `uploadUrl does not answer as BHTOM does (HTTP ${status}): check it.` };
}

/** What an answer complains of: the texts of every key but `Success`; undefined where it is not JSON, or has none. */
function complaintIn(said: unknown): string | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const texts = Object.entries(said)
    .filter(([key]) => key !== 'Success')
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is string => typeof value === 'string' && value.trim() !== '');
  return texts.length === 0 ? undefined : texts.join(' ').slice(0, 500);
}
