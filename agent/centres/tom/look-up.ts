import type { ExportPoint } from '../../exports/point.ts';
import type { HttpClient } from '../http.ts';
import type { TomAccount } from './account.ts';
import { bandOf, type ListedDatum, listedDatum, sourceLocation, sourceName, unixMsOf } from './datum.ts';
import { listItems } from './pages.ts';

/** Databases that keep whole microseconds, and clocks that were rounded, move a moment by less than this. */
const sameMomentMs = 2;

export interface Found {
  /** The datum that came of this very parcel. */
  readonly own: boolean;
  /** Another datum of this target in the same band at the same moment: newer TOMs take no second one. */
  readonly other: ListedDatum | undefined;
}

/**
 * Looks for a point among the data that a TOM holds of its target: its own datum, and where wanted, one that stands in
 * its place. Data of this site come first, since a target may have many.
 * @throws RetryLater, TellOperator
 */
export async function findDatum(
  account: TomAccount,
  { target, point, key }: { readonly target: number; readonly point: ExportPoint; readonly key: string },
  among: 'of this site' | 'all',
  http: HttpClient,
  signal: AbortSignal,
): Promise<Found> {
  const query = {
    ...{ target__id: String(target), data_type: 'photometry' },
    ...(among === 'of this site' && { source_name: sourceName(point.site) }),
  };
  let other: ListedDatum | undefined;
  for await (const item of listItems(account, 'reduceddatums', query, http, signal)) {
    const { success, data } = listedDatum.safeParse(item);
    if (!success || data.target !== target) continue;
    if (data.source_location === sourceLocation(key)) return { own: true, other: undefined };
    const isSameMoment = Math.abs(Date.parse(data.timestamp) - unixMsOf(point)) <= sameMomentMs;
    if (isSameMoment && bandOf(data) === point.band.catalogue) other = data;
  }
  return { own: false, other };
}
