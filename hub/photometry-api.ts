import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { maxParcelBytes, parcelName } from '../protocol/photometry.ts';
import type { BatchAnswer, BatchOutcome } from '../protocol/photometry-batch.ts';
import { utc } from '../protocol/request.ts';
import type { HubErrorCode } from '../protocol/rest.ts';
import { type Answer, type Call, countIn, Refusal, type Route, readSent, type SentBody, siteIn } from './http.ts';
import type { BatchItem, ParcelContent } from './parcel-content.ts';
import type { ParcelReader } from './parcel-reader.ts';
import type { ParcelStore, StoredParcel } from './ports.ts';

const longestList = 10_000;
const address = /^\/v1\/photometry\/(?<key>[^/]+)\/(?<revision>[^/]+)$/;

/** Photometry as it arrives, and as it is looked up. */
export function photometryRoutes(parcels: ParcelStore, reader: ParcelReader, clock: Clock, log: Logger): Route[] {
  async function put(call: Call): Promise<Answer> {
    const names = namesIn(call);
    const { bytes, gzipped } = await sentBySite(call);
    const content = await reader.read(call.caller.site, bytes, gzipped);
    const [outcome] = await keep(call.caller.site, [{ ...names, content }]);
    return { status: outcome!.status, body: outcome!.receipt ?? outcome!.refusal };
  }

  async function putBatch(call: Call): Promise<Answer> {
    const { bytes, gzipped } = await sentBySite(call);
    const items = await reader.readBatch(call.caller.site, bytes, gzipped);
    return { status: 200, body: { outcomes: await keep(call.caller.site, items) } satisfies BatchAnswer };
  }

  /** Stores what can be taken, in one transaction; gives an outcome for each item. */
  async function keep(site: string, items: readonly BatchItem[]): Promise<BatchOutcome[]> {
    const judged = items.map((item) => ('refusal' in item ? item : (ofAnother(site, item.content) ?? item)));
    const taken = judged.filter((item): item is TakenItem => !('refusal' in item));
    const arrived = taken.map(({ key, revision, content }) => ({ key, revision, ...content }));
    const held = await parcels.store(arrived, clock.nowMs());
    const outcomes = new Map(taken.map((item, i) => [item, outcomeOf(item, held[i]!)]));
    return judged.map((item) => {
      const outcome = 'refusal' in item ? refused(item.refusal) : outcomes.get(item)!;
      if (outcome.refusal) log.warn({ site, reason: outcome.refusal.reason }, 'parcel refused');
      return outcome;
    });
  }

  function outcomeOf({ key, revision, content }: TakenItem, held: StoredParcel & { fresh: boolean }): BatchOutcome {
    const { checksum, index, file } = content;
    if (held.checksum !== checksum) {
      const reason = `Revision ${revision} of this parcel is held with another content (SHA-256 ${held.checksum}); what was sent has ${checksum}.`;
      return refused({ code: 'CONFLICT', reason });
    }
    log.info({ ...index, file, key }, held.fresh ? 'parcel stored' : 'parcel was here already');
    const outcome = held.fresh ? 'accepted' : 'duplicate';
    const receivedAt = new Date(held.receivedAtMs).toISOString();
    return { status: held.fresh ? 201 : 200, receipt: { outcome, key, revision, checksum, receivedAt } };
  }

  async function get(call: Call): Promise<Answer> {
    const { key, revision } = namesIn(call);
    const site = siteIn(call);
    if (site === undefined) throw new Refusal('INVALID', 'Name the site: ?site=NAME.');
    const held = await parcels.find(site, key, revision);
    const body = await parcels.body(site, key, revision);
    if (held === undefined || body === undefined) {
      throw new Refusal('NOT_FOUND', `${site} has sent no such revision of such a parcel.`);
    }
    return {
      status: 200,
      body,
      headers: { etag: `"${held.checksum}"`, 'last-modified': new Date(held.receivedAtMs).toUTCString() },
    };
  }

  async function list(call: Call): Promise<Answer> {
    const { url } = call;
    const limit = countIn(url, 'limit', longestList, longestList);
    const rows = await parcels.list({
      site: siteIn(call),
      ...sinceIn(url),
      subject: url.searchParams.get('subject') ?? undefined,
      limit,
    });
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) return { status: 200, body: rows };
    const next = new URL(url);
    next.searchParams.set('since', String(last.cursor));
    return { status: 200, body: rows, headers: { link: `<${next.pathname}${next.search}>; rel="next"` } };
  }

  return [
    { method: 'PUT', path: address, handle: put },
    { method: 'GET', path: address, handle: get },
    { method: 'PUT', path: /^\/v1\/photometry$/, handle: putBatch },
    { method: 'GET', path: /^\/v1\/photometry$/, handle: list },
  ];
}

type TakenItem = Exclude<BatchItem, { refusal: unknown }>;

/** The body of a call that only a site may make. Throws Refusal. */
function sentBySite({ caller, request }: Call): Promise<SentBody> {
  if (caller.isOperator) throw new Refusal('FORBIDDEN', 'Photometry is taken from sites; use the token of one.');
  return readSent(request, maxParcelBytes.compressed);
}

/** The refusal of a parcel that is not of the site that sent it. */
function ofAnother(site: string, { index }: ParcelContent): Extract<BatchItem, { refusal: unknown }> | undefined {
  if (index.site === site) return undefined;
  return { refusal: { code: 'FORBIDDEN', reason: `This token is that of ${site}, the parcel is of ${index.site}.` } };
}

function refused({ code, reason }: { code: HubErrorCode; reason: string }): BatchOutcome {
  const { status, body } = new Refusal(code, reason);
  return { status, refusal: body };
}

function namesIn({ path }: Call): { key: string; revision: string } {
  const key = parcelName.safeParse(path.key);
  const revision = parcelName.safeParse(path.revision);
  if (!key.success || !revision.success) {
    throw new Refusal('INVALID', 'A parcel key and a revision are letters, digits, ".", "_" and "-", at most 128.');
  }
  return { key: key.data, revision: revision.data };
}

function sinceIn(url: URL): { afterCursor: number; sinceMs: number } {
  const since = url.searchParams.get('since');
  if (since === null) return { afterCursor: 0, sinceMs: 0 };
  if (/^\d{1,15}$/.test(since)) return { afterCursor: Number(since), sinceMs: 0 };
  if (!utc.safeParse(since).success) {
    throw new Refusal('INVALID', `since must be a cursor or a time such as 2026-11-22T21:04:05Z, not "${since}".`);
  }
  return { afterCursor: 0, sinceMs: Date.parse(since) };
}
