import type { Logger } from 'pino';
import type { Clock } from '../base/clock.ts';
import { maxParcelBytes, type ParcelReceipt, parcelName } from '../protocol/photometry.ts';
import { utc } from '../protocol/request.ts';
import { type Answer, type Call, countIn, Refusal, type Route, readSent, siteIn } from './http.ts';
import type { ParcelReader } from './parcel-reader.ts';
import type { ParcelStore } from './ports.ts';

const longestList = 10_000;
const address = /^\/v1\/photometry\/(?<key>[^/]+)\/(?<revision>[^/]+)$/;

/** Photometry as it arrives, and as it is looked up. */
export function photometryRoutes(parcels: ParcelStore, reader: ParcelReader, clock: Clock, log: Logger): Route[] {
  async function put(call: Call): Promise<Answer> {
    const { key, revision } = namesIn(call);
    if (call.caller.isOperator) throw new Refusal('FORBIDDEN', 'Photometry is taken from sites; use the token of one.');
    const { bytes, gzipped } = await readSent(call.request, maxParcelBytes.compressed);
    const { index, file, checksum, body } = await reader.read(call.caller.site, bytes, gzipped);
    if (index.site !== call.caller.site) {
      throw new Refusal('FORBIDDEN', `This token is that of ${call.caller.site}, the parcel is of ${index.site}.`);
    }
    const held = await parcels.store({ key, revision, index, checksum, body }, clock.nowMs());
    if (held.checksum !== checksum) {
      throw new Refusal(
        'CONFLICT',
        `Revision ${revision} of this parcel is held with another content (SHA-256 ${held.checksum}); what was sent has ${checksum}.`,
      );
    }
    log.info(
      { site: index.site, instrument: index.instrument, subject: index.subject, file, key },
      held.fresh ? 'parcel stored' : 'parcel was here already',
    );
    const receipt: ParcelReceipt = {
      outcome: held.fresh ? 'accepted' : 'duplicate',
      key,
      revision,
      checksum,
      receivedAt: new Date(held.receivedAtMs).toISOString(),
    };
    return { status: held.fresh ? 201 : 200, body: receipt };
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
    { method: 'GET', path: /^\/v1\/photometry$/, handle: list },
  ];
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
