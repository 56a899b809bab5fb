import { z } from 'zod';
import { RetryLater } from '../../../base/errors.ts';
import { type HttpClient, parseJson } from '../http.ts';
import { answerFault } from '../target-source.ts';
import { callTom, type TomAccount } from './account.ts';

/** A list comes in pages, or whole where the TOM has paging switched off. */
const listPage = z.union([
  z.object({ count: z.number().int().min(0), next: z.string().nullable(), results: z.array(z.unknown()) }),
  z.array(z.unknown()).transform((results) => ({ count: results.length, next: null, results })),
]);

/** Longer lists are not read to their end: 100 rows a page is what the TOM Toolkit sets up. */
const mostPages = 500;

/**
 * The items of a list of a TOM, page by page. Pages are counted here: behind a proxy the address that the TOM gives for
 * the next one is often wrong. It filters by what it knows and ignores the rest, so the caller looks at each item.
 * @throws RetryLater, TellOperator
 */
export async function* listItems(
  account: TomAccount,
  list: 'targets' | 'reduceddatums',
  query: Readonly<Record<string, string>>,
  http: HttpClient,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  let seen = 0;
  for (let page = 1; page <= mostPages; page++) {
    const wanted = new URLSearchParams({ ...query, ...(page > 1 && { page: String(page) }) });
    const { status, body } = await callTom(account, `/api/${list}/?${wanted}`, undefined, http, signal);
    const found = listPage.safeParse(parseJson(body));
    if (status !== 200 || !found.success) throw notUnderstood(account, `no page of its ${list} (HTTP ${status})`);
    const { count, next, results } = found.data;
    yield* results;
    seen += results.length;
    if (next === null) {
      if (seen < count)
        throw notUnderstood(account, `${seen} of its ${list} came of the ${count} that it says to have`);
      return;
    }
    if (results.length === 0) throw notUnderstood(account, `an empty page of its ${list}, and not the last`);
  }
  throw notUnderstood(account, `its ${list} do not end`);
}

/** Whether an answer is a page of a list. */
export const isListPage = (body: string): boolean => listPage.safeParse(parseJson(body)).success;

/** An answer that makes no sense: a proxy's page, a part of a list, another service. */
export function notUnderstood({ url }: TomAccount, what: string): RetryLater {
  return new RetryLater(answerFault, `The answer of ${url} cannot be used: ${what}.`);
}
