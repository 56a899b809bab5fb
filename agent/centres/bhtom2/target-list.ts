import { z } from 'zod';
import { type HttpClient, parseJson } from '../http.ts';
import type { NetworkTarget } from '../target-source.ts';
import { type Bhtom2Account, notUnderstood } from './account.ts';
import { callBhtom2 } from './client.ts';

const listPage = z.object({
  count: z.number().int().min(0).max(200_000),
  num_pages: z.number().int().min(0).max(1000),
  current_page: z.number().int(),
  data: z.array(z.unknown()).max(5000),
});

/** What a target may lack, or have as something else, and be measured all the same. */
const numberOrNull = z.number().nullable().catch(null);

/** What a target has to have to be measured; moving ones have no position here. */
const sidereal = z.object({
  name: z.string().trim().min(1).max(200),
  ra: z.number().min(0).max(360),
  dec: z.number().min(-90).max(90),
  importance: numberOrNull,
  priority: numberOrNull,
  cadence: numberOrNull,
});

/**
 * All targets of at least this importance (0 to 10), page by page. A list is believed when its pages are those that
 * were asked for and hold as many targets as they say: beyond the last one the server repeats it, and a list that
 * changes meanwhile is read again another time.
 */
export async function fetchTargetList(
  account: Bhtom2Account,
  minImportance: number,
  http: HttpClient,
  signal: AbortSignal,
): Promise<NetworkTarget[]> {
  const items: unknown[] = [];
  for (let page = 1, last = 1; page <= last; page++) {
    const wanted = { page, ...(minImportance > 0 && { importanceMin: minImportance }) };
    const { status, body } = await callBhtom2(account, '/targets/getTargetList/', wanted, http, signal);
    const found = listPage.safeParse(parseJson(body));
    if (status !== 200 || !found.success) throw notUnderstood(account.url, `no page of targets (HTTP ${status})`);
    const { count, num_pages, current_page, data } = found.data;
    if (current_page !== page) throw notUnderstood(account.url, `page ${current_page} came in the place of ${page}`);
    items.push(...data);
    last = num_pages;
    if (page >= last && items.length !== count) {
      throw notUnderstood(account.url, `${items.length} targets came of the ${count} that it says to have`);
    }
  }
  const targets = items.flatMap((item) => {
    const { success, data } = sidereal.safeParse(item);
    if (!success) return [];
    const { name, ra, dec, importance, priority, cadence } = data;
    return [{ name, raDeg: ra % 360, decDeg: dec, interest: { importance, priority, cadenceDays: cadence } }];
  });
  if (items.length > 0 && targets.length === 0) throw notUnderstood(account.url, 'no target of it has a position');
  return targets;
}
