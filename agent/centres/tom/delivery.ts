import { z } from 'zod';
import type { Clock } from '../../../base/clock.ts';
import { EdgeError, Parked, RetryLater } from '../../../base/errors.ts';
import { filters } from '../../../config/filters.ts';
import { parcelPoint } from '../../exports/parcel-point.ts';
import type { ExportPoint } from '../../exports/point.ts';
import type { Parcel } from '../../store/outbox.ts';
import type { DeliveryAdapter, DeliveryOutcome } from '../contract.ts';
import { type HttpAnswer, type HttpClient, notActedOn, parseJson } from '../http.ts';
import { outcomeOf, productOf } from '../parcel.ts';
import { callTom, complaintIn, type TomAccount } from './account.ts';
import { reducedDatum, sourceLocation } from './datum.ts';
import { findDatum } from './look-up.ts';
import { targetId } from './targets.ts';

export interface TomDeliveryOptions {
  readonly account: TomAccount;
  /** Shortest time between two points of one target, seconds. */
  readonly everyS: number;
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** What the TOM says when it took a datum; it gives no number to it. */
const taken = z.object({ source_location: z.string(), message: z.string().optional() });

/**
 * The adapter to a TOM: the magnitude or limit of one target of a frame, as a reduced datum. A TOM knows no keys of
 * ours, and only newer ones refuse a second datum of the same moment, all of them by failing (HTTP 500): what may have
 * arrived is looked for among the target's data and not sent again before that.
 */
export function tomDelivery({ account, everyS, http, clock }: TomDeliveryOptions): DeliveryAdapter {
  const { destination, url } = account;
  /** Numbers of targets by name, asked for once. */
  const ids = new Map<string, number>();

  async function idOf(name: string, signal: AbortSignal): Promise<number> {
    const id = ids.get(name) ?? (await targetId(account, name, http, signal));
    ids.set(name, id);
    return id;
  }

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<DeliveryOutcome> {
    try {
      const point = await pointOf(parcel);
      const sent = { target: await idOf(point.target, signal), point, key: parcel.key };
      const answer = await post(reducedDatum(point, sent.target, parcel.key), signal);
      if ('kind' in answer) return answer;
      if (answer.status === 500) return await failedOn(sent, signal);
      if (answer.status === 400 && isWrongTarget(answer)) return await wrongTarget(sent, answer, signal);
      return taking(answer, parcel.key, url);
    } catch (error) {
      if (error === signal.reason)
        return { kind: 'retry-later', scope: 'destination', reason: 'broken off before it was sent' };
      return outcomeOf(error, clock.nowMs());
    }
  }

  /** The answer to a POST, or what becomes of the parcel where none came. */
  async function post(datum: object, signal: AbortSignal): Promise<HttpAnswer | DeliveryOutcome> {
    try {
      return await callTom(account, '/api/reduceddatums/', datum, http, signal);
    } catch (error) {
      if (error === signal.reason) return { kind: 'unknown', reason: 'broken off while it was being sent' };
      if (!(error instanceof RetryLater) || notActedOn.has(error.code)) throw error;
      return { kind: 'unknown', reason: error.message };
    }
  }

  /** A TOM fails on a datum that it has, on one that it will not have beside another, and for reasons of its own. */
  async function failedOn(sent: Sent, signal: AbortSignal): Promise<DeliveryOutcome> {
    const perhapsThere = { kind: 'unknown', reason: `${url} failed on it (HTTP 500)` } as const;
    try {
      const { own, other } = await findDatum(account, sent, 'all', http, signal);
      if (own) return { kind: 'duplicate', receipt: { words: 'it was there already' } };
      if (!other) return perhapsThere;
      return {
        kind: 'rejected',
        reason: `The TOM has a datum of ${sent.point.target} at the same moment in the same band (of "${other.source_name}"), and takes no second one.`,
      };
    } catch (error) {
      if (error instanceof EdgeError || error === signal.reason) return perhapsThere;
      throw error;
    }
  }

  /** The target has another number by now, or the account may not add to it. */
  async function wrongTarget({ target, point }: Sent, answer: HttpAnswer, signal: AbortSignal) {
    ids.delete(point.target);
    const reason = `the TOM does not let it be put to target ${target}: ${complaintIn(answer.body)}`;
    const isTheSame = (await idOf(point.target, signal)) === target;
    return isTheSame
      ? ({ kind: 'rejected', reason: `${reason} May this account change "${point.target}" there?` } as const)
      : ({ kind: 'retry-later', scope: 'parcel', reason } as const);
  }

  return {
    destination,
    taking: { destination, takes: 'targets', everyS },
    capabilities: { keyed: false, atOnce: 2 },
    deliver,
    async reconcile(parcel, signal) {
      try {
        const point = await pointOf(parcel);
        const sent = { target: await idOf(point.target, signal), point, key: parcel.key };
        return (await findDatum(account, sent, 'of this site', http, signal)).own ? 'held' : 'absent';
      } catch (error) {
        if (error instanceof EdgeError || error === signal.reason) return 'undecided';
        throw error;
      }
    },
  };
}

interface Sent {
  readonly target: number;
  readonly point: ExportPoint;
  readonly key: string;
}

async function pointOf(parcel: Parcel): Promise<ExportPoint> {
  if (parcel.target === null) throw new Parked('TOM_DATUM', 'A TOM takes data of targets only, and this has none.');
  const point = parcelPoint(await productOf(parcel), parcel.target, filters);
  if (typeof point === 'string') throw new Parked('TOM_DATUM', `It cannot be given to a TOM: ${point}.`);
  return point;
}

const isWrongTarget = ({ body }: HttpAnswer): boolean => {
  const said = parseJson(body);
  return typeof said === 'object' && said !== null && 'target' in said;
};

/** What any other answer to a POST means. Nothing but our own datum, given back, is a success. */
function taking({ status, body }: HttpAnswer, key: string, url: string): DeliveryOutcome {
  if (status >= 200 && status < 300) {
    const { success, data } = taken.safeParse(parseJson(body));
    return success && data.source_location === sourceLocation(key)
      ? { kind: 'accepted', receipt: { words: data.message ?? 'taken without a word' } }
      : { kind: 'unknown', reason: `HTTP ${status} without the datum that was sent` };
  }
  if (status >= 500) return { kind: 'unknown', reason: `${url} failed on it (HTTP ${status})` };
  const complaint = complaintIn(body);
  // Only its own word refuses for good: a stranger's page, or a proxy's, must not set a backlog aside.
  if (status === 400 && complaint !== undefined) return { kind: 'rejected', reason: complaint };
  return {
    kind: 'tell-operator',
    reason: `${url} does not take data as a TOM does (HTTP ${status}): check url, and that its /api/reduceddatums/ is open.`,
  };
}
